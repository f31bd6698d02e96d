import {
  AppError,
  type ExecutionRow,
  gFromMg,
  type HistorySummary,
  type JobFase,
  type JobMetodo,
  type JobState,
  type JobStatus,
} from '@yaguts/shared';
import { and, asc, desc, eq, gte, inArray, isNotNull, lt, type SQL, sql } from 'drizzle-orm';
import { lastDays } from '../domain/days.ts';
import { hasStatus, type Job } from './job-rows.ts';
import type { StoreParts } from './parts.ts';
import { snapshotOf } from './project.ts';
import { executionLogs, frascos, jobItems, jobs, orgs } from './schema/index.ts';
import { all, get, p, type Reads, type Tx } from './transaction.ts';

/** Which executions; what is left out does not narrow. */
export interface HistoryFilter {
  /** From this moment of creation on. */
  readonly de?: number | undefined;
  /** Before this moment. */
  readonly ate?: number | undefined;
  readonly device?: string | undefined;
  readonly status?: JobStatus | undefined;
  readonly metodo?: JobMetodo | undefined;
  readonly user?: string | undefined;
  /** Part of the receita's name. */
  readonly receita?: string | undefined;
  /** The job pours this tempero. */
  readonly tempero?: string | undefined;
}

/** What rows may be sorted by: nothing else ever reaches ORDER BY. */
export const historySorts = ['criado_em', 'terminado_em', 'duracao', 'gramas'] as const;
export type HistorySort = (typeof historySorts)[number];

export interface HistoryPage {
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** `criado_em` by default. */
  readonly sort?: HistorySort | undefined;
  /** Descending by default: newest, longest, heaviest first. */
  readonly ascending?: boolean | undefined;
}
export interface JobsFilter extends Pick<HistoryFilter, 'device' | 'status' | 'user'> {
  readonly fase?: JobFase | undefined;
}
export interface Page<Row> {
  readonly rows: Row[];
  /** Goes back as `cursor`; null at the end. */
  readonly proximo: string | null;
}

