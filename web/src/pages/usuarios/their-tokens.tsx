import { useSignal } from '@preact/signals';
import type { TokenRow } from '@yaguts/shared';
import { people } from '../../api/people.ts';
import { dateTime } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { zone } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { Icon } from '../../ui/icon.tsx';
import { Fault } from '../../ui/states.tsx';

/** The tokens of a person, for who manages people: seen without their secrets, and revoked. */
export function TheirTokens({ user }: { user: string }) {
  const rows = useSignal<readonly TokenRow[] | undefined>(undefined);
  const act = useAct();
  const load = async (): Promise<void> => {
    rows.value = await people.tokensOf(user);
  };
  return (
    <details onToggle={(event) => event.currentTarget.open && void act.run(load)}>
      <summary>{t('token.titulo')}</summary>
      {rows.value?.length === 0 && <p class="soft">{t('token.nenhum')}</p>}
      <ul class="items loose">
        {rows.value?.map((row) => (
          <li key={row.id}>
            <Icon name="key" />
            <div>
              <strong>{row.nome}</strong>
              <br />
              <small class="num">
                {t('token.usado')} {dateTime(row.usado_em, zone())} · {t('token.expira')}{' '}
                {dateTime(row.expira_em, zone(), 'date')}
              </small>
            </div>
            <button
              type="button"
              class="btn danger"
              disabled={act.isBusy.value}
              onClick={() => void act.run(() => people.revokeTokenOf(user, row.id).then(load))}
            >
              {t('token.revogar')}
            </button>
          </li>
        ))}
      </ul>
      {act.problem.value && <Fault problem={act.problem.value} />}
    </details>
  );
}
