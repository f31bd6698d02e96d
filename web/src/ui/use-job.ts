import type { DeviceState, JobState } from '@yaguts/shared';
import { useEffect, useRef } from 'preact/hooks';
import { api } from '../api/routes.ts';
import { useWatch, type Watched } from '../live/use-watch.ts';
import { devicesRead } from '../store/devices.ts';
import { repetitionsOf } from '../store/execution.ts';
import { devices, estoque, jobs } from '../store/kitchen.ts';
import { session } from '../store/session.ts';
import { loadTemperos, temperos } from '../store/temperos.ts';
import { isEnded } from './job.ts';

/** Keeps one job live while it is shown: its snapshot, its events, its device's entries and ticks. */
export function useJob(id: number, device?: string): Watched & { readonly job: JobState | undefined } {
  const org = session.value?.org ?? '';
  const held = jobs.get(String(id)).value;
  const on = device ?? held?.body?.device;
  const seen = useRef<ReadonlyMap<string, string>>(new Map());
  const watched = useWatch(`job ${id}`, () => ({
    filters: [`yaguts/v1/${org}/jobs/${id}/state`, `yaguts/v1/${org}/jobs/${id}/events`],
    fetch: async () => {
      const tick = jobs.tick();
      seen.current = new Map(devices.all.peek().map((one) => [one.device, jobsOn(one)]));
      const { repeticoes, ...job } = await api.job(id);
      repetitionsOf(id).value = repeticoes;
      jobs.fetched(String(id), job, tick);
    },
  }));
  useWatch(`job ${id} on ${on ?? ''}`, () =>
    on
      ? {
          filters: [
            `yaguts/v1/${org}/devices/${on}/jobs/${id}/progress`,
            `yaguts/v1/${org}/devices/${on}/jobs/${id}/log/+`,
          ],
        }
      : undefined,
  );
  useRepetitions(held?.body, seen, watched.again);
  return { ...watched, job: held?.body };
}

/**
 * Reads a job that has ended short anew when a job of its device is made, begins or ends: that may be its
 * repetition. The device's own state says so, which every page has.
 *
 * @param seen what the devices said when the job was last asked for
 */
function useRepetitions(
  job: JobState | undefined,
  seen: { readonly current: ReadonlyMap<string, string> },
  again: () => void,
): void {
  const isShort = job !== undefined && isEnded(job) && job.status !== 'done';
  const device = isShort ? devices.get(job.device).value?.body : undefined;
  const told = device && jobsOn(device);
  useEffect(() => {
    if (device && told !== seen.current.get(device.device)) again();
  }, [told]);
  // Read while it still ran.
  const isOld =
    isShort && repetitionsOf(job.job_id).value?.some(({ motivo }) => motivo === 'nao_terminou') === true;
  useEffect(() => {
    if (isOld) again();
  }, [isOld]);
}

const jobsOn = (device: DeviceState): string => `${device.job?.job_id} ${device.job?.status} ${device.fila}`;

/** Keeps the estoque of the whole org live while something shows jars, and knows their colours and devices. */
export function useEstoque(): Watched {
  const org = session.value?.org ?? '';
  return useWatch('estoque', () => ({
    filters: [`yaguts/v1/${org}/estoque/+/+`],
    fetch: async () => {
      const tick = estoque.tick();
      const [rows] = await Promise.all([
        api.estoque(),
        temperos.peek() ? undefined : loadTemperos(),
        devicesRead(),
      ]);
      estoque.list(rows, tick);
    },
  }));
}

/**
 * Whether estoque, temperos and devices have been read, or cannot be: pages wait for them before they show jars, so
 * that nothing moves away under a finger when grams, spoons and colours come.
 */
export const isEstoqueKnown = ({ status }: Watched): boolean =>
  status.value.kind !== 'loading' ||
  (estoque.ids.value.length > 0 && temperos.value !== undefined && devices.ids.value.length > 0);