export interface HistoryStore {
  /**
   * Every execution there was, also those that never finished.
   *
   * @throws AppError "invalid" for a cursor that is not one of ours
   */
  executionHistory(org: string, filter: HistoryFilter, page: HistoryPage): Promise<Page<ExecutionRow>>;
  /** Figures over the executions that match, and the 30 days that end today in the org's time zone. */
  historySummary(org: string, filter: HistoryFilter, now: number): Promise<HistorySummary>;
  /** Snapshots, newest first. @throws AppError as {@link executionHistory} */
  listJobs(
    org: string,
    filter: JobsFilter,
    page: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<Page<JobState>>;
}

// Drizzle writes columns without their table in a query of one table; in a subquery they would mean the inner
// table on both sides. So what ties a subquery to its outer row is written out.
const usedFrascos = sql<string>`coalesce((select group_concat(distinct i.frasco) from ${jobItems} i
  where i.org_id = jobs.org_id and i.job_id = jobs.job_id), '')`;
const duracao = sql<number | null>`${jobs.terminado_em} - ${jobs.iniciado_em}`;

const sortKeys: Readonly<Record<HistorySort, SQL<number>>> = {
  criado_em: sql`${jobs.criado_em}`,
  terminado_em: sql`coalesce(${jobs.terminado_em}, -1)`,
  duracao: sql`coalesce(${duracao}, -1)`,
  gramas: sql`${jobs.gramas_mg}`,
};

/** The newest executions whose entries the report delay is taken from: a sort of all of them has no bound. */
const delayJobs = 500;

const conditionsOf = (org: string, filter: HistoryFilter & JobsFilter): SQL | undefined =>
  and(
    eq(jobs.org_id, org),
    filter.de === undefined ? undefined : gte(jobs.criado_em, filter.de),
    filter.ate === undefined ? undefined : lt(jobs.criado_em, filter.ate),
    filter.device === undefined ? undefined : eq(jobs.device, filter.device),
    filter.status === undefined ? undefined : eq(jobs.status, filter.status),
    filter.fase === undefined ? undefined : eq(jobs.fase, filter.fase),
    filter.metodo === undefined ? undefined : eq(jobs.metodo, filter.metodo),
    filter.user === undefined ? undefined : eq(jobs.criado_por, filter.user),
    filter.receita === undefined
      ? undefined
      : sql`instr(lower(${jobs.receita}), lower(${filter.receita})) > 0`,
    filter.tempero === undefined
      ? undefined
      : sql`exists (select 1 from ${jobItems} i where i.org_id = jobs.org_id
          and i.job_id = jobs.job_id and i.tempero = ${filter.tempero})`,
  );

export function createHistory({ db, rows: jobRows }: StoreParts): HistoryStore {
  const { orm } = db;
  const ofOrg = orm
    .select({ fuso: orgs.fuso })
    .from(orgs)
    .where(eq(orgs.org_id, p('org')))
    .prepare();

  /** One row more than asked tells whether there is a next page. */
  function* page<Row extends { job: Job; key: number }>(
    query: Reads<Row>,
    limit: number,
  ): Tx<{ found: Row[]; proximo: string | null }> {
    const rows = yield* all(query);
    const found = rows.slice(0, limit);
    const last = found.at(-1);
    return { found, proximo: rows.length > limit && last ? cursorOf(last.key, last.job.job_id) : null };
  }

  function* dias(org: string, filter: HistoryFilter, now: number, fuso: string): Tx<HistorySummary['dias']> {
    const days = lastDays(now, 30, fuso);
    const whole = { ...filter, de: days[0]?.de, ate: days.at(-1)?.ate };
    const ends = days.map(({ ate }, i) => sql`when ${jobs.criado_em} < ${ate} then ${sql.raw(String(i))}`);
    const day = sql<number>`case ${sql.join(ends, sql` `)} end`;
    const counted = orm
      .select({ day, status: jobs.status, n: sql<number>`count(*)` })
      .from(jobs)
      .where(conditionsOf(org, whole))
      .groupBy(sql`1`, jobs.status);
    const figures = days.map(({ dia }) => ({
      dia,
      done: 0,
      done_partial: 0,
      failed: 0,
      canceled: 0,
      outros: 0,
    }));
    for (const { day: i, status, n } of yield* all(counted)) {
      const of = figures[i];
      if (of) of[status === 'queued' || status === 'running' ? 'outros' : status] += n;
    }
    return figures;
  }

  /** All that is counted and summed over the executions that match, in one way through the index. */
  function* totals(org: string, filter: HistoryFilter) {
    const having = (status: JobStatus) => sql<number>`coalesce(sum(${hasStatus(status)}), 0)`;
    const found = yield* get(
      orm
        .select({
          total: sql<number>`count(*)`,
          done: having('done'),
          partial: having('done_partial'),
          failed: having('failed'),
          stopped: sql<number>`coalesce(sum(${jobs.parado} and ${jobs.status} in ('done_partial', 'failed')), 0)`,
          meanMs: sql<number | null>`avg(${duracao})`,
          mg: sql<number>`coalesce(sum(${jobs.gramas_mg}), 0)`,
          interrompidos: sql<number>`coalesce(sum(${jobs.interrompidos}), 0)`,
        })
        .from(jobs)
        .where(conditionsOf(org, filter)),
    );
    return (
      found ?? { total: 0, done: 0, partial: 0, failed: 0, stopped: 0, meanMs: null, mg: 0, interrompidos: 0 }
    );
  }

  /** How late 95 % of the entries of the newest executions that match arrived. */
  function* reportDelay(org: string, filter: HistoryFilter): Tx<number | null> {
    const newest = orm
      .select({ job_id: jobs.job_id })
      .from(jobs)
      .where(conditionsOf(org, filter))
      .orderBy(desc(jobs.criado_em))
      .limit(delayJobs);
    const delay = sql<number>`${executionLogs.recebido_em} - ${executionLogs.ts}`;
    const ranked = orm
      .select({
        delay: delay.as('delay'),
        place: sql<number>`row_number() over (order by ${delay})`.as('place'),
        n: sql<number>`count(*) over ()`.as('n'),
      })
      .from(executionLogs)
      .where(
        and(
          eq(executionLogs.org_id, org),
          inArray(executionLogs.job_id, newest),
          isNotNull(executionLogs.ts),
        ),
      )
      .as('ranked');
    const found = yield* get(
      orm
        .select({ delay: ranked.delay })
        .from(ranked)
        .where(sql`${ranked.place} = (${ranked.n} * 95 + 99) / 100`),
    );
    // A clock that runs ahead must not make a report come before it was sent.
    return found ? Math.max(0, found.delay) : null;
  }

  /**
   * The share of frascos whose saldo is what the last row of their ledger says: 1, or something is broken. The
   * sum of all rows is what `verify-database` holds it to; here it would read a million of them for each card.
   */
  function* exactShare(org: string, device: string | undefined): Tx<number | null> {
    const query = orm
      .select({
        n: sql<number>`count(*)`,
        exact: sql<number>`coalesce(sum(${frascos.saldo_mg} = coalesce((select m.saldo_mg from estoque_mov m
          where m.org_id = frascos.org_id and m.device = frascos.device and m.frasco = frascos.frasco
          order by m.id desc limit 1), 0)), 0)`,
      })
      .from(frascos)
      .where(and(eq(frascos.org_id, org), device === undefined ? undefined : eq(frascos.device, device)));
    const found = yield* get(query);
    return found && found.n > 0 ? found.exact / found.n : null;
  }

  return {
    executionHistory: (org, filter, { limit, cursor, sort = 'criado_em', ascending = false }) => {
      const key = sortKeys[sort];
      const order = [ascending ? asc(key) : desc(key), ascending ? asc(jobs.job_id) : desc(jobs.job_id)];
      // First which ones, which the index answers alone; then the rows of those few.
      const matching = orm
        .select({ job_id: jobs.job_id })
        .from(jobs)
        .where(and(conditionsOf(org, filter), after(key, cursor, ascending)))
        .orderBy(...order)
        .limit(limit + 1);
      const query = orm
        .select({ job: jobs, key, frascos: usedFrascos })
        .from(jobs)
        .where(inArray(jobs.job_id, matching))
        .orderBy(...order);
      return db.read(function* () {
        const { found, proximo } = yield* page(query, limit);
        return { rows: found.map(executionRowOf), proximo };
      });
    },
    historySummary: (org, filter, now) =>
      db.read(function* () {
        const fuso = (yield* get(ofOrg, { org }))?.fuso ?? 'UTC';
        const { total, done, partial, failed, stopped, meanMs, mg, interrompidos } = yield* totals(
          org,
          filter,
        );
        // Whoever stops an execution has not seen the device fail.
        const ran = done + partial + failed - stopped;
        return {
          total,
          sucesso: done,
          parados: stopped,
          taxa_sucesso: ran === 0 ? null : done / ran,
          duracao_media_ms: meanMs,
          interrompidos,
          gramas: gFromMg(mg),
          atraso_p95_ms: yield* reportDelay(org, filter),
          estoque_exato: yield* exactShare(org, filter.device),
          fuso,
          dias: yield* dias(org, filter, now, fuso),
        };
      }),
    listJobs: (org, filter, { limit, cursor }) => {
      const key = sql<number>`${jobs.job_id}`;
      const query = orm
        .select({ job: jobs, key })
        .from(jobs)
        .where(and(conditionsOf(org, filter), after(key, cursor, false)))
        .orderBy(desc(jobs.job_id))
        .limit(limit + 1);
      return db.read(function* () {
        const { found, proximo } = yield* page(query, limit);
        const states: JobState[] = [];
        for (const { job } of found) {
          const itens = yield* jobRows.itens(org, job.job_id);
          states.push(snapshotOf(job, itens, yield* jobRows.entries(org, job.job_id)));
        }
        return { rows: states, proximo };
      });
    },
  };
}

const cursorOf = (key: number, jobId: number): string =>
  Buffer.from(JSON.stringify([key, jobId])).toString('base64url');

/** Rows behind the cursor, in the order of the sort. */
function after(key: SQL<number>, cursor: string | undefined, ascending: boolean): SQL | undefined {
  if (cursor === undefined) return undefined;
  const [at, jobId] = readCursor(cursor);
  // The first half alone is what an index can start from.
  return ascending
    ? sql`(${key} >= ${at} and (${key} > ${at} or ${jobs.job_id} > ${jobId}))`
    : sql`(${key} <= ${at} and (${key} < ${at} or ${jobs.job_id} < ${jobId}))`;
}

function readCursor(cursor: string): [number, number] {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    parts = undefined;
  }
  if (Array.isArray(parts) && parts.length === 2 && parts.every((part) => Number.isSafeInteger(part))) {
    return parts as [number, number];
  }
  const faults = [{ path: 'cursor', message: 'is none of ours; begin without one' }];
  throw new AppError('invalid', undefined, { faults });
}

function executionRowOf({ job, frascos: used }: { job: Job; frascos: string }): ExecutionRow {
  return {
    job_id: job.job_id,
    device: job.device,
    receita: job.receita,
    receita_id: job.receita_id,
    multiplicador: job.multiplicador_milesimos / 1_000,
    status: job.status,
    motivo: job.motivo,
    metodo: job.metodo,
    criado_por: job.criado_por,
    criado_em: job.criado_em,
    iniciado_em: job.iniciado_em,
    terminado_em: job.terminado_em,
    duracao_ms:
      job.terminado_em !== null && job.iniciado_em !== null ? job.terminado_em - job.iniciado_em : null,
    frascos:
      used === ''
        ? []
        : used
            .split(',')
            .map(Number)
            .sort((a, b) => a - b),
    gramas: gFromMg(job.gramas_mg),
    itens_completados: job.itens_completados,
    itens_falhados: job.itens_falhados,
    itens_cancelados: job.itens_cancelados,
    fw_version: job.fw_version,
    nota: job.nota,
  };
}
