import type { JobCompleteOut, JobStatus } from '@yaguts/shared';
import { and, asc, eq, inArray, isNotNull, type SQL, sql } from 'drizzle-orm';
import type { Failure } from '../domain/job-status.ts';
import type { Ledger } from './ledger.ts';
import type { Orm } from './open.ts';
import { devices, executionLogs, jobItems, jobs } from './schema/index.ts';
import { all, columns, get, p, run, sqlPlusOne, type Tx } from './transaction.ts';

export type Job = typeof jobs.$inferSelect;
/** What is told of a job that has moved; a whole row is too much to carry for each entry. */
export type JobFacts = Pick<
  Job,
  | 'org_id'
  | 'job_id'
  | 'device'
  | 'seq'
  | 'receita'
  | 'receita_id'
  | 'status'
  | 'motivo'
  | 'criado_por'
  | 'itens_completados'
  | 'itens_falhados'
  | 'itens_cancelados'
>;
export type JobItem = typeof jobItems.$inferSelect;
export type Entry = typeof executionLogs.$inferSelect;

/**
 * A status as a word of the query, never a value bound to it: `jobs_running` is an index of the running jobs
 * alone, so SQLite would look at the value and plan the query again each time it is bound (100 µs instead of 4).
 */
export const hasStatus = (status: JobStatus): SQL => sql`${jobs.status} = ${sql.raw(`'${status}'`)}`;

/** What may change in a job after it was made. */
const changing = [
  'seq',
  'status',
  'fase',
  'motivo',
  'versao',
  'evento',
  'posicao',
  'liberado',
  'aprovado_por',
  'decidido_em',
  'comentario',
  'expira_em',
  'ofertado_em',
  'iniciado_em',
  'terminado_em',
  'noticia_em',
  'sem_noticias',
  'journal_id',
  'fw_version',
  'cancel_id',
  'cancel_motivo',
  'cancel_expira_em',
  'complete_em',
  'fechado_a_forca',
  'parado',
  'nota',
  'itens_completados',
  'itens_falhados',
  'itens_cancelados',
  'gramas_mg',
  'interrompidos',
] as const satisfies readonly (keyof Job)[];
export type JobPatch = Partial<Omit<Pick<Job, (typeof changing)[number]>, 'versao' | 'evento'>>;

/** What of a job the state of its device shows: with them that state gets a new version too. */
const shownOnDevice = [
  'seq',
  'status',
  'fase',
  'sem_noticias',
] as const satisfies readonly (keyof JobPatch)[];

/** What a settled entry moves in a running job. */
const counting = [
  'versao',
  'evento',
  'noticia_em',
  'sem_noticias',
  'itens_completados',
  'itens_falhados',
  'itens_cancelados',
  'gramas_mg',
  'interrompidos',
] as const satisfies readonly (keyof Job)[];

/** What an entry says of its item in a snapshot. */
export type Word = Pick<Entry, 'item_ordem' | 'status' | 'ms' | 'error' | 'tardio' | 'recebido_em'>;
/** An item to be settled, with the digest of its entry when it has one. */
export type KnownItem = Pick<
  JobItem,
  'org_id' | 'job_id' | 'item_ordem' | 'frasco' | 'tempero' | 'quantidade_mg' | 'reservado_mg'
> & { digest: string | null };

export interface JobRows {
  byId(org: string, job_id: number): Tx<Job | undefined>;
  itens(org: string, job_id: number): Tx<JobItem[]>;
  entries(org: string, job_id: number): Tx<Entry[]>;
  /** The entries of a job as a snapshot needs them, without the messages as they came. */
  words(org: string, job_id: number): Tx<Word[]>;
  /** Why items of a job failed. */
  failures(org: string, job_id: number): Tx<Failure[]>;
  /** Those of the items named that the job has. */
  known(org: string, job_id: number, itens: readonly number[]): Tx<KnownItem[]>;
  running(org: string, device: string): Tx<Job | undefined>;
  /** The job that the device is running or has been offered; at most one. */
  current(org: string, device: string): Tx<Job | undefined>;
  /** Waiting jobs of a device in the order of its queue, those that await approval left out. */
  queue(org: string, device: string): Tx<Job[]>;
  /**
   * Writes a change and gives it a new `versao` and `events` numbers on `jobs/{job_id}/events` (one by
   * default: what {@link publishJob} tells as `state`).
   */
  change(job: Job, patch: JobPatch, events?: number): Tx<Job>;
  /** Writes the counters, `versao` and `evento` of a job as they are given. */
  count(job: Job): Tx<void>;
  /** Gives the state of a device a new version: what it shows of its queue has changed. */
  touchDevice(org: string, device: string): Tx<void>;
  /** Ends a job: `terminado`, reservations given back, items without an entry counted as canceled. */
  end(
    job: Job,
    how: {
      status: JobStatus;
      motivo: string | null;
      at: number;
      fechado_a_forca?: boolean;
      /** By a person, before its end. */
      parado?: boolean;
    },
    events?: number,
  ): Tx<{ job: Job; frascos: number[] }>;
}

/** Joins an item with its stored entry. */
export const entryOfItem = and(
  eq(executionLogs.org_id, jobItems.org_id),
  eq(executionLogs.job_id, jobItems.job_id),
  eq(executionLogs.item_ordem, jobItems.item_ordem),
);

