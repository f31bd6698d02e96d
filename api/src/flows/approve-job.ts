import type { JobState } from '@yaguts/shared';
import type { Job } from '../store/job-rows.ts';
import type { JobTouched } from '../store/orders.ts';
import { type Actor, actOf } from './actor.ts';
import type { FlowDeps } from './deps.ts';
import { jobStateOrThrow, requireJob } from './job-of.ts';
import { offerNextJob } from './offer-next-job.ts';
import { publishEstoque, publishJob } from './project.ts';
import { publishBadges } from './publish-badge.ts';
import { tellRequester } from './tell-approvers.ts';

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
  await requireJob(deps, { org, by, jobId });
  const touched = await deps.store.approveJob(org, jobId, comentario || null, actOf(deps, by));
  const { device } = touched.job;
  deps.notify(org, 'task:approved', aboutDecision(touched.job));
  tellRequester(deps, touched.job, 'aprovado');
  await announce(deps, touched);
  await offerNextJob(deps, { org, device });
  return jobStateOrThrow(deps, org, jobId);
}

/** Refuses it: the job ends as `canceled`, motivo `negado`. @throws AppError as {@link approveJob} */
export async function rejectJob(deps: FlowDeps, { org, by, jobId, comentario }: Decision): Promise<JobState> {
  await requireJob(deps, { org, by, jobId });
  const touched = await deps.store.rejectJob(org, jobId, comentario || null, actOf(deps, by));
  deps.notify(org, 'task:rejected', aboutDecision(touched.job));
  tellRequester(deps, touched.job, 'negado');
  await announce(deps, touched);
  return jobStateOrThrow(deps, org, jobId);
}

function aboutDecision({ job_id, device, receita, criado_por, aprovado_por, comentario }: Job) {
  return { job_id, device, receita, criado_por, por: aprovado_por, comentario };
}

async function announce(deps: FlowDeps, { job, frascos }: JobTouched): Promise<void> {
  deps.log('job_decided', { org: job.org_id, job_id: job.job_id, por: job.aprovado_por, fase: job.fase });
  await publishJob(deps, job.org_id, [job.job_id]);
  await publishEstoque(deps, job.org_id, job.device, frascos);
  await publishBadges(deps, job.org_id);
}
