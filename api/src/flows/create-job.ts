import { AppError, type JobCreated, type JobIn, type JobMetodo, limits, type RetryIn } from '@yaguts/shared';
import type { Job } from '../store/job-rows.ts';
import type { JobTouched, Ordering } from '../store/orders.ts';
import { type Actor, actOf } from './actor.ts';
import type { FlowDeps } from './deps.ts';
import { devicesFor, requireDevice, requireJob } from './job-of.ts';
import { offerNextJob } from './offer-next-job.ts';
import { publishEstoque, publishJob } from './project.ts';
import { tellApprovers } from './tell-approvers.ts';

/**
 * Makes a job of a receita: planned, frozen, its estoque reserved. It is offered at once when its device is
 * free and nothing waits; it waits for approval first when the org's rule says so.
 *
 * @throws AppError with the first obstacle's code and every obstacle among the faults, or "disco_cheio";
 *         nothing is half-made
 */
export async function createJob(
  deps: FlowDeps,
  { org, by, metodo, body }: { org: string; by: Actor; metodo: JobMetodo; body: JobIn },
): Promise<JobCreated> {
  await refuseWhenDiskIsFull(deps);
  if (body.device !== undefined) await requireDevice(deps, { org, by, device: body.device });
  const order = { ...body, among: await devicesFor(deps, { org, by }) };
  return announce(deps, await deps.store.createJob(org, order, orderingOf(deps, by, metodo)));
}

/**
 * Makes a new job of items of an ended one: those named, else all that may be repeated. The old job stays as it was.
 *
 * @throws AppError "not_retryable" with a fault for each item that may not be, or what {@link createJob} throws
 */
export async function retryJob(
  deps: FlowDeps,
  { org, by, jobId, itens }: { org: string; by: Actor; jobId: number } & RetryIn,
): Promise<JobCreated> {
  await refuseWhenDiskIsFull(deps);
  await requireJob(deps, { org, by, jobId });
  return announce(deps, await deps.store.retryJob(org, { jobId, itens }, orderingOf(deps, by, 'repeticao')));
}

/** Below it no new job is taken, so that what runs can still be recorded to its end. */
export const minFreeBytes = 200 * 1_024 * 1_024;

async function refuseWhenDiskIsFull(deps: Pick<FlowDeps, 'store'>): Promise<void> {
  const free = await deps.store.freeBytes();
  if (free >= minFreeBytes) return;
  const mib = Math.floor(free / 1_024 / 1_024);
  throw new AppError('disco_cheio', `${mib} MiB are free on the disk; new jobs need 200 MiB`);
}

function orderingOf(deps: FlowDeps, by: Actor, metodo: JobMetodo): Ordering {
  return {
    act: actOf(deps, by),
    user: by.user,
    direct: by.permissions.includes('jobs:direct'),
    metodo,
    // What makes the reuse of a number after a restored backup harmless.
    token: deps.random(limits.tokenHexChars / 2).toString('hex'),
  };
}

async function announce(deps: FlowDeps, { job, frascos }: JobTouched): Promise<JobCreated> {
  const { org_id: org, job_id, device, fase, receita, criado_por, origem_job_id, espera } = job;
  deps.log('job_created', { org, job_id, device, fase });
  deps.notify(org, 'task:created', { job_id, device, receita, fase, criado_por, origem_job_id, espera });
  await publishJob(deps, org, [job_id]);
  await publishEstoque(deps, org, device, frascos);
  if (fase === 'aguardando_aprovacao') await tellApprovers(deps, org, job);
  else await offerNextJob(deps, { org, device });
  return createdOf((await deps.store.jobState(org, job_id)) ?? job);
}

const createdOf = ({
  job_id,
  status,
  fase,
  device,
}: Pick<Job, 'job_id' | 'status' | 'fase' | 'device'>): JobCreated => ({
  id: job_id,
  job_id,
  status,
  fase,
  device,
});
