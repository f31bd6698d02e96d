import type { JobStatus } from '@yaguts/shared';
import { and, asc, eq, inArray } from 'drizzle-orm';
import type { Ledger } from './ledger.ts';
import type { Orm } from './open.ts';
import { executionLogs, jobItems, jobs } from './schema/index.ts';
import { all, columns, get, p, run, type Tx } from './transaction.ts';

export type Job = typeof jobs.$inferSelect;
export type JobItem = typeof jobItems.$inferSelect;
export type Entry = typeof executionLogs.$inferSelect;

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
  'nota',
  'itens_completados',
  'itens_falhados',
  'itens_cancelados',
] as const satisfies readonly (keyof Job)[];
export type JobPatch = Partial<Omit<Pick<Job, (typeof changing)[number]>, 'versao' | 'evento'>>;

export interface JobRows {
  byId(org: string, job_id: number): Tx<Job | undefined>;
  itens(org: string, job_id: number): Tx<JobItem[]>;
  entries(org: string, job_id: number): Tx<Entry[]>;
  item(org: string, job_id: number, item_ordem: number): Tx<JobItem | undefined>;
  entry(org: string, job_id: number, item_ordem: number): Tx<Entry | undefined>;
  /** The job that the device is running or has been offered; at most one. */
  current(org: string, device: string): Tx<Job | undefined>;
  /** Waiting jobs of a device in the order of its queue, those that await approval left out. */
  queue(org: string, device: string): Tx<Job[]>;
  /**
   * Writes a change and gives it a new `versao` and `events` numbers on `jobs/{job_id}/events` (one by
   * default: what {@link publishJob} tells as `state`).
   */
  change(job: Job, patch: JobPatch, events?: number): Tx<Job>;
  /** Ends a job: `terminado`, reservations given back, items without an entry counted as canceled. */
  end(
    job: Job,
    how: { status: JobStatus; motivo: string | null; at: number; fechado_a_forca?: boolean },
    events?: number,
  ): Tx<{ job: Job; frascos: number[] }>;
}

/** Reading and changing jobs inside a transaction. */
export function createJobRows(orm: Orm, ledger: Ledger): JobRows {
  const here = and(eq(jobs.org_id, p('org')), eq(jobs.job_id, p('job_id')));
  const ofDevice = and(eq(jobs.org_id, p('org')), eq(jobs.device, p('device')));
  const q = {
    byId: orm.select().from(jobs).where(here).prepare(),
    itens: orm
      .select()
      .from(jobItems)
      .where(and(eq(jobItems.org_id, p('org')), eq(jobItems.job_id, p('job_id'))))
      .orderBy(asc(jobItems.item_ordem))
      .prepare(),
    item: orm
      .select()
      .from(jobItems)
      .where(
        and(
          eq(jobItems.org_id, p('org')),
          eq(jobItems.job_id, p('job_id')),
          eq(jobItems.item_ordem, p('item_ordem')),
        ),
      )
      .prepare(),
    entry: orm
      .select()
      .from(executionLogs)
      .where(
        and(
          eq(executionLogs.org_id, p('org')),
          eq(executionLogs.job_id, p('job_id')),
          eq(executionLogs.item_ordem, p('item_ordem')),
        ),
      )
      .prepare(),
    entries: orm
      .select()
      .from(executionLogs)
      .where(and(eq(executionLogs.org_id, p('org')), eq(executionLogs.job_id, p('job_id'))))
      .orderBy(asc(executionLogs.item_ordem))
      .prepare(),
    running: orm
      .select()
      .from(jobs)
      .where(and(ofDevice, eq(jobs.status, 'running')))
      .prepare(),
    offered: orm
      .select()
      .from(jobs)
      .where(and(ofDevice, eq(jobs.status, 'queued'), eq(jobs.fase, 'ofertado')))
      .prepare(),
    queue: orm
      .select()
      .from(jobs)
      .where(and(ofDevice, eq(jobs.status, 'queued'), inArray(jobs.fase, ['na_fila', 'ofertado'])))
      .orderBy(asc(jobs.posicao), asc(jobs.job_id))
      .prepare(),
    change: orm
      .update(jobs)
      .set(columns(jobs, ...changing))
      .where(here)
      .prepare(),
  };

  function* change(job: Job, patch: JobPatch, events = 1): Tx<Job> {
    const next: Job = { ...job, ...patch, versao: job.versao + 1, evento: job.evento + events };
    yield* run(q.change, { ...next, org: job.org_id });
    return next;
  }

  return {
    byId: (org, job_id) => get(q.byId, { org, job_id }),
    itens: (org, job_id) => all(q.itens, { org, job_id }),
    entries: (org, job_id) => all(q.entries, { org, job_id }),
    item: (org, job_id, item_ordem) => get(q.item, { org, job_id, item_ordem }),
    entry: (org, job_id, item_ordem) => get(q.entry, { org, job_id, item_ordem }),
    *current(org, device) {
      return (yield* get(q.running, { org, device })) ?? (yield* get(q.offered, { org, device }));
    },
    queue: (org, device) => all(q.queue, { org, device }),
    change,
    *end(job, { status, motivo, at, fechado_a_forca = false }, events) {
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
          itens_cancelados: job.total_itens - job.itens_completados - job.itens_falhados,
        },
        events,
      );
      return { job: ended, frascos };
    },
  };
}
