import { useSignal } from '@preact/signals';
import { notices } from '../api/notices.ts';
import type { OneTimeCode } from '../api/routes.ts';
import { dateTime } from '../i18n/numbers.ts';
import { t } from '../i18n/t.ts';
import { zone } from '../store/session.ts';
import { useAct } from './act.ts';
import { Icon } from './icon.tsx';
import { lazy } from './lazy.tsx';
import { Fault } from './states.tsx';

const Qr = lazy(() => import('./qr.tsx').then((module) => module.Qr));

/** As people read it aloud: groups of four; capitals and hyphens do not matter to the board. */
const grouped = (code: string): string => code.toUpperCase().replaceAll(/(.{4})(?=.)/g, '$1-');

/** The code that a new or erased board trades for its credential; the one made before ends. */
export function ClaimCode({ device, onDone }: { device: string; onDone?: () => void }) {
  const made = useSignal<OneTimeCode | undefined>(undefined);
  const act = useAct();
  const code = made.value && grouped(made.value.code);
  return (
    <section class="stack">
      <p class="soft">{t('reclamo.texto')}</p>
      {code && made.value && (
        <div class="row">
          <Qr text={code} label={t('reclamo.qr')} />
          <div class="grow stack">
            <output class="mono">
              <strong>{code}</strong>
            </output>
            <small>{t('reclamo.vale', { ate: dateTime(made.value.expires_at, zone()) })}</small>
          </div>
        </div>
      )}
      {act.problem.value && <Fault problem={act.problem.value} />}
      <div class="row">
        <button
          type="button"
          class="btn"
          disabled={act.isBusy.value}
          onClick={() => void act.run(async () => void (made.value = await notices.claimCode(device)))}
        >
          <Icon name="key" />
          {t(code ? 'reclamo.outro' : 'reclamo.gerar')}
        </button>
        {code && onDone && (
          <button type="button" class="btn primary" onClick={onDone}>
            {t('reclamo.digitei')}
          </button>
        )}
      </div>
    </section>
  );
}
