import type { DeviceState, JobState } from '@yaguts/shared';
import { api } from '../../api/routes.ts';
import { t } from '../../i18n/t.ts';
import { isFresh } from '../../store/conn.ts';
import { repetitionsOf } from '../../store/execution.ts';
import { jobs } from '../../store/kitchen.ts';
import { can } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { canOperate } from '../../ui/device-light.tsx';
import { Icon } from '../../ui/icon.tsx';
import { isEnded } from '../../ui/job.ts';
import { Fault } from '../../ui/states.tsx';
import type { Repeating } from './repeat.tsx';

/** What can be done with a job in its present state; a button that cannot act says why. */
export function Actions({
  job,
  device,
  onRepeat,
}: {
  job: JobState;
  device: DeviceState | undefined;
  onRepeat: (itens: Repeating) => void;
}) {
  const act = useAct();
  const does = (work: () => Promise<unknown>) => () => void act.run(work);
  const set = (work: Promise<JobState>) => {
    const tick = jobs.tick();
    return work.then((next) => next && jobs.fetched(String(job.job_id), next, tick));
  };
  const isBusy = act.isBusy.value || !isFresh.value;
  const isRunning = job.status === 'running';
  const mayRetry = isEnded(job) && job.status !== 'done' && can('jobs:create');
  const nothingLeft = repetitionsOf(job.job_id).value?.every(({ pode_g }) => pode_g === 0) ?? false;
  return (
    <>
      {act.problem.value && <Fault problem={act.problem.value} />}
      <div class="row no-print">
        {mayRetry && (
          <button
            type="button"
            class="btn primary"
            disabled={isBusy || nothingLeft}
            onClick={() => onRepeat(undefined)}
          >
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
      {mayRetry && nothingLeft && <p class="soft">{t('repetir.nada')}</p>}
      {isRunning && device && device.presence !== 'online' && <p class="soft">{t('exec.aparelho-fora')}</p>}
    </>
  );
}
