import { useSignal } from '@preact/signals';
import type { DeviceState, JobState } from '@yaguts/shared';
import { useEffect } from 'preact/hooks';
import { api, type Queue } from '../../api/routes.ts';
import { decimal, grams } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { onOrgEvent } from '../../live/hear.ts';
import { useWatch } from '../../live/use-watch.ts';
import { isFresh } from '../../store/conn.ts';
import { shownJob } from '../../store/execution.ts';
import { can } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { canOperate, DeviceLight } from '../../ui/device-light.tsx';
import { Icon } from '../../ui/icon.tsx';
import { jobWord } from '../../ui/job.ts';
import { Fault, Part } from '../../ui/states.tsx';
import { moved } from '../receita/draft.ts';

/** The queue of one device: order, why it waits, and what moves it on. */
export function QueueCard({ device }: { device: DeviceState }) {
  const queue = useSignal<Queue | undefined>(undefined);
  const dragged = useSignal<number | undefined>(undefined);
  const act = useAct();
  const watched = useWatch(`fila ${device.device}`, () => ({
    filters: [],
    fetch: async () => {
      queue.value = await api.queue(device.device);
    },
  }));
  // The device's own state changes with its queue: one more word that says "look again".
  useEffect(
    () => watched.again(),
    [device.fila, device.job?.job_id, device.job?.status, device.fila_pausada],
  );
  useEffect(() => onOrgEvent((type) => type.startsWith('task:') && watched.again()), [watched]);
  const it = queue.value;
  const mayManage = can('queue:manage');
  const isOff = act.isBusy.value || !isFresh.value;
  const does = (work: () => Promise<Queue>) => () =>
    void act.run(async () => {
      queue.value = await work();
    });
  const reorder = (jobs: readonly JobState[]): void => {
    if (!it) return;
    queue.value = { ...it, jobs: [...jobs] };
    void act
      .run(() =>
        api.reorder(
          device.device,
          jobs.map((job) => job.job_id),
        ),
      )
      .finally(watched.again);
  };
  const drop = (at: number): void => {
    const from = dragged.value;
    dragged.value = undefined;
    if (!it || from === undefined || from === at) return;
    const jobs = [...it.jobs];
    jobs.splice(at, 0, ...jobs.splice(from, 1));
    reorder(jobs);
  };
  return (
    <section class="card">
      <header>
        <h2>
          <a href={`/dispensadores/${device.device}`}>{device.nome}</a>
        </h2>
        <span class="chip">{t(device.transicao === 'manual' ? 'fila.manual' : 'fila.automatica')}</span>
        <DeviceLight device={device} />
      </header>
      <Part status={watched.status.value} has={it !== undefined} again={watched.again} rows={1}>
        {it?.atual && (
          <button type="button" class="note" onClick={() => (shownJob.value = it.atual?.job_id ?? null)}>
            <Icon name="play" />
            <strong class="grow">{it.atual.receita}</strong>
            <span class={`chip ${jobWord(it.atual).tone}`}>{jobWord(it.atual).text}</span>
          </button>
        )}
        {it && <p class="soft">{whyItWaits(it, device)}</p>}
        <ol class="items loose">
          {it?.jobs.map((job, i) => (
            <li
              key={job.job_id}
              draggable={mayManage && !isOff}
              onDragStart={() => (dragged.value = i)}
              onDragOver={(event) => event.preventDefault()}
              onDrop={() => drop(i)}
            >
              <span class="ord">{i + 1}</span>
              <div>
                <button type="button" class="btn quiet" onClick={() => (shownJob.value = job.job_id)}>
                  {job.receita} ×{decimal(job.multiplicador, 3)}
                </button>
                <small class="num">
                  {grams(job.itens.reduce((sum, item) => sum + item.quantidade_g, 0))} ·{' '}
                  {job.criado_por ?? '–'} · {jobWord(job).text}
                </small>
              </div>
              {mayManage && (
                <div class="row">
                  <button
                    type="button"
                    class="btn icon"
                    aria-label={t('fila.subir', { nome: job.receita })}
                    disabled={isOff || i === 0}
                    onClick={() => reorder(moved(it.jobs, i, -1))}
                  >
                    <Icon name="up" />
                  </button>
                  <button
                    type="button"
                    class="btn icon"
                    aria-label={t('fila.descer', { nome: job.receita })}
                    disabled={isOff || i === it.jobs.length - 1}
                    onClick={() => reorder(moved(it.jobs, i, 1))}
                  >
                    <Icon name="down" />
                  </button>
                  <button
                    type="button"
                    class="btn icon danger"
                    aria-label={t('fila.tirar', { nome: job.receita })}
                    disabled={isOff}
                    onClick={() =>
                      void act
                        .run(() => api.actOnJob(job.job_id, 'cancel', { motivo: '' }))
                        .finally(watched.again)
                    }
                  >
                    <Icon name="close" />
                  </button>
                </div>
              )}
            </li>
          ))}
        </ol>
        {act.problem.value && <Fault problem={act.problem.value} />}
        {it && (
          <div class="row">
            {it.espera_tigela && can('jobs:create') && (
              <button
                type="button"
                class="btn primary big"
                disabled={isOff || !canOperate(device)}
                onClick={does(() => api.queueNext(device.device))}
              >
                <Icon name="play" />
                {t('fila.tigela-vazia')}
              </button>
            )}
            {mayManage && (
              <button
                type="button"
                class="btn"
                disabled={isOff}
                onClick={does(() => api.pauseQueue(device.device, !it.pausada))}
              >
                <Icon name={it.pausada ? 'play' : 'pause'} />
                {t(it.pausada ? 'fila.retomar' : 'fila.pausar')}
              </button>
            )}
          </div>
        )}
      </Part>
    </section>
  );
}

function whyItWaits(queue: Queue, device: DeviceState): string {
  if (queue.jobs.length === 0) return t('fila.vazia');
  if (queue.pausada) return t('fila.motivo-pausada');
  if (device.presence !== 'online') return t('fila.motivo-fora');
  if (queue.atual) return t('fila.motivo-ocupado');
  return t(queue.espera_tigela ? 'fila.motivo-tigela' : 'fila.motivo-saindo');
}
