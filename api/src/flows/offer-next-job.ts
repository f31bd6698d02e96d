import type { FlowDeps } from './deps.ts';
import { publishJob } from './project.ts';

export interface OfferRequest {
  readonly org: string;
  readonly device: string;
  /** A firmware v0.2 that asks over HTTP: it has no birth to wait for. */
  readonly legacy?: boolean;
}

/**
 * Offers the next job of a device on its retained `jobs/next`, if there is one that may be. Safe to call at
 * any time: what is offered or runs already stays as it is.
 *
 * @returns the job offered now, or undefined
 */
export async function offerNextJob(
  deps: Pick<FlowDeps, 'store' | 'publish' | 'now' | 'log'>,
  { org, device, legacy = false }: OfferRequest,
): Promise<number | undefined> {
  const { epoch } = deps.store.installation;
  const offer = await deps.store.offerNext(org, device, { epoch, now: deps.now(), legacy });
  if ('standing' in offer) {
    if (offer.standing !== 'nada') deps.log('offer_held', { org, device, por: offer.standing });
    return undefined;
  }
  const { job_id, seq } = offer.job;
  deps.log('job_offered', { org, device, job_id, seq });
  await publishJob(deps, org, [job_id]);
  return job_id;
}
