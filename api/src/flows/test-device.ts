import type { Birth } from '@yaguts/shared';
import type { Job } from '../store/job-rows.ts';
import { deviceCredentials } from '../store/schema/index.ts';
import { mao, org, token } from '../store/test-store.ts';
import { openTestFlows, type TestFlows } from './test-flows.ts';

/** For tests: the flows, and a device `mao` that has a credential and speaks. */
export interface WithDevice extends TestFlows {
  /** Makes a job that `mao` pours, of three items by default. */
  running(given?: Parameters<TestFlows['makeJob']>[0]): Promise<Job>;
  /** Types of what people were told since the last call of `forget`. */
  types(): string[];
}

export async function openWithDevice(): Promise<WithDevice> {
  const flows = await openTestFlows();
  flows.store.parts.db.orm
    .insert(deviceCredentials)
    .values({ org_id: org, device: mao, id: '1', hmac: 'x', criado_em: 1 })
    .run();
  return Object.assign(flows, {
    running: (given = {}) =>
      flows.makeJob({ status: 'running', fase: 'dispensando', iniciado_em: 20, ...given }),
    types: () => flows.notified.map(({ type }) => type),
  });
}

/** Whom a report speaks of. */
export const at = (job_id: number, item_ordem: number) => ({ job_id, item_ordem });

/** The birth of a free board with the journal `j1`. */
export const birth = (given: Partial<Birth> = {}): Birth => ({
  ...{ fw_version: '0.3.0', hw: 'esp32', schema: 1, journal_id: 'j1', boot_id: 'b1', hi: 0, epoch: null },
  ...{ reset_reason: 'power', frascos: 8, capabilities: [], active: null },
  limits: { max_itens: 24, max_job_bytes: 3_072, max_step_ms: 180_000 },
  ...given,
});

/** The final account of a job of three items, which repeats none of its entries. */
export const complete = (job_id: number, given = {}) => ({
  ...{ v: 1 as const, job_id, seq: 1, token, itens_completados: 3, itens_falhados: 0, itens_cancelados: 0 },
  execution_logs: [],
  ...given,
});
