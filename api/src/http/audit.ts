import { limits } from '@yaguts/shared';
import { type Context, Hono } from 'hono';
import * as v from 'valibot';
import type { AuditFilter } from '../store/audit.ts';
import type { StoredAudit } from '../store/chain.ts';
import { needs, person } from './access.ts';
import { csvLine } from './csv.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { sendPages } from './pages-out.ts';
import { period, periodOf } from './period.ts';
import { cursorNumber, pageOfRows, pageSize, query, rowsOf } from './validate.ts';

const AuditRow = v.object({
  n: v.number(),
  em: v.number(),
  quem: v.string(),
  acao: v.string(),
  alvo: v.string(),
  endereco: v.string(),
  antes: v.unknown(),
  depois: v.unknown(),
  prev: v.string(),
  hash: v.string(),
});
type AuditRow = v.InferOutput<typeof AuditRow>;
/** `broken` is the first row that does not fit its chain, null when all do; `forgotten` older rows were let go. */
const Verdict = v.object({
  rows: v.number(),
  n: v.number(),
  head: v.string(),
  forgotten: v.number(),
  broken: v.nullable(v.number()),
});

const shortText = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(64));
const filter = {
  quem: v.optional(shortText),
  /** The act (`user.change`) or its noun (`user`). */
  acao: v.optional(shortText),
  alvo: v.optional(shortText),
  ...period,
};
type Said = v.InferOutput<v.ObjectSchema<typeof filter, undefined>>;

const csvColumns = ['n', 'em', 'quem', 'endereco', 'acao', 'alvo', 'antes', 'depois', 'hash'] as const;

/** Who did what to what: searched, taken out, verified. */
export function auditRoutes(deps: HttpDeps): Routes {
  const filterOf = async (org: string, { de, ate, ...rest }: Said): Promise<AuditFilter> => ({
    ...rest,
    ...(await periodOf(deps, org, { de, ate })),
  });
  const pages = (org: string, wanted: AuditFilter) => async (cursor: string | undefined) => {
    const before = cursor === undefined ? undefined : Number(cursor);
    const rows = await deps.store.listAudit(org, { limit: limits.pageRows, before }, wanted);
    const page = pageOfRows(rows, limits.pageRows, (row) => row.n);
    return { ...page, rows: page.rows.map(rowOf) };
  };

  return new Hono<Env>()
    .get(
      '/api/audit',
      describe('audit', 'Who did what, newest first', { answer: rowsOf(AuditRow) }),
      needs('audit:view'),
      query({ ...filter, limit: pageSize, cursor: cursorNumber }),
      async (c) => {
        const { limit, cursor, ...said } = c.req.valid('query');
        const { org } = person(c);
        const wanted = await filterOf(org, said);
        const rows = await deps.store.listAudit(org, { limit, before: cursor }, wanted);
        const { rows: page, proximo } = pageOfRows(rows, limit, (row) => row.n);
        return c.json({ rows: page.map(rowOf), proximo });
      },
    )
    .get(
      '/api/audit/export',
      describe('audit', 'The acts that match, as a file', { media: ['text/csv', 'application/json'] }),
      needs('audit:view'),
      query({ ...filter, formato: v.optional(v.picklist(['csv', 'json']), 'csv') }),
      async (c) => {
        const { formato, ...said } = c.req.valid('query');
        const { org, user } = person(c);
        deps.log('audit_exported', { org, user, formato });
        const read = pages(org, await filterOf(org, said));
        return formato === 'csv' ? sendCsv(c, read) : sendJson(c, read);
      },
    )
    .get(
      '/api/audit/verify',
      describe('audit', 'Whether every row fits the chain', { answer: Verdict }),
      needs('audit:view'),
      async (c) => {
        const { broken = null, ...rest } = await deps.store.verifyAudit(person(c).org);
        return c.json({ ...rest, broken });
      },
    );
}

const rowOf = ({ org_id, antes, depois, ...row }: StoredAudit): AuditRow => ({
  ...row,
  antes: antes === null ? null : JSON.parse(antes),
  depois: depois === null ? null : JSON.parse(depois),
});

type Read = (cursor: string | undefined) => Promise<{ rows: AuditRow[]; proximo: string | null }>;

function sendCsv(c: Context<Env>, read: Read): Response {
  const cell = (row: AuditRow, column: (typeof csvColumns)[number]): unknown => {
    if (column === 'em') return new Date(row.em).toISOString();
    const value = row[column];
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
  };
  const file = {
    name: 'auditoria.csv',
    type: 'text/csv; charset=utf-8',
    head: csvLine(csvColumns),
    tail: '',
  };
  return sendPages(c, file, read, (row) => csvLine(csvColumns.map((column) => cell(row, column))));
}

function sendJson(c: Context<Env>, read: Read): Response {
  const file = { name: 'auditoria.json', type: 'application/json; charset=utf-8', head: '[', tail: '\n]\n' };
  return sendPages(c, file, read, (row, isFirst) => `${isFirst ? '' : ','}\n${JSON.stringify(row)}`);
}
