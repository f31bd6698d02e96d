import * as v from 'valibot';
import { EpochMs, Frasco, Id, ItemOrdem, JobId, Nome } from '../ids.ts';
import { limits } from '../limits.ts';
import { jobStatuses } from '../messages/job.ts';
import { JobState, jobFases, jobMetodos } from '../messages/org.ts';

/** Bodies and answers of jobs, queue and history. */

export const JobIn = v.object({
  receita_id: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** Times the receita; above 0, at most the org's limit. */
  multiplicador: v.pipe(
    v.number(),
    v.finite(),
    v.minValue(0.001, 'must be above 0'),
    v.maxValue(limits.maxMultiplicador),
  ),
  /** May be left out when exactly one device of the org could run it. */
  device: v.optional(Id),
});
export type JobIn = v.InferOutput<typeof JobIn>;
export const JobCreated = v.object({
  id: JobId,
  job_id: JobId,
  status: v.picklist(jobStatuses),
  fase: v.picklist(jobFases),
  device: Id,
});
export type JobCreated = v.InferOutput<typeof JobCreated>;

/** What of an ended job to repeat: items by their number, or everything that may be when left out. */
export const RetryIn = v.object({
  itens: v.optional(
    v.pipe(
      v.array(ItemOrdem),
      v.minLength(1),
      v.maxLength(limits.maxItens),
      v.check((itens) => new Set(itens).size === itens.length, 'names an item twice'),
    ),
  ),
});
export type RetryIn = v.InferOutput<typeof RetryIn>;

/** Why an item is not repeated: poured, not ended, asked again already, poured again, or nobody can know. */
export const repeatRefusals = [
  'feito',
  'nao_terminou',
  'em_andamento',
  'repetido',
  'sem_origem',
  'desconhecido',
] as const;
export type RepeatRefusal = (typeof repeatRefusals)[number];

/** What may be repeated of one item, and what was so far. */
export const ItemRepetition = v.object({
  item_ordem: ItemOrdem,
  /** What a repetition of it alone would ask for; 0 when `motivo` says why not. */
  pode_g: v.number(),
  motivo: v.nullable(v.picklist(repeatRefusals)),
  /** Items of later jobs that were made from it, oldest first. */
  em: v.array(
    v.object({
      job_id: JobId,
      item_ordem: ItemOrdem,
      frasco: Frasco,
      quantidade_g: v.number(),
      /** `cancelado`: its job ended without a word on it. */
      estado: v.picklist(['pendente', 'done', 'failed', 'cancelado']),
    }),
  ),
});
export type ItemRepetition = v.InferOutput<typeof ItemRepetition>;

/** Why a job cannot start, or what to look at before. `impede` says whether it stands in the way. */
export const Obstaculo = v.object({
  code: v.string(),
  message: v.string(),
  impede: v.boolean(),
  tempero: v.optional(v.string()),
  frasco: v.optional(Frasco),
});
export const JobPreview = v.object({
  device: v.nullable(Id),
  receita: Nome,
  multiplicador: v.number(),
  itens: v.array(
    v.object({
      item_ordem: ItemOrdem,
      frasco: Frasco,
      tempero: Nome,
      quantidade_g: v.number(),
      ms: v.number(),
      critico: v.boolean(),
      saldo_g: v.number(),
      reservado_g: v.number(),
    }),
  ),
  total_g: v.number(),
  total_ms: v.number(),
  na_frente: v.number(),
  pode: v.boolean(),
  obstaculos: v.array(Obstaculo),
});
export type JobPreview = v.InferOutput<typeof JobPreview>;

