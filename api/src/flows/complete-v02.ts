import {
  AppError,
  ExecutionLogEntry,
  faultsOf,
  type JobCompleteIn,
  type JobCompleteOut,
  limits,
} from '@yaguts/shared';
import * as v from 'valibot';
import type { JobItem } from '../store/job-rows.ts';
import { createAcks } from './acks.ts';
import { createAnnounce } from './announce.ts';
import { completeJob } from './complete-job.ts';
import type { FlowDeps } from './deps.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** The complete of firmware v0.2: what the handshake would bring may be missing, entries go by position. */
export const CompleteV02In = v.object({
  v: v.optional(v.number()),
  job_id: v.optional(v.number()),
  seq: v.optional(v.number()),
  token: v.optional(v.string()),
  itens_completados: count,
  itens_falhados: count,
  itens_cancelados: v.optional(count, 0),
  execution_logs: v.pipe(v.array(v.record(v.string(), v.unknown())), v.maxLength(limits.maxItens)),
});
export type CompleteV02In = v.InferOutput<typeof CompleteV02In>;

/**
 * `POST /devices/me/jobs/{job_id}/complete`: the same transaction as over MQTT. v0.2 sends one account and no
 * second one, so an item it leaves out is closed `recusado`. The same account again gets the same answer.
 *
 * @throws AppError "not_found" for a job that is not this device's
 * @throws AppError "invalid" when an entry cannot be read; nothing is stored then
 * @throws AppError "conflict" when the account contradicts what is stored (it is filed)
 */
export async function completeV02(
  deps: FlowDeps,
  at: { readonly org: string; readonly device: string; readonly job_id: number },
  body: CompleteV02In,
): Promise<JobCompleteOut> {
  const { org, device, job_id } = at;
  const job = await deps.store.jobWithItens(org, job_id);
  if (!job || job.job.device !== device) throw new AppError('not_found', `This device has no job ${job_id}`);
  const { token, seq } = job.job;
  const said: JobCompleteIn = {
    ...{ v: 1, job_id, seq: body.seq ?? seq ?? 1, token: body.token ?? token },
    itens_completados: body.itens_completados,
    itens_falhados: body.itens_falhados,
    itens_cancelados: body.itens_cancelados,
    execution_logs: entriesOf(body, { job_id, seq: seq ?? 1, token }, job.itens),
  };
  const origin = { org, device, topic: `v0.2 complete ${job_id}`, payload: payloadOf(body), at: deps.now() };
  const speaking = { ...deps, ack: createAcks(deps.publish), announce: createAnnounce(deps) };
  const outcome = await completeJob(speaking, origin, said, true);
  if (!outcome.out || outcome.rejected.some(({ code }) => code !== 'item')) {
    throw new AppError(
      'conflict',
      'This account contradicts what is stored; it was kept for a person to see',
    );
  }
  return outcome.out;
}

const payloadOf = (body: CompleteV02In): Buffer => Buffer.from(JSON.stringify(body));

function entriesOf(
  body: CompleteV02In,
  known: { job_id: number; seq: number; token: string },
  itens: readonly JobItem[],
): ExecutionLogEntry[] {
  return body.execution_logs.map((log, i) => {
    const ordem = log.item_ordem ?? itens[i]?.item_ordem;
    const item = itens.find((one) => one.item_ordem === ordem);
    const filled = { ...known, item_ordem: ordem, frasco: item?.frasco, ...log, v: 1 };
    const entry = v.safeParse(ExecutionLogEntry, filled);
    if (entry.success) return entry.output;
    const faults = faultsOf(entry.issues).map(({ path, message }) => ({
      path: `execution_logs.${i}.${path}`,
      message,
    }));
    throw new AppError('invalid', 'An execution log cannot be read', { faults });
  });
}
