import type { PayloadOf } from '@yaguts/shared';
import type { ReportOrigin } from '../store/entries.ts';
import { notifyEnd, notifyStart } from './announce.ts';
import type { FlowDeps } from './deps.ts';
import { offerNextJob } from './offer-next-job.ts';
import { publishEstoque, publishJob } from './project.ts';

/** What a device reads beside the code. */
const sentences = {
  terminado: 'the job has ended',
  diario_perdido: 'the journal that began this job is gone',
  desconhecido: 'no such offer stands',
  expirado: 'the job has expired',
} as const;

/** A device asks for leave to start; no motor moves before the answer. */
export async function startJob(
  deps: FlowDeps,
  origin: ReportOrigin,
  job_id: number,
  asked: PayloadOf<'jobStart'>,
): Promise<void> {
  const { org, device } = origin;
  const { seq, token } = asked;
  const outcome = await deps.store.startJob(origin, job_id, asked);
  if (outcome.kind === 'accepted') {
    deps.publish('startAccepted', { org, device, job_id }, { seq, token, now: origin.at });
    if (!outcome.started) return;
    deps.log('job_started', { org, device, job_id });
    await publishJob(deps, org, [job_id]);
    notifyStart(deps, outcome.job);
    return;
  }
  const { code, changed, frascos } = outcome;
  deps.publish('startRejected', { org, device, job_id }, { seq, code, message: sentences[code] });
  deps.log('start_rejected', { org, device, job_id, code });
  if (!changed) return;
  await publishJob(deps, org, [job_id], { ended: true });
  await publishEstoque(deps, org, device, frascos);
  notifyEnd(deps, changed);
  await offerNextJob(deps, { org, device });
}
