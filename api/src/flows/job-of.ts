import { AppError, type JobState } from '@yaguts/shared';
import type { Actor } from './actor.ts';
import type { FlowDeps } from './deps.ts';

type Needs = Pick<FlowDeps, 'store'>;

/** The snapshot of a job. @throws AppError "not_found" */
export async function jobStateOrThrow(deps: Needs, org: string, jobId: number): Promise<JobState> {
  const state = await deps.store.jobState(org, jobId);
  if (!state) throw new AppError('not_found', `There is no job ${jobId}`);
  return state;
}

/**
 * Devices that a person may work with: undefined when nothing limits them. Asked at each use, so that a limit
 * holds from the moment it is set.
 */
export async function devicesFor(
  deps: Needs,
  { org, by }: { org: string; by: Actor },
): Promise<ReadonlySet<string> | undefined> {
  const devices = await deps.store.devicesOf(org, by.user);
  return devices.length === 0 ? undefined : new Set(devices);
}

/** @throws AppError "forbidden" when the person is limited to other devices */
export async function requireDevice(
  deps: Needs,
  { org, by, device }: { org: string; by: Actor; device: string },
): Promise<void> {
  if ((await devicesFor(deps, { org, by }))?.has(device) === false)
    throw new AppError('forbidden', `Your devices do not include "${device}"`);
}

/** @throws AppError "forbidden" when the job is of a device that the person is not to work with; "not_found" */
export async function requireJob(
  deps: Needs,
  { org, by, jobId }: { org: string; by: Actor; jobId: number },
): Promise<void> {
  const devices = await devicesFor(deps, { org, by });
  if (!devices) return;
  const { device } = await jobStateOrThrow(deps, org, jobId);
  if (!devices.has(device)) throw new AppError('forbidden', `Your devices do not include "${device}"`);
}
