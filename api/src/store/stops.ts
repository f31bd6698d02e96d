import { AppError, limits } from '@yaguts/shared';
import { and, asc, eq, inArray, isNotNull, isNull, lt, lte, sql } from 'drizzle-orm';
import { finalStatus, isTerminal } from '../domain/job-status.ts';
import { type Act, actRow } from './audit.ts';
import { hasStatus, type Job } from './job-rows.ts';
import type { JobTouched } from './orders.ts';
import type { StoreParts } from './parts.ts';
import { devices, jobs } from './schema/index.ts';
import { all, p, type Tx } from './transaction.ts';

/** A wish to cancel as it is sent to the device. */
export interface CancelWish {
  readonly id: string;
  readonly motivo: string;
  readonly expiraEm: number;
}

export interface StopsStore {
  /**
   * Cancels a job. One that waits or is offered ends here; one that runs is asked to stop, and its device
   * decides. Asked again while it is being asked, the first wish stands.
   *
   * @throws AppError "terminal", "not_found"
   */
  cancelJob(org: string, jobId: number, wish: CancelWish, act: Act): Promise<JobTouched>;
  /**
   * Ends a running job without its device. No entry is invented: late ones still count, as `tardio`.
   *
   * @throws AppError "conflict" when it does not run, "terminal", "not_found"
   */
  closeJob(org: string, jobId: number, motivo: string, act: Act): Promise<JobTouched>;
  /** Job numbers of an org that wait, are offered or run. */
  openJobs(org: string): Promise<number[]>;
  /** How many jobs await approval. */
  awaitingJobs(org: string): Promise<{ device: string; criado_por: string | null }[]>;
  /** A job that has ended can still be written on. @throws AppError "not_found" */
  noteJob(org: string, jobId: number, nota: string, act: Act): Promise<Job>;
  /** Sets `pausado` or `dispensando` on a running job, as its device has said. */
  setPaused(org: string, jobId: number, pausado: boolean, em: number): Promise<Job | undefined>;
  /** Ends queued jobs whose time is over, in every org, at most 200 at once. */
  expireJobs(now: number): Promise<JobTouched[]>;
  /** Flags running jobs whose device has said nothing for the item's planned time and 30 s. */
  flagSilent(now: number): Promise<Job[]>;
  /**
   * Wishes to cancel without an answer: those to send again, to devices that are connected, and those given up
   * (the job runs on).
   */
  openCancels(now: number): Promise<{ resend: Job[]; givenUp: Job[] }>;
}

