import type { Espera, JobFase, JobMetodo, JobStatus } from '@yaguts/shared';
import {
  bytes,
  epochMs,
  flag,
  foreignKey,
  index,
  int,
  json,
  mg,
  primaryKey,
  rowNumber,
  sql,
  table,
  text,
  uniqueIndex,
} from '../columns.ts';
import { devices } from './devices.ts';

/** One execution of a receita on one device. The receita is frozen into name and items. */
export const jobs = table(
  'jobs',
  {
    org_id: text('org_id').notNull(),
    /** Never reused, over all orgs. */
    job_id: rowNumber('job_id'),
    device: text('device').notNull(),
    /** Given when the job is offered. */
    seq: int('seq'),
    token: text('token').notNull(),
    status: text('status').$type<JobStatus>().notNull(),
    fase: text('fase').$type<JobFase>().notNull(),
    motivo: text('motivo'),
    /** Rises with every change of the snapshot. */
    versao: int('versao').notNull().default(1),
    /** Number of the last event on `jobs/{job_id}/events`. */
    evento: int('evento').notNull().default(0),
    /** Order in the queue of the device, smallest first; kept after the end. */
    posicao: int('posicao').notNull().default(0),
    /** A bowl is in place for it: it needs no "tigela vazia" to be offered. */
    liberado: flag('liberado').notNull().default(false),
    receita_id: int('receita_id'),
    receita: text('receita').notNull(),
    receita_versao: int('receita_versao'),
    multiplicador_milesimos: int('multiplicador_milesimos').notNull(),
    metodo: text('metodo').$type<JobMetodo>().notNull(),
    origem_job_id: int('origem_job_id'),
    criado_por: text('criado_por'),
    /** The rules that made it wait for approval; empty when it did not. */
    espera: json<readonly Espera[]>('espera').notNull().default([]),
    /** Who approved or refused it, when, and the remark. */
    aprovado_por: text('aprovado_por'),
    decidido_em: epochMs('decidido_em'),
    comentario: text('comentario'),
    criado_em: epochMs('criado_em').notNull(),
    expira_em: epochMs('expira_em').notNull(),
    ofertado_em: epochMs('ofertado_em'),
    iniciado_em: epochMs('iniciado_em'),
    terminado_em: epochMs('terminado_em'),
    /** Last word of the device on this job. */
    noticia_em: epochMs('noticia_em'),
    sem_noticias: flag('sem_noticias').notNull().default(false),
    /** `birth.journal_id` at `start`: only this journal may go on with the job. */
    journal_id: text('journal_id'),
    fw_version: text('fw_version'),
    cancel_id: text('cancel_id'),
    cancel_motivo: text('cancel_motivo'),
    cancel_expira_em: epochMs('cancel_expira_em'),
    /** The device's final account has been taken. */
    complete_em: epochMs('complete_em'),
    /** Ended by a person or for a lost journal: entries that still come are `tardio`. */
    fechado_a_forca: flag('fechado_a_forca').notNull().default(false),
    /** A person ended it before its end: no failure of the device. */
    parado: flag('parado').notNull().default(false),
    nota: text('nota'),
    total_itens: int('total_itens').notNull(),
    itens_completados: int('itens_completados').notNull().default(0),
    itens_falhados: int('itens_falhados').notNull().default(0),
    itens_cancelados: int('itens_cancelados').notNull().default(0),
    /** Of its entries: what was poured, and how many were `interrompido`; summing a million of them takes too long. */
    gramas_mg: mg('gramas_mg').notNull().default(0),
    interrompidos: int('interrompidos').notNull().default(0),
  },
  (t) => [
    uniqueIndex('jobs_org').on(t.org_id, t.job_id),
    uniqueIndex('jobs_running').on(t.org_id, t.device).where(sql`status = 'running'`),
    index('jobs_device_status').on(t.org_id, t.device, t.status, t.posicao),
    // Everything that the history filters, sorts and sums by, so that it reads this index and not the rows.
    index('jobs_historico').on(
      ...[t.org_id, t.criado_em, t.status, t.device, t.metodo, t.criado_por, t.receita],
      ...[t.gramas_mg, t.interrompidos, t.parado, t.iniciado_em, t.terminado_em],
    ),
    index('jobs_status').on(t.status, t.expira_em),
    index('jobs_terminado').on(t.org_id, t.terminado_em),
    index('jobs_origem').on(t.org_id, t.origem_job_id).where(sql`origem_job_id is not null`),
    foreignKey({ columns: [t.org_id, t.device], foreignColumns: [devices.org_id, devices.device] }).onDelete(
      'cascade',
    ),
  ],
);

