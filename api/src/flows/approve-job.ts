import { AppError, type JobState } from '@yaguts/shared';
import type { JobTouched } from '../store/orders.ts';
import { type Actor, actOf } from './actor.ts';
import type { FlowDeps } from './deps.ts';
import { offerNextJob } from './offer-next-job.ts';
import { publishEstoque, publishJob } from './project.ts';
import { publishBadges } from './tell-approvers.ts';

interface Decision {
  readonly org: string;
  readonly by: Actor;
  readonly jobId: number;
  readonly comentario?: string | undefined;
}

/**
 * Lets a job that awaits approval into the queue: its estoque is reserved now.
 *
 * @throws AppError "conflict", "terminal", "not_found", "estoque_insuficiente"
 */
export async function approveJob(
  deps: FlowDeps,
  { org, by, jobId, comentario }: Decision,
): Promise<JobState> {
  const touched = await deps.store.approveJob(org, jobId, comentario || null, actOf(deps, by));
  const { job_id, device, receita, criado_por } = touched.job;
  deps.notify(org, 'task:approved', { job_id, device, receita, criado_por, por: by.user });
  await announce(deps, touched);
  await offerNextJob(deps, { org, device });
  return jobStateOrThrow(deps, org, jobId);
}

/** Refuses it: the job ends as `canceled`, motivo `negado`. @throws AppError as {@link approveJob} */
export async function rejectJob(deps: FlowDeps, { org, by, jobId, comentario }: Decision): Promise<JobState> {
  await announce(deps, await deps.store.rejectJob(org, jobId, comentario || null, actOf(deps, by)));
  return jobStateOrThrow(deps, org, jobId);
}

async function announce(deps: FlowDeps, { job, frascos }: JobTouched): Promise<void> {
  deps.log('job_decided', { org: job.org_id, job_id: job.job_id, por: job.aprovado_por, fase: job.fase });
  await publishJob(deps, job.org_id, [job.job_id]);
  await publishEstoque(deps, job.org_id, job.device, frascos);
  await publishBadges(deps, job.org_id);
}

/** The snapshot of a job. @throws AppError "not_found" */
export async function jobStateOrThrow(
  deps: Pick<FlowDeps, 'store'>,
  org: string,
  jobId: number,
): Promise<JobState> {
  const state = await deps.store.jobState(org, jobId);
  if (!state) throw new AppError('not_found', `There is no job ${jobId}`);
  return state;
}