export function createStops({ db, audit, rows }: StoreParts): StopsStore {
  const { orm } = db;
  const heard = sql`coalesce(${jobs.noticia_em}, ${jobs.iniciado_em}, ${jobs.criado_em})`;
  const q = {
    open: orm
      .select({ job_id: jobs.job_id })
      .from(jobs)
      .where(and(eq(jobs.org_id, p('org')), inArray(jobs.status, ['queued', 'running'])))
      .orderBy(asc(jobs.job_id))
      .prepare(),
    awaiting: orm
      .select({ device: jobs.device, criado_por: jobs.criado_por })
      .from(jobs)
      .where(and(eq(jobs.org_id, p('org')), hasStatus('queued'), eq(jobs.fase, 'aguardando_aprovacao')))
      .prepare(),
    expired: orm
      .select()
      .from(jobs)
      .where(and(hasStatus('queued'), lte(jobs.expira_em, p('now'))))
      .orderBy(asc(jobs.job_id))
      .limit(limits.pageRows)
      .prepare(),
    silent: orm
      .select()
      .from(jobs)
      .where(
        and(
          hasStatus('running'),
          eq(jobs.sem_noticias, false),
          inArray(jobs.fase, ['dispensando', 'cancelando']),
          lt(heard, p('before')),
        ),
      )
      .prepare(),
    // With `motivo` the device has accepted: the entries that end the job are on their way.
    canceling: orm
      .select({ job: jobs, presence: devices.presence })
      .from(jobs)
      .innerJoin(devices, and(eq(devices.org_id, jobs.org_id), eq(devices.device, jobs.device)))
      .where(
        and(
          hasStatus('running'),
          eq(jobs.fase, 'cancelando'),
          isNotNull(jobs.cancel_id),
          isNull(jobs.motivo),
        ),
      )
      .prepare(),
  };

  function* openJob(org: string, jobId: number): Tx<Job> {
    const job = yield* rows.byId(org, jobId);
    if (!job) throw new AppError('not_found', `There is no job ${jobId}`);
    if (isTerminal(job.status)) throw new AppError('terminal', `Job ${jobId} has ended: ${job.status}`);
    return job;
  }

  return {
    cancelJob: (org, jobId, { id, motivo, expiraEm }, act) =>
      db.write(function* (): Tx<JobTouched> {
        const job = yield* openJob(org, jobId);
        if (job.status === 'running' && job.fase === 'cancelando') return { job, frascos: [] };
        yield* audit(
          org,
          actRow(act, 'job.cancel', `job:${jobId}`, { antes: { fase: job.fase }, depois: { motivo } }),
        );
        if (job.status === 'queued') {
          const said = motivo === '' ? job : yield* rows.change(job, { comentario: motivo }, 0);
          return yield* rows.end(said, { status: 'canceled', motivo: 'cancelado', at: act.em });
        }
        const patch = { cancel_id: id, cancel_motivo: motivo, cancel_expira_em: expiraEm };
        return { job: yield* rows.change(job, { ...patch, fase: 'cancelando' }), frascos: [] };
      }),
    closeJob: (org, jobId, motivo, act) =>
      db.write(function* () {
        const job = yield* openJob(org, jobId);
        if (job.status !== 'running') throw new AppError('conflict', `Job ${jobId} does not run; cancel it`);
        yield* audit(
          org,
          actRow(act, 'job.close', `job:${jobId}`, { antes: { fase: job.fase }, depois: { motivo } }),
        );
        const said = motivo === '' ? job : yield* rows.change(job, { comentario: motivo }, 0);
        const status = finalStatus(said, said.total_itens);
        return yield* rows.end(said, {
          status,
          motivo: 'fechado_a_forca',
          at: act.em,
          fechado_a_forca: true,
          parado: true,
        });
      }),
    openJobs: async (org) => (await db.read(() => all(q.open, { org }))).map(({ job_id }) => job_id),
    awaitingJobs: (org) => db.read(() => all(q.awaiting, { org })),
    noteJob: (org, jobId, nota, act) =>
      db.write(function* () {
        const job = yield* rows.byId(org, jobId);
        if (!job) throw new AppError('not_found', `There is no job ${jobId}`);
        yield* audit(org, actRow(act, 'job.note', `job:${jobId}`, { antes: job.nota, depois: nota }));
        return yield* rows.change(job, { nota: nota === '' ? null : nota });
      }),
    setPaused: (org, jobId, pausado, em) =>
      db.write(function* () {
        const job = yield* rows.byId(org, jobId);
        const from = pausado ? 'dispensando' : 'pausado';
        if (job?.status !== 'running' || job.fase !== from) return undefined;
        return yield* rows.change(job, { fase: pausado ? 'pausado' : 'dispensando', noticia_em: em });
      }),
    expireJobs: (now) =>
      db.write(function* () {
        const ended: JobTouched[] = [];
        for (const job of yield* all(q.expired, { now })) {
          ended.push(yield* rows.end(job, { status: 'canceled', motivo: 'expirado', at: now }));
        }
        return ended;
      }),
    flagSilent: (now) =>
      db.write(function* () {
        const flagged: Job[] = [];
        for (const job of yield* all(q.silent, { before: now - limits.stepSilenceMs })) {
          const settled = new Set(
            (yield* rows.entries(job.org_id, job.job_id)).map((entry) => entry.item_ordem),
          );
          const pending = (yield* rows.itens(job.org_id, job.job_id)).filter(
            (item) => !settled.has(item.item_ordem),
          );
          // A firmware v0.2 (no journal) says nothing until its complete: it may be silent for the whole job.
          const within = job.journal_id === null ? pending : pending.slice(0, 1);
          const plannedMs = within.reduce((sum, item) => sum + item.ms, 0);
          const lastWord = job.noticia_em ?? job.iniciado_em ?? job.criado_em;
          if (lastWord + plannedMs + limits.stepSilenceMs >= now) continue;
          flagged.push(yield* rows.change(job, { sem_noticias: true }));
        }
        return flagged;
      }),
    openCancels: (now) =>
      db.write(function* () {
        const resend: Job[] = [];
        const givenUp: Job[] = [];
        for (const { job, presence } of yield* all(q.canceling)) {
          if ((job.cancel_expira_em ?? 0) > now) {
            if (presence === 'online') resend.push(job);
            continue;
          }
          const forgotten = { cancel_id: null, cancel_motivo: null, cancel_expira_em: null };
          givenUp.push(yield* rows.change(job, { ...forgotten, fase: 'dispensando' }));
        }
        return { resend, givenUp };
      }),
  };
}