/** One stored entry as it came, beside the job's snapshot. */
export const StoredEntry = v.object({
  job_id: JobId,
  item_ordem: ItemOrdem,
  frasco: Frasco,
  tempero: v.string(),
  quantidade_g: v.number(),
  segundos: v.number(),
  status: v.picklist(['done', 'failed']),
  error: v.nullable(v.string()),
  boot_id: v.nullable(v.string()),
  uptime_ms: v.nullable(v.number()),
  ts: v.nullable(EpochMs),
  recebido_em: EpochMs,
  tardio: v.boolean(),
});
export type StoredEntry = v.InferOutput<typeof StoredEntry>;
export const JobDetail = v.object({
  ...JobState.entries,
  execution_logs: v.array(StoredEntry),
  repeticoes: v.array(ItemRepetition),
});
export type JobDetail = v.InferOutput<typeof JobDetail>;

export const CancelIn = v.object({ motivo: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(120)), '') });
export const NotaIn = v.object({ nota: v.pipe(v.string(), v.trim(), v.maxLength(500)) });
export const QueueIn = v.object({ job_ids: v.pipe(v.array(JobId), v.maxLength(200)) });
export const QueuePauseIn = v.object({ pausada: v.boolean() });
export const QueueOut = v.object({
  device: Id,
  pausada: v.boolean(),
  transicao: v.picklist(['manual', 'automatica']),
  /** True when "tigela vazia" would offer the next job. */
  espera_tigela: v.boolean(),
  atual: v.nullable(JobState),
  jobs: v.array(JobState),
});
export type QueueOut = v.InferOutput<typeof QueueOut>;

/** A page of rows; `proximo` goes back as `cursor`, null at the end. */
export const pageOf = <S extends v.GenericSchema>(rows: S) =>
  v.object({ rows: v.array(rows), proximo: v.nullable(v.string()) });

/** One row of the execution history. */
export const ExecutionRow = v.object({
  job_id: JobId,
  device: Id,
  receita: Nome,
  receita_id: v.nullable(v.number()),
  multiplicador: v.number(),
  status: v.picklist(jobStatuses),
  motivo: v.nullable(v.string()),
  metodo: v.picklist(jobMetodos),
  criado_por: v.nullable(v.string()),
  criado_em: EpochMs,
  iniciado_em: v.nullable(EpochMs),
  terminado_em: v.nullable(EpochMs),
  duracao_ms: v.nullable(v.number()),
  frascos: v.array(Frasco),
  gramas: v.number(),
  itens_completados: v.number(),
  itens_falhados: v.number(),
  itens_cancelados: v.number(),
  fw_version: v.nullable(v.string()),
  nota: v.nullable(v.string()),
});
export type ExecutionRow = v.InferOutput<typeof ExecutionRow>;

export const HistorySummary = v.object({
  total: v.number(),
  sucesso: v.number(),
  /** Ended by a person in their middle; they count neither as a success nor as a failure. */
  parados: v.number(),
  /** Of the executions that ran to their end. */
  taxa_sucesso: v.nullable(v.number()),
  duracao_media_ms: v.nullable(v.number()),
  interrompidos: v.number(),
  gramas: v.number(),
  /** Of the entries of the newest 500 executions that match. */
  atraso_p95_ms: v.nullable(v.number()),
  estoque_exato: v.nullable(v.number()),
  fuso: v.string(),
  /** 30 days ending today in the org's time zone, zeros kept. */
  dias: v.array(
    v.object({
      dia: v.string(),
      done: v.number(),
      done_partial: v.number(),
      failed: v.number(),
      canceled: v.number(),
      outros: v.number(),
    }),
  ),
});
export type HistorySummary = v.InferOutput<typeof HistorySummary>;

/** The parameters of every simulator, the same everywhere. */
export const SimulateIn = v.object({
  job_id: v.optional(JobId),
  frasco_delay_ms: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(limits.maxStepMs)),
    2_000,
  ),
  fail_frasco_indices: v.optional(
    v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(limits.maxItens - 1))),
    [],
  ),
  simulate_wifi_drop: v.optional(v.boolean(), false),
  drop_at_frasco_index: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))), null),
  drop_duration_seconds: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(600)), 5),
});
export type SimulateIn = v.InferOutput<typeof SimulateIn>;
