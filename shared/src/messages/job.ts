import * as v from 'valibot';
import { EpochMs, Frasco, Gramas, ItemOrdem, JobId, Ms, Nome, Seq, Token } from '../ids.ts';
import { limits } from '../limits.ts';

/** What device and api say to each other about one job (contract, sections 2 and 3). */

const version = v.optional(v.literal(1), 1);
const shortCode = v.pipe(v.string(), v.regex(/^[a-z_]{1,32}$/));
const seconds = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(86_400));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const JobItem = v.object({
  item_ordem: ItemOrdem,
  frasco: Frasco,
  tempero: Nome,
  quantidade_g: Gramas,
  ms: Ms,
  /** When a critical item fails, the rest are closed `abortado`. */
  critico: v.optional(v.boolean()),
});
export type JobItem = v.InferOutput<typeof JobItem>;

export const JobDocument = v.object({
  v: version,
  job_id: JobId,
  seq: Seq,
  token: Token,
  not_after: EpochMs,
  receita: Nome,
  itens: v.pipe(v.array(JobItem), v.minLength(1), v.maxLength(limits.maxItens)),
});
export type JobDocument = v.InferOutput<typeof JobDocument>;

export const JobRejected = v.object({
  seq: Seq,
  token: Token,
  code: shortCode,
  message: v.optional(v.pipe(v.string(), v.maxLength(200)), ''),
});
export type JobRejected = v.InferOutput<typeof JobRejected>;

export const StartRequest = v.object({ seq: Seq, token: Token });
export type StartRequest = v.InferOutput<typeof StartRequest>;
/** `now` gives a clock to a device that has none. */
export const StartAccepted = v.object({ seq: Seq, token: Token, now: EpochMs });
export const StartRejected = v.object({
  seq: Seq,
  code: shortCode,
  message: v.optional(v.pipe(v.string(), v.maxLength(200)), ''),
});

const errorText = v.pipe(v.string(), v.maxLength(limits.maxErrorChars));

/** The device's final word on one item. `tempero` may be left out; the api fills it from the job. */
export const ExecutionLogEntry = v.pipe(
  v.object({
    v: version,
    job_id: JobId,
    seq: Seq,
    token: Token,
    item_ordem: ItemOrdem,
    frasco: Frasco,
    tempero: v.optional(v.pipe(v.string(), v.maxLength(64))),
    quantidade_g: v.optional(Gramas),
    segundos: seconds,
    status: v.picklist(['done', 'failed']),
    error: v.optional(v.nullable(errorText), null),
    boot_id: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(16))), null),
    uptime_ms: v.optional(v.nullable(count), null),
    ts: v.optional(v.nullable(EpochMs), null),
  }),
  v.check((entry) => entry.status === 'failed' || entry.error === null, 'a done entry carries no error'),
  v.check((entry) => entry.status === 'done' || Boolean(entry.error), 'a failed entry says why in error'),
);
export type ExecutionLogEntry = v.InferOutput<typeof ExecutionLogEntry>;

/** The device's final account; entries already acked may be left out. */
export const JobCompleteIn = v.object({
  v: version,
  job_id: JobId,
  seq: Seq,
  token: Token,
  itens_completados: count,
  itens_falhados: count,
  itens_cancelados: v.optional(count, 0),
  execution_logs: v.optional(v.pipe(v.array(ExecutionLogEntry), v.maxLength(limits.maxItens)), []),
});
export type JobCompleteIn = v.InferOutput<typeof JobCompleteIn>;

export const jobStatuses = ['queued', 'running', 'done', 'done_partial', 'failed', 'canceled'] as const;
export type JobStatus = (typeof jobStatuses)[number];

export const JobCompleteOut = v.object({
  ok: v.boolean(),
  job_id: JobId,
  status: v.picklist(jobStatuses),
  itens_completados: count,
  itens_falhados: count,
  itens_cancelados: count,
});
export type JobCompleteOut = v.InferOutput<typeof JobCompleteOut>;

/** The api's word that items are committed. Items put aside are in `itens` and again in `rejected`. */
export const JobAck = v.object({
  token: Token,
  itens: v.pipe(v.array(ItemOrdem), v.maxLength(limits.maxItens)),
  complete: v.boolean(),
  rejected: v.optional(v.array(v.object({ item_ordem: ItemOrdem, code: shortCode }))),
});
export type JobAck = v.InferOutput<typeof JobAck>;

export const JobCancel = v.object({
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]{1,36}$/)),
  motivo: v.pipe(v.string(), v.maxLength(120)),
  expires_at: EpochMs,
});
/** `item_ordem` is the item at which it stopped; null when nothing had begun. */
export const CancelAccepted = v.object({
  id: v.pipe(v.string(), v.maxLength(36)),
  item_ordem: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))), null),
});
export const CancelRejected = v.object({
  id: v.pipe(v.string(), v.maxLength(36)),
  code: shortCode,
  message: v.optional(v.pipe(v.string(), v.maxLength(200)), ''),
});
