import type { JobDocument } from '@yaguts/shared';
import { notifyStart } from './announce.ts';
import type { FlowDeps } from './deps.ts';
import { offerNextJob } from './offer-next-job.ts';
import { publishJob } from './project.ts';

/**
 * `GET /devices/me/next_job` of firmware v0.2, which knows no handshake: the api claims the job for the device,
 * and answers the same job until its complete. At most once is not promised to v0.2.
 *
 * @returns the job to run, or undefined when none is offered
 */
export async function nextJobV02(
  deps: FlowDeps,
  at: { readonly org: string; readonly device: string },
): Promise<JobDocument | undefined> {
  const { org, device } = at;
  await offerNextJob(deps, { org, device, legacy: true });
  const claimed = await deps.store.claimJob(org, device, deps.now());
  if (!claimed) return undefined;
  const { job, started } = claimed;
  if (started) {
    deps.log('job_started', { org, device, job_id: job.job_id, metodo: 'v0.2' });
    await publishJob(deps, org, [job.job_id]);
    notifyStart(deps, job);
  }
  return deps.store.nextDocument(org, device);
}