/** Reading and changing jobs inside a transaction. */
export function createJobRows(orm: Orm, ledger: Ledger): JobRows {
  const here = and(eq(jobs.org_id, p('org')), eq(jobs.job_id, p('job_id')));
  const ofDevice = and(eq(jobs.org_id, p('org')), eq(jobs.device, p('device')));
  const entriesOf = and(eq(executionLogs.org_id, p('org')), eq(executionLogs.job_id, p('job_id')));
  const q = {
    byId: orm.select().from(jobs).where(here).prepare(),
    itens: orm
      .select()
      .from(jobItems)
      .where(and(eq(jobItems.org_id, p('org')), eq(jobItems.job_id, p('job_id'))))
      .orderBy(asc(jobItems.item_ordem))
      .prepare(),
    known: orm
      .select({
        org_id: jobItems.org_id,
        job_id: jobItems.job_id,
        item_ordem: jobItems.item_ordem,
        frasco: jobItems.frasco,
        tempero: jobItems.tempero,
        quantidade_mg: jobItems.quantidade_mg,
        reservado_mg: jobItems.reservado_mg,
        digest: executionLogs.digest,
      })
      .from(jobItems)
      .leftJoin(executionLogs, entryOfItem)
      .where(
        and(
          eq(jobItems.org_id, p('org')),
          eq(jobItems.job_id, p('job_id')),
          sql`${jobItems.item_ordem} in (select value from json_each(${p('itens')}))`,
        ),
      )
      .prepare(),
    words: orm
      .select({
        item_ordem: executionLogs.item_ordem,
        status: executionLogs.status,
        ms: executionLogs.ms,
        error: executionLogs.error,
        tardio: executionLogs.tardio,
        recebido_em: executionLogs.recebido_em,
      })
      .from(executionLogs)
      .where(entriesOf)
      .prepare(),
    failures: orm
      .select({ error: executionLogs.error, critico: jobItems.critico })
      .from(executionLogs)
      .innerJoin(
        jobItems,
        and(
          eq(jobItems.org_id, executionLogs.org_id),
          eq(jobItems.job_id, executionLogs.job_id),
          eq(jobItems.item_ordem, executionLogs.item_ordem),
        ),
      )
      .where(and(entriesOf, isNotNull(executionLogs.error)))
      .prepare(),
    entries: orm
      .select()
      .from(executionLogs)
      .where(entriesOf)
      .orderBy(asc(executionLogs.item_ordem))
      .prepare(),
    running: orm
      .select()
      .from(jobs)
      .where(and(ofDevice, hasStatus('running')))
      .prepare(),
    offered: orm
      .select()
      .from(jobs)
      .where(and(ofDevice, hasStatus('queued'), eq(jobs.fase, 'ofertado')))
      .prepare(),
    queue: orm
      .select()
      .from(jobs)
      .where(and(ofDevice, hasStatus('queued'), inArray(jobs.fase, ['na_fila', 'ofertado'])))
      .orderBy(asc(jobs.posicao), asc(jobs.job_id))
      .prepare(),
    change: orm
      .update(jobs)
      .set(columns(jobs, ...changing))
      .where(here)
      .prepare(),
    touch: orm
      .update(devices)
      .set({ versao: sqlPlusOne(devices.versao) })
      .where(and(eq(devices.org_id, p('org')), eq(devices.device, p('device'))))
      .prepare(),
    count: orm
      .update(jobs)
      .set(columns(jobs, ...counting))
      .where(here)
      .prepare(),
  };

  function* change(job: Job, patch: JobPatch, events = 1): Tx<Job> {
    const next: Job = { ...job, ...patch, versao: job.versao + 1, evento: job.evento + events };
    yield* run(q.change, { ...next, org: job.org_id });
    if (shownOnDevice.some((key) => next[key] !== job[key])) yield* touchDevice(job.org_id, job.device);
    return next;
  }

  function* touchDevice(org: string, device: string): Tx<void> {
    yield* run(q.touch, { org, device });
  }

  return {
    byId: (org, job_id) => get(q.byId, { org, job_id }),
    itens: (org, job_id) => all(q.itens, { org, job_id }),
    entries: (org, job_id) => all(q.entries, { org, job_id }),
    words: (org, job_id) => all(q.words, { org, job_id }),
    failures: (org, job_id) => all(q.failures, { org, job_id }),
    known: (org, job_id, itens) => all(q.known, { org, job_id, itens: JSON.stringify(itens) }),
    running: (org, device) => get(q.running, { org, device }),
    *current(org, device) {
      return (yield* get(q.running, { org, device })) ?? (yield* get(q.offered, { org, device }));
    },
    queue: (org, device) => all(q.queue, { org, device }),
    change,
    touchDevice,
    *count(job) {
      yield* run(q.count, { ...job, org: job.org_id });
    },
    *end(job, { status, motivo, at, fechado_a_forca = false, parado = false }, events) {
      const frascos = yield* ledger.release(job);
      const ended = yield* change(
        job,
        {
          status,
          motivo,
          fase: 'terminado',
          terminado_em: at,
          sem_noticias: false,
          fechado_a_forca,
          parado,
          itens_cancelados: job.total_itens - job.itens_completados - job.itens_falhados,
        },
        events,
      );
      return { job: ended, frascos };
    },
  };
}

/** {@link JobFacts} of a job. */
export const factsOf = (job: Job): JobFacts => ({
  org_id: job.org_id,
  job_id: job.job_id,
  device: job.device,
  seq: job.seq,
  receita: job.receita,
  receita_id: job.receita_id,
  status: job.status,
  motivo: job.motivo,
  criado_por: job.criado_por,
  itens_completados: job.itens_completados,
  itens_falhados: job.itens_falhados,
  itens_cancelados: job.itens_cancelados,
});

/** The answer to a complete. */
export function resultOf(job: Job): JobCompleteOut {
  const { job_id, status, itens_completados, itens_falhados, itens_cancelados } = job;
  return { ok: true, job_id, status, itens_completados, itens_falhados, itens_cancelados };
}
