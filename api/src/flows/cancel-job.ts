import type { JobState } from '@yaguts/shared';
import type { Job } from '../store/job-rows.ts';
import { type Actor, actOf } from './actor.ts';
import type { FlowDeps } from './deps.ts';
import { jobStateOrThrow, requireJob } from './job-of.ts';
import { offerNextJob } from './offer-next-job.ts';
import { publishEstoque, publishJob } from './project.ts';
import { publishBadges } from './publish-badge.ts';

/** A device that was away may still obey this long after the wish. */
export const cancelExpiryMs = 10 * 60_000;

/**
 * Cancels a job in whatever phase it is. Waiting or offered, it ends at once and its estoque is free again;
 * a device that was just about to start is told `terminado`. Running, its device is asked and decides.
 *
 * @throws AppError "terminal", "not_found", "forbidden" for a device that the person is not to work with
 */
export async function cancelJob(
  deps: FlowDeps,
  { org, by, jobId, motivo = '' }: { org: string; by: Actor; jobId: number; motivo?: string | undefined },
): Promise<JobState> {
  await requireJob(deps, { org, by, jobId });
  const now = deps.now();
  const wish = { id: deps.random(8).toString('hex'), motivo, expiraEm: now + cancelExpiryMs };
  const { job, frascos } = await deps.store.cancelJob(org, jobId, wish, actOf(deps, by));
  deps.log('job_cancel_asked', { org, job_id: jobId, device: job.device, fase: job.fase, por: by.user });
  if (job.status === 'running') publishCancel(deps, job);
  await publishJob(deps, org, [jobId]);
  await publishEstoque(deps, org, job.device, frascos);
  if (job.status === 'canceled') {
    await publishBadges(deps, org);
    await offerNextJob(deps, { org, device: job.device });
  }
  return jobStateOrThrow(deps, org, jobId);
}

/**
 * Asks a device to let go of a job that was closed without it: held in a pause, it would keep the device for ever,
 * and after a power cut it would pour into whatever bowl stands there. What it reports on that comes late.
 */
export function askToLetGo(deps: Pick<FlowDeps, 'publish' | 'random' | 'now'>, job: Job): void {
  const { org_id: org, device, job_id, motivo } = job;
  const wish = { id: deps.random(8).toString('hex'), motivo: motivo ?? '' };
  deps.publish('jobCancel', { org, device, job_id }, { ...wish, expires_at: deps.now() + cancelExpiryMs });
}

/** Sends the wish to cancel, again and again until it is answered or over: it is never retained. */
export function publishCancel(deps: Pick<FlowDeps, 'publish'>, job: Job): void {
  const { org_id: org, device, job_id, cancel_id: id, cancel_motivo, cancel_expira_em } = job;
  if (id === null || cancel_expira_em === null) return;
  const wish = { id, motivo: cancel_motivo ?? '', expires_at: cancel_expira_em };
  deps.publish('jobCancel', { org, device, job_id }, wish);
}
