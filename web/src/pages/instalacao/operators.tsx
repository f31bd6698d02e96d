import { useSignal } from '@preact/signals';
import type { OperatorRow } from '@yaguts/shared';
import { installation } from '../../api/installation.ts';
import { t } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { session } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { TextField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Fault, Part } from '../../ui/states.tsx';

/** Who runs the installation; one at least stays. A person of any organisation may be named. */
export function Operators() {
  const rows = useSignal<readonly OperatorRow[] | undefined>(undefined);
  const user = useSignal('');
  const act = useAct();
  const watched = useWatch('operadores', () => ({
    filters: [],
    fetch: async () => {
      rows.value = await installation.operators();
    },
  }));
  const does = (work: () => Promise<unknown>) => void act.run(work).then(watched.again);
  return (
    <section class="card">
      <h2>{t('inst.operadores')}</h2>
      <p class="soft">{t('inst.operadores-texto')}</p>
      <Part status={watched.status.value} has={rows.value !== undefined} again={watched.again} rows={1}>
        <ul class="items loose">
          {rows.value?.map((row) => (
            <li key={row.user}>
              <Icon name="conta" />
              <div>
                <strong>{row.nome}</strong> <small class="mono">{`${row.user} · ${row.org}`}</small>
              </div>
              {row.user === session.value?.user ? (
                <span class="chip">{t('pessoa.voce')}</span>
              ) : (
                <button
                  type="button"
                  class="btn danger"
                  disabled={act.isBusy.value}
                  onClick={() => does(() => installation.releaseOperator(row.user))}
                >
                  {t('inst.dispensar')}
                </button>
              )}
            </li>
          ))}
        </ul>
      </Part>
      {act.problem.value && <Fault problem={act.problem.value} />}
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          does(async () => {
            await installation.nameOperator(user.value.trim());
            user.value = '';
          });
        }}
      >
        <div class="field-wide">
          <TextField
            label={t('entrar.usuario')}
            hint={t('inst.nomear-dica')}
            value={user.value}
            onText={(text) => (user.value = text)}
            input={{ required: true, autoCapitalize: 'none', pattern: '[a-z0-9][a-z0-9\\-]{0,35}' }}
          />
        </div>
        <button type="submit" class="btn" disabled={act.isBusy.value || !user.value.trim()}>
          <Icon name="plus" />
          {t('inst.nomear')}
        </button>
      </form>
    </section>
  );
}