export const jobItems = table(
  'job_items',
  {
    org_id: text('org_id').notNull(),
    job_id: int('job_id').notNull(),
    item_ordem: int('item_ordem').notNull(),
    frasco: int('frasco').notNull(),
    tempero: text('tempero').notNull(),
    quantidade_mg: mg('quantidade_mg').notNull(),
    ms: int('ms').notNull(),
    critico: flag('critico').notNull().default(false),
    /** What of it is counted in `frascos.reservado_mg` now: 0 once settled, released or never reserved. */
    reservado_mg: mg('reservado_mg').notNull().default(0),
    /** Code of a report on this item that was put aside and never stored. */
    recusado: text('recusado'),
    /** The item of `jobs.origem_job_id` that it repeats; null in a job that repeats none, and in one made before this was kept. */
    origem_item: int('origem_item'),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.job_id, t.item_ordem] }),
    index('job_items_tempero').on(t.org_id, t.tempero, t.job_id),
    foreignKey({ columns: [t.org_id, t.job_id], foreignColumns: [jobs.org_id, jobs.job_id] }).onDelete(
      'cascade',
    ),
  ],
);

/** The device's final word on an item: one row per (job_id, item_ordem), never changed. */
export const executionLogs = table(
  'execution_logs',
  {
    org_id: text('org_id').notNull(),
    job_id: int('job_id').notNull(),
    item_ordem: int('item_ordem').notNull(),
    device: text('device').notNull(),
    digest: text('digest').notNull(),
    frasco: int('frasco').notNull(),
    tempero: text('tempero').notNull(),
    quantidade_mg: mg('quantidade_mg').notNull(),
    /** Measured milliseconds. */
    ms: int('ms').notNull(),
    status: text('status', { enum: ['done', 'failed'] }).notNull(),
    error: text('error'),
    boot_id: text('boot_id'),
    uptime_ms: int('uptime_ms'),
    ts: epochMs('ts'),
    recebido_em: epochMs('recebido_em').notNull(),
    /** Came after the job was closed. */
    tardio: flag('tardio').notNull().default(false),
    /** The message as it came. */
    raw: text('raw').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.job_id, t.item_ordem] }),
    foreignKey({ columns: [t.org_id, t.job_id], foreignColumns: [jobs.org_id, jobs.job_id] }).onDelete(
      'cascade',
    ),
  ],
);

/** Messages of authorised devices that could not be stored, kept for a person to look at. */
export const rejectedMessages = table(
  'rejected_messages',
  {
    org_id: text('org_id').notNull(),
    id: rowNumber('id'),
    device: text('device').notNull(),
    topic: text('topic').notNull(),
    digest: text('digest').notNull(),
    code: text('code').notNull(),
    detalhe: text('detalhe').notNull().default(''),
    /** The first KiB. */
    inicio: bytes('inicio').notNull(),
    tamanho: int('tamanho').notNull(),
    vezes: int('vezes').notNull().default(1),
    primeira_em: epochMs('primeira_em').notNull(),
    ultima_em: epochMs('ultima_em').notNull(),
  },
  (t) => [
    uniqueIndex('rejected_messages_mesma').on(t.org_id, t.device, t.topic, t.digest),
    index('rejected_messages_ultima').on(t.org_id, t.ultima_em),
  ],
);
