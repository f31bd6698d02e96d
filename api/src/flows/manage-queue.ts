import { AppError, type QueueOut } from '@yaguts/shared';
import { type Actor, actOf } from './actor.ts';
import type { FlowDeps } from './deps.ts';
import { requireDevice } from './job-of.ts';
import { offerNextJob } from './offer-next-job.ts';
import { publishDevice, publishJob } from './project.ts';

interface OfDevice {
  readonly org: string;
  readonly device: string;
}

/** The queue of a device. @throws AppError "not_found" */
export async function readQueue(deps: Pick<FlowDeps, 'store'>, { org, device }: OfDevice): Promise<QueueOut> {
  const queue = await deps.store.readQueue(org, device);
  if (!queue) throw new AppError('not_found', `There is no device "${device}"`);
  return queue;
}

/**
 * "Tigela vazia": an empty bowl is in place for the next job, so it may be offered. Where it cannot be yet
 * (no birth since the start), the word stands and the job is offered as soon as it can.
 *
 * @throws AppError "fila_vazia", "ocupado", "dispensador_revogado", "not_found", or "conflict" while the queue is
 *         paused or two boards use one credential
 */
export async function nextJob(
  deps: FlowDeps,
  { org, by, device }: OfDevice & { by: Actor },
): Promise<QueueOut> {
  await requireDevice(deps, { org, by, device });
  const released = await deps.store.releaseNext(org, device, actOf(deps, by));
  await publishJob(deps, org, [released.job_id]);
  await offerNextJob(deps, { org, device });
  return readQueue(deps, { org, device });
}

/**
 * Puts the jobs named first, in that order; a job that is offered or runs keeps its place.
 *
 * @throws AppError "stale" when one of them waits no longer, "invalid" when one is named twice, "not_found"
 */
export async function reorderQueue(
  deps: FlowDeps,
  { org, by, device, jobIds }: OfDevice & { by: Actor; jobIds: readonly number[] },
): Promise<QueueOut> {
  await requireDevice(deps, { org, by, device });
  const changed = await deps.store.reorderQueue(org, device, jobIds, actOf(deps, by));
  await publishJob(
    deps,
    org,
    changed.map((job) => job.job_id),
  );
  return readQueue(deps, { org, device });
}

/** Holds a queue, or lets it go on. What is offered or runs already goes on. @throws AppError "not_found" */
export async function pauseQueue(
  deps: FlowDeps,
  { org, by, device, pausada }: OfDevice & { by: Actor; pausada: boolean },
): Promise<QueueOut> {
  await requireDevice(deps, { org, by, device });
  await deps.store.pauseQueue(org, device, pausada, actOf(deps, by));
  await publishDevice(deps, org, device);
  if (!pausada) await offerNextJob(deps, { org, device });
  return readQueue(deps, { org, device });
}
