import { AppError } from '@yaguts/shared';
import type { Actor } from './actor.ts';
import { cancelJob } from './cancel-job.ts';
import type { FlowDeps } from './deps.ts';
import { devicesFor } from './job-of.ts';
import { sendCommand } from './send-command.ts';

/**
 * Stops everything an org has: `stop` to every connected device first (motors), then every open job is
 * canceled; for a person limited to some devices, those alone. One that fails does not keep the others from being stopped.
 *
 * @returns the devices that were told, and the jobs that ended or were asked to
 */
export async function stopAll(
  deps: FlowDeps,
  { org, by }: { org: string; by: Actor },
): Promise<{ devices: string[]; jobs: number[] }> {
  const mine = await devicesFor(deps, { org, by });
  const all = (await deps.store.deviceIds(org)).filter((device) => mine?.has(device) !== false);
  const devices = await each(all, (device) => sendCommand(deps, { org, by, device, body: { op: 'stop' } }));
  const jobs = await each(await deps.store.openJobs(org), (jobId) =>
    cancelJob(deps, { org, by, jobId, motivo: 'parar tudo' }),
  );
  deps.log('all_stopped', { org, por: by.user, devices, jobs });
  return { devices, jobs };
}

/** Those it worked for; a device that is away or a job that has just ended is no failure. */
async function each<T>(all: readonly T[], act: (one: T) => Promise<unknown>): Promise<T[]> {
  const worked: T[] = [];
  for (const one of all) {
    try {
      await act(one);
      worked.push(one);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
  }
  return worked;
}
