import { limits } from '@yaguts/shared';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import * as v from 'valibot';
import type { AuditFilter } from '../store/audit.ts';
import type { StoredAudit } from '../store/chain.ts';
import { installationChain } from '../store/chain.ts';
import { needs, person, platformOnly } from './access.ts';
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

/** Where a chain is read, who may, and whose it is. */
interface Chain {
  readonly path: string;
  readonly tag: Parameters<typeof describe>[0];
  readonly of: string;
  readonly access: () => MiddlewareHandler<Env>;
  readonly org: (c: Context<Env>) => string;
}
const chains: readonly Chain[] = [
  {
    ...{ path: '/api/audit', tag: 'audit', of: 'in the org' },
    access: () => needs('audit:view'),
    org: (c) => person(c).org,
  },
  {
    ...{ path: '/api/installation/audit', tag: 'orgs', of: 'in the installation itself' },
    access: platformOnly,
    org: () => installationChain,
  },
];

/** Who did what to what: searched, taken out, verified; of the org, and of the installation itself. */
export function auditRoutes(deps: HttpDeps): Routes {
  const routes = new Hono<Env>();
  for (const chain of chains) routes.route('/', routesOf(deps, chain));
  return routes;
}

function routesOf(deps: HttpDeps, { path, tag, of, access, org: chainOf }: Chain): Routes {
  // Days are those of the person who asks.
  const filterOf = async (c: Context<Env>, { de, ate, ...rest }: Said): Promise<AuditFilter> => ({
    ...rest,
    ...(await periodOf(deps, person(c).org, { de, ate })),
  });
  const pages = (org: string, wanted: AuditFilter) => async (cursor: string | undefined) => {
    const before = cursor === undefined ? undefined : Number(cursor);
    const rows = await deps.store.listAudit(org, { limit: limits.pageRows, before }, wanted);
    const page = pageOfRows(rows, limits.pageRows, (row) => row.n);
    return { ...page, rows: page.rows.map(rowOf) };
  };

  return new Hono<Env>()
    .get(
      path,
      describe(tag, `Who did what ${of}, newest first`, { answer: rowsOf(AuditRow) }),
      access(),
      query({ ...filter, limit: pageSize, cursor: cursorNumber }),
      async (c) => {
        const { limit, cursor, ...said } = c.req.valid('query');
        const wanted = await filterOf(c, said);
        const rows = await deps.store.listAudit(chainOf(c), { limit, before: cursor }, wanted);
        const { rows: page, proximo } = pageOfRows(rows, limit, (row) => row.n);
        return c.json({ rows: page.map(rowOf), proximo });
      },
    )
    .get(
      `${path}/export`,
      describe(tag, `The acts ${of} that match, as a file`, { media: 'text/csv' }),
      access(),
      query({ ...filter, formato: v.optional(v.picklist(['csv', 'json']), 'csv') }),
      async (c) => {
        const { formato, ...said } = c.req.valid('query');
        const org = chainOf(c);
        deps.log('audit_exported', { org, user: person(c).user, formato });
        const read = pages(org, await filterOf(c, said));
        return formato === 'csv' ? sendCsv(c, read) : sendJson(c, read);
      },
    )
    .get(
      `${path}/verify`,
      describe(tag, `Whether every act ${of} fits the chain`, { answer: Verdict }),
      access(),
      async (c) => {
        const { broken = null, ...rest } = await deps.store.verifyAudit(chainOf(c));
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
