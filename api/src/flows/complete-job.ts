import type { JobCompleteIn } from '@yaguts/shared';
import type { CompleteOutcome, ReportOrigin } from '../store/entries.ts';
import { type IngestDeps, reportAside } from './ingest-entry.ts';
import { offerNextJob } from './offer-next-job.ts';

/**
 * Takes a device's final account of a job. Acked only when every item is stored or put aside; until then its
 * entries are acked and the device asks again.
 *
 * @param isFinal no second account will come: what this one leaves out is closed `recusado`
 */
export async function completeJob(
  deps: IngestDeps,
  origin: ReportOrigin,
  body: JobCompleteIn,
  isFinal = false,
): Promise<CompleteOutcome> {
  const { org, device } = origin;
  const { job_id, token } = body;
  const outcome = await deps.store.completeJob(origin, body, isFinal);
  switch (outcome.kind) {
    case 'denied':
      deps.log('security_foreign_job', { org, device, job_id });
      return outcome;
    case 'aside':
      deps.ack({ org, device, job_id, token }, { complete: true });
      await reportAside(deps, origin, job_id, outcome.code ?? 'desconhecido', []);
      // Nobody here knows that job (a backup was restored), yet it has kept the device busy until now.
      await offerNextJob(deps, { org, device });
      return outcome;
    case 'open':
    case 'taken': {
      const { itens, rejected } = outcome;
      const complete = outcome.kind === 'taken';
      if (complete || itens.length > 0)
        deps.ack({ org, device, job_id, token }, { itens, rejected, complete });
      deps.log(complete ? 'job_completed' : 'complete_open', { org, device, job_id, itens });
      deps.announce(outcome.changes);
      for (const { code } of rejected) await reportAside(deps, origin, job_id, code, outcome.frascos);
      if (complete) await offerNextJob(deps, { org, device });
      return outcome;
    }
  }
}
