import '../../style/form.css';
import { useSignal } from '@preact/signals';
import { api } from '../../api/routes.ts';
import { t } from '../../i18n/t.ts';
import { useAct } from '../../ui/act.ts';
import { Fault } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';

/** A person's note on an execution, kept with it for ever. */
export function Note({ jobId, nota }: { jobId: number; nota: string | null }) {
  const stored = useSignal(nota ?? '');
  const typed = useSignal(nota ?? '');
  const act = useAct();
  const save = () =>
    act.run(async () => {
      await api.noteOnJob(jobId, typed.value);
      stored.value = typed.value;
      toast(t('acao.salvo'));
    });
  return (
    <form
      class="row no-print"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <input
        class="input grow"
        aria-label={t('hist.nota')}
        placeholder={t('hist.nota')}
        maxLength={500}
        value={typed.value}
        onInput={(event) => (typed.value = event.currentTarget.value)}
      />
      <button type="submit" class="btn" disabled={act.isBusy.value || typed.value === stored.value}>
        {t('acao.salvar')}
      </button>
      {act.problem.value && <Fault problem={act.problem.value} />}
    </form>
  );
}
