import type { ReportOrigin } from '../store/entries.ts';
import type { FlowDeps } from './deps.ts';
import { publishJob } from './project.ts';

/** The device's word on a cancel decides: what it has not stopped goes on. */
export async function handleCancelAnswer(
  deps: FlowDeps,
  origin: ReportOrigin,
  job_id: number,
  answer: { readonly id: string; readonly accepted: boolean },
): Promise<void> {
  const { org, device } = origin;
  const job = await deps.store.takeCancelAnswer(origin, job_id, answer.id, answer.accepted);
  deps.log('cancel_answered', { org, device, job_id, accepted: answer.accepted, known: job !== undefined });
  if (job) await publishJob(deps, org, [job_id]);
}
