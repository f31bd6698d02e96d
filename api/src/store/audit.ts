import { and, desc, eq, gte, lt, or, type SQL, sql } from 'drizzle-orm';
import { type ChainFound, chainStart, followChain, hashOf, type StoredAudit } from './chain.ts';
import type { Database, Orm } from './open.ts';
import { audit } from './schema/index.ts';
import { all, get, p, run, type Tx, wholeRow } from './transaction.ts';

/** Who did what. Append-only, a chain per org: see chain.ts. */

/** Who acts and when; what a named transaction needs to write its own audit row. */
export type Act = Pick<AuditRow, 'em' | 'quem' | 'endereco'>;

/** One act. `antes` and `depois` are stored as JSON; secrets never belong in them. */
export interface AuditRow {
  readonly em: number;
  /** A user id, `device:{id}`, or `sistema`. */
  readonly quem: string;
  /** Noun and verb, as in `job.cancel`. */
  readonly acao: string;
  /** What it was done to, as in `job:7`. */
  readonly alvo: string;
  readonly endereco?: string | undefined;
  readonly antes?: unknown;
  readonly depois?: unknown;
}
/** The audit row of an act. */
export const actRow = (
  act: Act,
  acao: string,
  alvo: string,
  change: { antes?: unknown; depois?: unknown } = {},
): AuditRow => ({ ...act, acao, alvo, ...change });
const jsonOrNull = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

/** Writes an audit row inside a transaction that does the act itself: both happen or neither. */
export type AuditWriter = (org: string, row: AuditRow) => Tx<void>;

/** Prepares the writer once for a database. */
export function auditWriter(orm: Orm): AuditWriter {
  const head = orm
    .select({ n: audit.n, hash: audit.hash })
    .from(audit)
    .where(eq(audit.org_id, p('org')))
    .orderBy(desc(audit.n))
    .limit(1)
    .prepare();
  const insert = orm.insert(audit).values(wholeRow(audit)).prepare();
  return function* writeAudit(org, row) {
    const last = yield* get(head, { org });
    const stored = {
      org_id: org,
      n: (last?.n ?? 0) + 1,
      em: row.em,
      quem: row.quem,
      acao: row.acao,
      alvo: row.alvo,
      endereco: row.endereco ?? '',
      antes: jsonOrNull(row.antes),
      depois: jsonOrNull(row.depois),
      prev: last?.hash ?? chainStart,
    };
    yield* run(insert, { ...stored, hash: hashOf(stored) });
  };
}

/** Which acts. */
export interface AuditFilter {
  readonly quem?: string | undefined;
  /** The whole act (`user.change`), or its noun (`user`). */
  readonly acao?: string | undefined;
  /** Part of what it was done to. */
  readonly alvo?: string | undefined;
  /** From this moment on. */
  readonly de?: number | undefined;
  /** Before this moment. */
  readonly ate?: number | undefined;
}

const fits = ({ quem, acao, alvo, de, ate }: AuditFilter): (SQL | undefined)[] => [
  quem === undefined ? undefined : eq(audit.quem, quem),
  acao === undefined
    ? undefined
    : or(eq(audit.acao, acao), sql`substr(${audit.acao}, 1, ${acao.length + 1}) = ${`${acao}.`}`),
  alvo === undefined ? undefined : sql`instr(lower(${audit.alvo}), lower(${alvo})) > 0`,
  de === undefined ? undefined : gte(audit.em, de),
  ate === undefined ? undefined : lt(audit.em, ate),
];

export interface AuditStore {
  /** Appends one act to the org's chain. */
  appendAudit(org: string, row: AuditRow): Promise<void>;
  /** Newest first, at most `limit`, before row `before` when given; what the filter leaves out does not narrow. */
  listAudit(
    org: string,
    page: { limit: number; before?: number | undefined },
    filter?: AuditFilter,
  ): Promise<StoredAudit[]>;
  /** Checks the whole chain. */
  verifyAudit(org: string): Promise<ChainFound>;
}

export function auditStore(db: Database): AuditStore {
  const write = auditWriter(db.orm);
  const page = (org: string, before: number, limit: number, filter: AuditFilter) =>
    db.orm
      .select()
      .from(audit)
      .where(and(eq(audit.org_id, org), lt(audit.n, before), ...fits(filter)))
      .orderBy(desc(audit.n))
      .limit(limit);
  const chain = db.orm
    .select()
    .from(audit)
    .where(eq(audit.org_id, p('org')))
    .orderBy(audit.n)
    .prepare();
  return {
    appendAudit: (org, row) => db.write(() => write(org, row)),
    listAudit: (org, { limit, before = Number.MAX_SAFE_INTEGER }, filter = {}) =>
      db.read(() => all(page(org, before, limit, filter))),
    verifyAudit: (org) =>
      db.read(function* () {
        const chained = followChain();
        for (const row of yield* all(chain, { org })) chained.take(row);
        return chained.found();
      }),
  };
}
