import {
  AppError,
  type ExecutionRow,
  ExecutionRow as ExecutionRowSchema,
  HistorySummary,
  Id,
  JobDetail,
  JobState,
  jobFases,
  jobMetodos,
  jobStatuses,
  limits,
} from '@yaguts/shared';
import { type Context, Hono } from 'hono';
import * as v from 'valibot';
import { type HistoryFilter, historySorts } from '../store/history.ts';
import { needs, person } from './access.ts';
import { csvLine } from './csv.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { sendPages } from './pages-out.ts';
import { period, periodOf } from './period.ts';
import { numberParam, pageSize, query, rowsOf } from './validate.ts';

const shortText = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const cursor = v.optional(v.pipe(v.string(), v.maxLength(200)));
const filter = {
  ...period,
  device: v.optional(Id),
  status: v.optional(v.picklist(jobStatuses)),
  metodo: v.optional(v.picklist(jobMetodos)),
  user: v.optional(shortText),
  receita: v.optional(shortText),
  tempero: v.optional(shortText),
};
type Filter = v.InferOutput<v.ObjectSchema<typeof filter, undefined>>;

/** Jobs as they are, and the history of what was run. */
export function jobListRoutes(deps: HttpDeps): Routes {
  return new Hono<Env>()
    .get(
      '/api/jobs',
      describe('jobs', 'Jobs, newest first', { answer: rowsOf(JobState) }),
      needs('jobs:view'),
      query({
        status: v.optional(v.picklist(jobStatuses)),
        fase: v.optional(v.picklist(jobFases)),
        device: v.optional(Id),
        user: v.optional(shortText),
        limit: pageSize,
        cursor,
      }),
      async (c) => {
        const { limit, cursor: at, ...wanted } = c.req.valid('query');
        return c.json(await deps.store.listJobs(person(c).org, wanted, { limit, cursor: at }));
      },
    )
    .get(
      '/api/jobs/:id',
      describe('jobs', 'A job with its execution_logs', { answer: JobDetail, errors: ['not_found'] }),
      needs('jobs:view'),
      async (c) => {
        const { org } = person(c);
        const jobId = numberParam(c, 'id');
        const state = await deps.store.jobState(org, jobId);
        if (!state) throw new AppError('not_found', `There is no job ${jobId}`);
        const [execution_logs, repeticoes] = await Promise.all([
          deps.store.storedEntries(org, jobId),
          deps.store.repetitionsOf(org, jobId),
        ]);
        return c.json({ ...state, execution_logs, repeticoes });
      },
    )
    .get(
      '/api/agent-tasks/execution-history',
      describe('history', 'Every execution there was, also those that never finished', {
        answer: rowsOf(ExecutionRowSchema),
        more: 'With `formato=csv` all rows that match, as a file; `de` and `ate` are days in the org’s time zone (both counted in) or moments in epoch milliseconds.',
      }),
      needs('history:view'),
      query({
        ...filter,
        sort: v.optional(v.picklist(historySorts), 'criado_em'),
        ordem: v.optional(v.picklist(['asc', 'desc']), 'desc'),
        formato: v.optional(v.picklist(['json', 'csv']), 'json'),
        limit: pageSize,
        cursor,
      }),
      async (c) => {
        const { sort, ordem, formato, limit, cursor: at, ...said } = c.req.valid('query');
        const { org } = person(c);
        const wanted = await filterOf(deps, org, said);
        const order = { sort, ascending: ordem === 'asc' };
        if (formato === 'csv')
          return sendCsv(c, (cursor) =>
            deps.store.executionHistory(org, wanted, { ...order, limit: limits.pageRows, cursor }),
          );
        return c.json(await deps.store.executionHistory(org, wanted, { ...order, limit, cursor: at }));
      },
    )
    .get(
      '/api/history/summary',
      describe('history', 'Cards, and 30 days that end today', { answer: HistorySummary }),
      needs('history:view'),
      query(filter),
      async (c) => {
        const { org } = person(c);
        const wanted = await filterOf(deps, org, c.req.valid('query'));
        return c.json(await deps.store.historySummary(org, wanted, deps.now()));
      },
    );
}

async function filterOf(deps: HttpDeps, org: string, { de, ate, ...rest }: Filter): Promise<HistoryFilter> {
  return { ...rest, ...(await periodOf(deps, org, { de, ate })) };
}

const columns = [
  'job_id',
  'criado_em',
  'iniciado_em',
  'terminado_em',
  'duracao_ms',
  'device',
  'receita',
  'multiplicador',
  'status',
  'motivo',
  'metodo',
  'criado_por',
  'frascos',
  'gramas',
  'itens_completados',
  'itens_falhados',
  'itens_cancelados',
  'fw_version',
  'nota',
] as const satisfies readonly (keyof ExecutionRow)[];
const times: ReadonlySet<string> = new Set(['criado_em', 'iniciado_em', 'terminado_em']);
const cellOf = (row: ExecutionRow, column: (typeof columns)[number]): unknown => {
  const value = row[column];
  return times.has(column) && typeof value === 'number' ? new Date(value).toISOString() : value;
};

const sendCsv = (
  c: Context<Env>,
  page: (cursor: string | undefined) => Promise<{ rows: ExecutionRow[]; proximo: string | null }>,
): Response =>
  sendPages(
    c,
    { name: 'historico.csv', type: 'text/csv; charset=utf-8', head: csvLine(columns), tail: '' },
    page,
    (row) => csvLine(columns.map((column) => cellOf(row, column))),
  );
