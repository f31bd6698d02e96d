import type { JobState } from '@yaguts/shared';
import { type Actor, actOf } from './actor.ts';
import { notifyEnd } from './announce.ts';
import { askToLetGo } from './cancel-job.ts';
import type { FlowDeps } from './deps.ts';
import { jobStateOrThrow, requireJob } from './job-of.ts';
import { offerNextJob } from './offer-next-job.ts';
import { publishEstoque, publishJob } from './project.ts';

/**
 * Ends a running job without its device, for a person who has looked into the bowl. The status follows from
 * the entries there are; none is invented, and late ones still add and deduct.
 *
 * @throws AppError "conflict" when it does not run, "terminal", "not_found"
 */
export async function closeJob(
  deps: FlowDeps,
  { org, by, jobId, motivo = '' }: { org: string; by: Actor; jobId: number; motivo?: string | undefined },
): Promise<JobState> {
  await requireJob(deps, { org, by, jobId });
  const { job, frascos } = await deps.store.closeJob(org, jobId, motivo, actOf(deps, by));
  const { device, status } = job;
  deps.log('job_closed', { org, job_id: jobId, device, status, por: by.user });
  askToLetGo(deps, job);
  await publishJob(deps, org, [jobId], { ended: true });
  await publishEstoque(deps, org, device, frascos);
  notifyEnd(deps, job);
  await offerNextJob(deps, { org, device });
  return jobStateOrThrow(deps, org, jobId);
}

/** Writes a note on a job, ended or not; an empty one takes it away. @throws AppError "not_found" */
export async function noteJob(
  deps: FlowDeps,
  { org, by, jobId, nota }: { org: string; by: Actor; jobId: number; nota: string },
): Promise<JobState> {
  await requireJob(deps, { org, by, jobId });
  await deps.store.noteJob(org, jobId, nota, actOf(deps, by));
  await publishJob(deps, org, [jobId]);
  return jobStateOrThrow(deps, org, jobId);
}
