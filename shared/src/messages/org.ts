import * as v from 'valibot';
import { EpochMs, EventType, Frasco, Gramas, Id, ItemOrdem, JobId, Nome, Seq, Versao } from '../ids.ts';
import { Birth, ConfigReported, presenceStates } from './device.ts';
import { jobStatuses } from './job.ts';

/** What the api tells the browsers of one organisation (contract, section 2). HTTP rows carry the same shapes. */

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const nullable = <S extends v.GenericSchema>(schema: S) => v.nullable(schema);

export const jobFases = [
  'aguardando_aprovacao',
  'na_fila',
  'ofertado',
  'dispensando',
  'pausado',
  'cancelando',
  'terminado',
] as const;
export type JobFase = (typeof jobFases)[number];

/** How a job was started; `http_v02` is the old firmware path, `simulacao` the development route. */
export const jobMetodos = ['painel', 'api', 'mqtt', 'repeticao', 'http_v02', 'simulacao'] as const;
export type JobMetodo = (typeof jobMetodos)[number];

/** Why a job waits for approval before it is offered: each rule of the org that holds it. */
export const esperas = ['todos', 'solicitante', 'gramas', 'multiplicador', 'alergenos'] as const;
export type Espera = (typeof esperas)[number];

export const itemEstados = ['pendente', 'done', 'failed'] as const;

export const JobItemState = v.object({
  item_ordem: ItemOrdem,
  frasco: Frasco,
  tempero: Nome,
  quantidade_g: Gramas,
  ms: count,
  critico: v.boolean(),
  estado: v.picklist(itemEstados),
  /** Measured; null while pending. */
  segundos: nullable(v.number()),
  error: nullable(v.string()),
  /** The entry came after the job was closed. */
  tardio: v.boolean(),
  recebido_em: nullable(EpochMs),
});
export type JobItemState = v.InferOutput<typeof JobItemState>;

export const JobState = v.object({
  v: v.literal(1),
  job_id: JobId,
  versao: Versao,
  /** Number of the job's last event on `jobs/{job_id}/events`; a hole means: fetch. */
  evento: count,
  status: v.picklist(jobStatuses),
  fase: v.picklist(jobFases),
  motivo: nullable(v.string()),
  sem_noticias: v.boolean(),
  device: Id,
  seq: nullable(Seq),
  posicao: nullable(count),
  receita_id: nullable(count),
  receita: Nome,
  multiplicador: v.number(),
  metodo: v.picklist(jobMetodos),
  origem_job_id: nullable(JobId),
  criado_por: nullable(v.string()),
  criado_em: EpochMs,
  expira_em: EpochMs,
  ofertado_em: nullable(EpochMs),
  iniciado_em: nullable(EpochMs),
  terminado_em: nullable(EpochMs),
  fw_version: nullable(v.string()),
  nota: nullable(v.string()),
  /** Empty for a job that needed no approval. */
  espera: v.array(v.picklist(esperas)),
  /** Who approved or refused it, when, and with which remark. */
  decidido_por: nullable(v.string()),
  decidido_em: nullable(EpochMs),
  comentario: nullable(v.string()),
  itens_completados: count,
  itens_falhados: count,
  itens_cancelados: count,
  itens: v.array(JobItemState),
});
export type JobState = v.InferOutput<typeof JobState>;

export const jobEventTypes = ['execution_log_entry', 'execution_complete', 'state'] as const;
export const JobEvent = v.object({
  seq: count,
  type: v.picklist(jobEventTypes),
  data: v.record(v.string(), v.unknown()),
});
export type JobEvent = v.InferOutput<typeof JobEvent>;

export const alertCodes = [
  'gemeo',
  'diario_perdido',
  'reportes_de_lado',
  'config_recusada',
  'sem_noticias',
  'sem_credencial',
] as const;

export const DeviceState = v.object({
  v: v.literal(1),
  device: Id,
  nome: v.string(),
  versao: Versao,
  /** `never` until the first birth. */
  presence: v.picklist([...presenceStates, 'never']),
  desde: nullable(EpochMs),
  visto_em: nullable(EpochMs),
  job: nullable(
    v.object({
      job_id: JobId,
      seq: nullable(Seq),
      status: v.picklist(jobStatuses),
      fase: v.picklist(jobFases),
    }),
  ),
  fila: count,
  fila_pausada: v.boolean(),
  transicao: v.picklist(['manual', 'automatica']),
  birth: nullable(v.pick(Birth, ['fw_version', 'hw', 'frascos', 'limits', 'capabilities', 'reset_reason'])),
  config: v.object({ desejada: count, reportada: nullable(ConfigReported) }),
  alertas: v.array(v.object({ code: v.picklist(alertCodes), desde: EpochMs, detalhe: v.string() })),
});
export type DeviceState = v.InferOutput<typeof DeviceState>;

export const EstoqueState = v.object({
  v: v.literal(1),
  device: Id,
  frasco: Frasco,
  tempero: nullable(v.string()),
  saldo_g: v.number(),
  reservado_g: v.number(),
  minimo_g: v.number(),
  desejado_g: nullable(v.number()),
  g_por_s: nullable(v.number()),
  baixo: v.boolean(),
  /** What was poured is not known here: weigh it and correct. */
  recontar: v.boolean(),
  versao: Versao,
});
export type EstoqueState = v.InferOutput<typeof EstoqueState>;

export const OrgEvent = v.object({
  id: v.string(),
  type: EventType,
  ts: EpochMs,
  data: v.record(v.string(), v.unknown()),
});
export type OrgEvent = v.InferOutput<typeof OrgEvent>;

export const Badge = v.object({ permission_pending: count, unread: count });
export type Badge = v.InferOutput<typeof Badge>;

export const requestOps = [
  'jobs.create',
  'jobs.cancel',
  'jobs.approve',
  'jobs.reject',
  'jobs.retry',
  'events.send',
] as const;
export type RequestOp = (typeof requestOps)[number];

const requestId = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
/** The HTTP body beside `id`, which is the idempotency key. */
export const UserRequest = v.looseObject({ id: requestId });
export const UserResponse = v.object({
  id: requestId,
  ok: v.boolean(),
  data: v.optional(v.unknown()),
  problem: v.optional(v.record(v.string(), v.unknown())),
});

export const ServerState = v.object({
  state: v.picklist(['online', 'offline']),
  version: v.string(),
  epoch: v.string(),
});
export type ServerState = v.InferOutput<typeof ServerState>;

export const ProvisionRequest = v.object({
  id: v.optional(requestId),
  hw: v.optional(v.pipe(v.string(), v.maxLength(32))),
  fw_version: v.optional(v.pipe(v.string(), v.maxLength(32))),
});
export const ProvisionAccepted = v.object({
  org: Id,
  device: Id,
  username: v.string(),
  password: v.string(),
});
export const ProvisionRejected = v.object({ code: v.string(), message: v.string() });
