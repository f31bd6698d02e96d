import type { DeviceState } from '@yaguts/shared';
import { duration, grams } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { shownJob } from '../../store/execution.ts';
import { runningOn } from '../../store/kitchen.ts';
import { jobProgress, jobWord } from '../../ui/job.ts';
import { useJob } from '../../ui/use-job.ts';

/** A job that runs now, in one line that can be opened. */
export function RunningCard({ device }: { device: DeviceState }) {
  const id = device.job?.job_id ?? 0;
  const { job } = useJob(id, device.device);
  // Its place is kept: what stands below must not jump when it comes.
  if (!job) return <article class="card running" aria-busy="true" />;
  const progress = jobProgress(job, runningOn(device.device).value);
  const state = jobWord(job);
  return (
    <article class="card running">
      <header>
        <h2>
          {job.receita} {job.multiplicador !== 1 && <span class="soft">×{job.multiplicador}</span>}
        </h2>
        <span class={`chip ${state.tone}`}>{state.text}</span>
        <button type="button" class="btn primary" onClick={() => (shownJob.value = id)}>
          {t('acao.abrir')}
        </button>
      </header>
      <progress value={progress.share} max={1} aria-label={t('exec.andamento')} />
      <p class="row between num">
        <span>
          {device.nome} · {t('exec.contagem', { feitos: progress.done, n: progress.total })}
          {progress.current && ` · ${progress.current.tempero}`}
        </span>
        <span>
          {grams(progress.poured_g)} / {grams(progress.total_g)} · ~{duration(progress.remainingMs)}
        </span>
      </p>
    </article>
  );
}
