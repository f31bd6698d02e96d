import type { DeviceState, JobState } from '@yaguts/shared';
import { useMemo } from 'preact/hooks';
import { newKey } from '../../api/http.ts';
import { api } from '../../api/routes.ts';
import { t } from '../../i18n/t.ts';
import { isFresh } from '../../store/conn.ts';
import { shownJob } from '../../store/execution.ts';
import { jobs } from '../../store/kitchen.ts';
import { can } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { canOperate } from '../../ui/device-light.tsx';
import { Icon } from '../../ui/icon.tsx';
import { isEnded } from '../../ui/job.ts';
import { Fault } from '../../ui/states.tsx';

/** What can be done with a job in its present state; a button that cannot act says why. */
export function Actions({ job, device }: { job: JobState; device: DeviceState | undefined }) {
  const act = useAct();
  // One key per job: a second tap on "repetir" is the same act, not a second job.
  const key = useMemo(newKey, [job.job_id]);
  const does = (work: () => Promise<unknown>) => () => void act.run(work);
  const set = (work: Promise<JobState>) => {
    const tick = jobs.tick();
    return work.then((next) => next && jobs.fetched(String(job.job_id), next, tick));
  };
  const isBusy = act.isBusy.value || !isFresh.value;
  const isRunning = job.status === 'running';
  const mayRetry = isEnded(job) && job.status !== 'done' && can('jobs:create');
  const repeat = async (): Promise<void> => {
    const { job_id } = await api.retry(job.job_id, key);
    shownJob.value = job_id;
  };
  return (
    <>
      {act.problem.value && <Fault problem={act.problem.value} />}
      <div class="row no-print">
        {mayRetry && (
          <button type="button" class="btn primary" disabled={isBusy} onClick={does(repeat)}>
            <Icon name="retry" />
            {t(job.status === 'canceled' ? 'exec.de-novo' : 'exec.repetir')}
          </button>
        )}
        {isRunning && can('jobs:stop') && job.fase === 'dispensando' && (
          <button
            type="button"
            class="btn"
            disabled={isBusy || !canOperate(device)}
            onClick={does(() => set(api.actOnJob(job.job_id, 'pause')))}
          >
            <Icon name="pause" />
            {t('exec.pausar')}
          </button>
        )}
        {isRunning && can('jobs:stop') && job.fase === 'pausado' && (
          <button
            type="button"
            class="btn primary"
            disabled={isBusy || !canOperate(device)}
            onClick={does(() => set(api.actOnJob(job.job_id, 'resume')))}
          >
            <Icon name="play" />
            {t('exec.continuar')}
          </button>
        )}
        {!isEnded(job) && can('jobs:stop') && (
          <button
            type="button"
            class="btn danger"
            disabled={isBusy || job.fase === 'cancelando'}
            onClick={does(() => set(api.actOnJob(job.job_id, 'cancel', { motivo: '' })))}
          >
            <Icon name="close" />
            {t(job.fase === 'cancelando' ? 'job.cancelando' : 'acao.cancelar')}
          </button>
        )}
      </div>
      {isRunning && device && device.presence !== 'online' && <p class="soft">{t('exec.aparelho-fora')}</p>}
    </>
  );
}
