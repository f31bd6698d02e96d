import type { ExecutionLogEntry } from '@yaguts/shared';
import type { ReportOrigin } from '../store/entries.ts';
import type { JobFacts } from '../store/job-rows.ts';
import type { SendAck } from './acks.ts';
import type { Announce } from './announce.ts';
import type { FlowDeps } from './deps.ts';
import { offerNextJob } from './offer-next-job.ts';
import { publishEstoque } from './project.ts';

export interface IngestDeps extends FlowDeps {
  readonly ack: SendAck;
  readonly announce: Announce;
}

/**
 * Takes a device's final word on one item: commits, acks, publishes. Ends after the commit, so that a PUBACK
 * that waits for it is true.
 *
 * @throws AppError "rate_limited" or "unavailable" when it could not be committed: nothing was acked
 */
export async function ingestEntry(
  deps: IngestDeps,
  origin: ReportOrigin,
  entry: ExecutionLogEntry,
): Promise<void> {
  const { org, device } = origin;
  const { job_id, token, item_ordem } = entry;
  const outcome = await deps.store.settleEntry(origin, entry);
  if (outcome.kind === 'denied') {
    deps.log('security_foreign_job', { org, device, job_id, item_ordem });
    return;
  }
  const rejected = outcome.kind === 'aside' ? [{ item_ordem, code: outcome.code }] : [];
  deps.ack({ org, device, job_id, token }, { itens: [item_ordem], rejected });
  if (outcome.kind === 'stored') {
    deps.log('entry_settled', { org, device, job_id, item_ordem, status: entry.status });
    deps.announce([outcome.change]);
    if (outcome.change.ended) await offerWhenFinished(deps, outcome.change.job);
  }
  if (outcome.kind === 'aside') await reportAside(deps, origin, job_id, outcome.code, outcome.frascos);
}

/**
 * A device is free when its complete is taken. After a restore it may have finished long ago and only sends its
 * old entries again: no complete will come, so its `hi` tells.
 */
async function offerWhenFinished(deps: FlowDeps, { org_id: org, device, seq }: JobFacts): Promise<void> {
  const row = await deps.store.device(org, device);
  if (row && seq !== null && row.hi >= seq) await offerNextJob(deps, { org, device });
}

/** Tells the org that a report was put aside and which frascos are to be weighed. */
export async function reportAside(
  deps: FlowDeps,
  origin: ReportOrigin,
  job_id: number,
  code: string,
  frascos: readonly number[],
): Promise<void> {
  const { org, device, topic } = origin;
  deps.log('report_put_aside', { org, device, job_id, code, topic });
  deps.notify(org, 'device:alert', { device, code: 'reportes_de_lado', motivo: code, job_id });
  if (frascos.length > 0) await publishEstoque(deps, org, device, frascos);
}
