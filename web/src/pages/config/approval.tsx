import { useSignal } from '@preact/signals';
import { type ApprovalLimits, notices } from '../../api/notices.ts';
import { t } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { can } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { DecimalField, TextField } from '../../ui/field.tsx';
import { Fault, Part } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';

/** What makes a job wait for approval whoever orders it: grams, multiplicador, allergens. */
export function ApprovalForm() {
  const it = useSignal<ApprovalLimits | undefined>(undefined);
  const typed = useSignal('');
  const act = useAct();
  const watched = useWatch('aprovacao-limites', () => ({
    filters: [],
    fetch: async () => {
      it.value = await notices.approvalLimits();
      typed.value = it.value.alergenos.join(', ');
    },
  }));
  const value = it.value;
  const isBad = [value?.acima_g, value?.acima_multiplicador].some(Number.isNaN);
  const alergenos = typed.value
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return (
    <Part status={watched.status.value} has={value !== undefined} again={watched.again}>
      {value && (
        <form
          class="card"
          onSubmit={(event) => {
            event.preventDefault();
            void act.run(async () => {
              it.value = await notices.saveApprovalLimits({ ...value, alergenos });
              toast(t('acao.salvo'));
            });
          }}
        >
          <fieldset class="stack" disabled={!can('org:manage')}>
            <legend>{t('limite.titulo')}</legend>
            <p class="soft">{t('limite.texto')}</p>
            <div class="grid">
              <DecimalField
                label={t('limite.gramas')}
                hint={t('limite.vazio')}
                value={value.acima_g}
                onNumber={(acima_g) => (it.value = { ...value, acima_g })}
              />
              <DecimalField
                label={t('limite.vezes')}
                hint={t('limite.vazio')}
                value={value.acima_multiplicador}
                onNumber={(acima_multiplicador) => (it.value = { ...value, acima_multiplicador })}
              />
              <TextField
                label={t('limite.alergenos')}
                hint={t('limite.alergenos-dica')}
                value={typed.value}
                onText={(text) => (typed.value = text)}
              />
            </div>
          </fieldset>
          {act.problem.value && <Fault problem={act.problem.value} />}
          <button type="submit" class="btn primary" disabled={act.isBusy.value || isBad}>
            {t(act.isBusy.value ? 'acao.salvando' : 'acao.salvar')}
          </button>
        </form>
      )}
    </Part>
  );
}
