import { ago } from '../i18n/numbers.ts';
import { t } from '../i18n/t.ts';
import { type Light, link, linkLight, now, serverLight, staleSince } from '../store/conn.ts';
import { retryNow } from '../store/update.ts';

/** A dot whose shape says what its colour says: full, half, crossed, hollow. */
export function Dot({ light }: { light: Light }) {
  return (
    <svg
      viewBox="0 0 12 12"
      aria-hidden="true"
      fill="currentColor"
      stroke="currentColor"
      stroke-width="1.600"
    >
      {light === 'ok' && <circle cx="6" cy="6" r="4.600" />}
      {light === 'warn' && <path d="M6 1.400a4.600 4.600 0 0 1 0 9.200z" />}
      {light === 'bad' && <path d="M2 2l8 8M10 2l-8 8" fill="none" />}
      {light !== 'ok' && light !== 'bad' && <circle cx="6" cy="6" r="4.600" fill="none" />}
    </svg>
  );
}

function linkWord(): string {
  const { state, attempt } = link.value;
  if (state === 'open') return t('luz.ao-vivo');
  if (state === 'paused') return t('luz.pausado');
  if (state === 'failed' || state === 'closed') return t('luz.sem-conexao');
  return attempt > 0 ? t('luz.reconectando', { n: attempt }) : t('luz.conectando');
}

/** Browser to server and server to broker; the third light stands on each device. */
export function Lights() {
  const light = linkLight.value;
  const since = staleSince.value;
  return (
    <div class="lights" role="status">
      <span class={`light ${light}`}>
        <Dot light={light} />
        {linkWord()}
        {since !== null && light !== 'ok' && <span class="num">{ago(now.value - since)}</span>}
      </span>
      {serverLight.value === 'bad' && (
        <span class="light bad">
          <Dot light="bad" />
          {t('luz.servidor')}
        </span>
      )}
      {link.value.state === 'failed' && (
        <button type="button" class="btn quiet" onClick={retryNow}>
          {t('acao.agora')}
        </button>
      )}
    </div>
  );
}
