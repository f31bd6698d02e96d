import type { JobRejected } from '@yaguts/shared';
import type { ReportOrigin } from '../store/entries.ts';
import { notifyEnd } from './announce.ts';
import type { FlowDeps } from './deps.ts';
import { offerNextJob } from './offer-next-job.ts';
import { publishEstoque, publishJob } from './project.ts';

/** A device does not take its offer: the job waits again or ends, by the code (contract, section 4). */
export async function handleOfferRefusal(
  deps: FlowDeps,
  origin: ReportOrigin,
  job_id: number,
  said: JobRejected,
): Promise<void> {
  const { org, device } = origin;
  const outcome = await deps.store.refuseOffer(origin, job_id, said);
  deps.log('offer_refused', { org, device, job_id, code: said.code, outcome: outcome.kind });
  if (outcome.kind === 'ignored') return;
  const ended = outcome.job.status !== 'queued';
  await publishJob(deps, org, [job_id], { ended });
  await publishEstoque(deps, org, device, outcome.frascos);
  if (ended) notifyEnd(deps, outcome.job);
  // A busy device says so when it is free, by its complete or its birth.
  if (said.code !== 'ocupado') await offerNextJob(deps, { org, device });
}
