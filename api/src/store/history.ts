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
import { and, asc, desc, eq, gte, lt, type SQL, sql } from 'drizzle-orm';
import { lastDays } from '../domain/days.ts';
import type { Job } from './job-rows.ts';
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
const gramasMg = sql<number>`coalesce((select sum(e.quantidade_mg) from ${executionLogs} e
  where e.org_id = jobs.org_id and e.job_id = jobs.job_id and e.status = 'done'), 0)`;
const usedFrascos = sql<string>`coalesce((select group_concat(distinct i.frasco) from ${jobItems} i
  where i.org_id = jobs.org_id and i.job_id = jobs.job_id), '')`;
const duracao = sql<number | null>`${jobs.terminado_em} - ${jobs.iniciado_em}`;

const sortKeys: Readonly<Record<HistorySort, SQL<number>>> = {
  criado_em: sql`${jobs.criado_em}`,
  terminado_em: sql`coalesce(${jobs.terminado_em}, -1)`,
  duracao: sql`coalesce(${duracao}, -1)`,
  gramas: gramasMg,
};

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
    const days: HistorySummary['dias'] = [];
    for (const { dia, de, ate } of lastDays(now, 30, fuso)) {
      const counts = yield* countByStatus(org, { ...filter, de, ate });
      const { done = 0, done_partial = 0, failed = 0, canceled = 0, queued = 0, running = 0 } = counts;
      days.push({ dia, done, done_partial, failed, canceled, outros: queued + running });
    }
    return days;
  }

  function* countByStatus(org: string, filter: HistoryFilter): Tx<Partial<Record<JobStatus, number>>> {
    const query = orm
      .select({ status: jobs.status, n: sql<number>`count(*)` })
      .from(jobs)
      .where(conditionsOf(org, filter))
      .groupBy(jobs.status);
    return Object.fromEntries((yield* all(query)).map(({ status, n }) => [status, n]));
  }

  /** Entries of the executions that match. */
  const entriesWhere = (org: string, filter: HistoryFilter, more: SQL) =>
    and(
      eq(executionLogs.org_id, org),
      more,
      sql`exists (select 1 from ${jobs} where jobs.org_id = execution_logs.org_id
        and jobs.job_id = execution_logs.job_id and ${conditionsOf(org, filter)})`,
    );

  function* reportDelay(org: string, filter: HistoryFilter): Tx<number | null> {
    const delay = sql<number>`${executionLogs.recebido_em} - ${executionLogs.ts}`;
    const where = entriesWhere(org, filter, sql`${executionLogs.ts} is not null`);
    const counted = yield* get(orm.select({ n: sql<number>`count(*)` }).from(executionLogs).where(where));
    const n = counted?.n ?? 0;
    if (n === 0) return null;
    const at = Math.ceil(n * 0.95) - 1;
    const found = yield* get(
      orm.select({ delay }).from(executionLogs).where(where).orderBy(asc(delay)).limit(1).offset(at),
    );
    // A clock that runs ahead must not make a report come before it was sent.
    return Math.max(0, found?.delay ?? 0);
  }

  function* entryFigures(org: string, filter: HistoryFilter): Tx<{ mg: number; interrompidos: number }> {
    const query = orm
      .select({
        mg: sql<number>`coalesce(sum(case when ${executionLogs.status} = 'done' then ${executionLogs.quantidade_mg} end), 0)`,
        interrompidos: sql<number>`coalesce(sum(${executionLogs.error} like 'interrompido%'), 0)`,
      })
      .from(executionLogs)
      .where(entriesWhere(org, filter, sql`1`));
    return (yield* get(query)) ?? { mg: 0, interrompidos: 0 };
  }

  /** The share of frascos whose saldo is the sum of their ledger: 1, or something is broken. */
  function* exactShare(org: string, device: string | undefined): Tx<number | null> {
    const query = orm
      .select({
        n: sql<number>`count(*)`,
        exact: sql<number>`coalesce(sum(${frascos.saldo_mg} = coalesce((select sum(m.quantidade_mg) from estoque_mov m
          where m.org_id = frascos.org_id and m.device = frascos.device and m.frasco = frascos.frasco), 0)), 0)`,
      })
      .from(frascos)
      .where(and(eq(frascos.org_id, org), device === undefined ? undefined : eq(frascos.device, device)));
    const found = yield* get(query);
    return found && found.n > 0 ? found.exact / found.n : null;
  }

  return {
    executionHistory: (org, filter, { limit, cursor, sort = 'criado_em', ascending = false }) => {
      const key = sortKeys[sort];
      const query = orm
        .select({ job: jobs, key, gramas: gramasMg, frascos: usedFrascos })
        .from(jobs)
        .where(and(conditionsOf(org, filter), after(key, cursor, ascending)))
        .orderBy(ascending ? asc(key) : desc(key), ascending ? asc(jobs.job_id) : desc(jobs.job_id))
        .limit(limit + 1);
      return db.read(function* () {
        const { found, proximo } = yield* page(query, limit);
        return { rows: found.map(executionRowOf), proximo };
      });
    },
    historySummary: (org, filter, now) =>
      db.read(function* () {
        const fuso = (yield* get(ofOrg, { org }))?.fuso ?? 'UTC';
        const counts = yield* countByStatus(org, filter);
        const { done = 0, done_partial = 0, failed = 0 } = counts;
        const ran = done + done_partial + failed;
        const mean = yield* get(
          orm
            .select({ ms: sql<number | null>`avg(${duracao})` })
            .from(jobs)
            .where(conditionsOf(org, filter)),
        );
        const { mg, interrompidos } = yield* entryFigures(org, filter);
        return {
          total: Object.values(counts).reduce((sum, n) => sum + n, 0),
          sucesso: done,
          taxa_sucesso: ran === 0 ? null : done / ran,
          duracao_media_ms: mean?.ms ?? null,
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
  return ascending
    ? sql`(${key} > ${at} or (${key} = ${at} and ${jobs.job_id} > ${jobId}))`
    : sql`(${key} < ${at} or (${key} = ${at} and ${jobs.job_id} < ${jobId}))`;
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

function executionRowOf({
  job,
  gramas,
  frascos: used,
}: {
  job: Job;
  gramas: number;
  frascos: string;
}): ExecutionRow {
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
    gramas: gFromMg(gramas),
    itens_completados: job.itens_completados,
    itens_falhados: job.itens_falhados,
    itens_cancelados: job.itens_cancelados,
    fw_version: job.fw_version,
    nota: job.nota,
  };
}
