import { useSignal } from '@preact/signals';
import { type Retention, type RetentionKind, retentionDays, retentionKinds } from '@yaguts/shared';
import { installation } from '../../api/installation.ts';
import { t, word } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { can } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { DecimalField } from '../../ui/field.tsx';
import { Fault, Part } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';

/** NaN is what somebody is still typing. */
type Typed = Record<RetentionKind, number | null>;

/** Whether a kind may be kept for so many days; only acts may be kept for ever, which is null. */
export function isRetention(kind: RetentionKind, days: number | null): boolean {
  if (days === null) return retentionDays[kind].standard === null;
  const { min, max } = retentionDays[kind];
  return Number.isInteger(days) && days >= min && days <= max;
}

/** For how many days the organisation keeps what, by kind. */
export function RetentionForm() {
  const it = useSignal<Typed | undefined>(undefined);
  const isTouched = useSignal(false);
  const act = useAct();
  const watched = useWatch('retencao', () => ({
    filters: [],
    fetch: async () => {
      const stored = await installation.retention();
      if (!isTouched.value) it.value = stored;
    },
  }));
  const value = it.value;
  const fits = (kind: RetentionKind): boolean => value !== undefined && isRetention(kind, value[kind]);
  return (
    <Part status={watched.status.value} has={value !== undefined} again={watched.again}>
      {value && (
        <form
          class="card"
          onSubmit={(event) => {
            event.preventDefault();
            void act.run(async () => {
              it.value = await installation.saveRetention(value as Retention);
              isTouched.value = false;
              toast(t('acao.salvo'));
            });
          }}
        >
          <fieldset class="stack" disabled={!can('org:manage')}>
            <legend>{t('retencao.titulo')}</legend>
            <p class="soft">{t('retencao.texto')}</p>
            <div class="grid">
              {retentionKinds.map((kind) => {
                const { min, max, standard } = retentionDays[kind];
                return (
                  <DecimalField
                    key={kind}
                    label={word('retencao', kind)}
                    hint={t(standard === null ? 'retencao.ou-sempre' : 'retencao.entre', { min, max })}
                    fault={fits(kind) ? undefined : t('retencao.entre', { min, max })}
                    value={value[kind]}
                    onNumber={(days) => {
                      isTouched.value = true;
                      if (it.value) it.value = { ...it.value, [kind]: days };
                    }}
                  />
                );
              })}
            </div>
          </fieldset>
          {act.problem.value && <Fault problem={act.problem.value} />}
          <button
            type="submit"
            class="btn primary"
            disabled={act.isBusy.value || !isTouched.value || !retentionKinds.every(fits)}
          >
            {t(act.isBusy.value ? 'acao.salvando' : 'acao.salvar')}
          </button>
        </form>
      )}
    </Part>
  );
}
