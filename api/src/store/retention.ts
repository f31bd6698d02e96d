import { and, asc, eq, type SQL, sql } from 'drizzle-orm';
import { auditWriter } from './audit.ts';
import { forgetAct } from './chain.ts';
import type { Database } from './open.ts';
import { audit, commands, events, jobs, rejectedMessages } from './schema/index.ts';
import { get, type Prepared, p, run } from './transaction.ts';

/** Rows of a kind deleted in one transaction: an execution takes its items and entries with it. */
const stepRows = {
  execucoes: 200,
  comandos: 1_000,
  rejeitadas: 500,
  avisos: 1_000,
  auditoria: 2_000,
} as const;

/** What ages by itself; acts are forgotten apart, since their chain must say so. */
export type Aging = 'execucoes' | 'comandos' | 'rejeitadas' | 'avisos';

/**
 * Forgets what is older than an org keeps. The ledger of the estoque stays, so that every saldo can still be
 * recomputed.
 */
export function retentionStore(db: Database) {
  const { orm } = db;
  const writeAudit = auditWriter(orm);
  const old: Readonly<Record<Aging, Prepared>> = {
    execucoes: orm
      .delete(jobs)
      .where(
        sql`org_id = ${p('org')} and job_id in (select j.job_id from jobs j where j.org_id = ${p('org')}
        and j.terminado_em < ${p('before')} and j.status not in ('queued', 'running')
        order by j.terminado_em limit ${stepRows.execucoes})`,
      )
      .prepare(),
    comandos: orm
      .delete(commands)
      .where(someRows('comandos', sql`criado_em < ${p('before')} and estado <> 'enviado'`))
      .prepare(),
    rejeitadas: orm
      .delete(rejectedMessages)
      .where(someRows('rejeitadas', sql`ultima_em < ${p('before')}`))
      .prepare(),
    avisos: orm
      .delete(events)
      .where(someRows('avisos', sql`ts < ${p('before')}`))
      .prepare(),
  };
  const firstKept = orm
    .select({ n: audit.n })
    .from(audit)
    .where(and(eq(audit.org_id, p('org')), sql`em >= ${p('before')}`))
    .orderBy(asc(audit.n))
    .limit(1)
    .prepare();
  const oldest = orm
    .select({ n: audit.n, em: audit.em })
    .from(audit)
    .where(eq(audit.org_id, p('org')))
    .orderBy(asc(audit.n))
    .limit(1)
    .prepare();
  const act = orm
    .select({ hash: audit.hash })
    .from(audit)
    .where(and(eq(audit.org_id, p('org')), eq(audit.n, p('n'))))
    .prepare();
  const oldActs = orm
    .delete(audit)
    .where(and(eq(audit.org_id, p('org')), sql`n <= ${p('ate')}`))
    .prepare();

  return {
    /**
     * Deletes one step of what ended, came or was told before that moment.
     *
     * @returns how many rows went, and whether there may be more
     */
    forgetOld: (org: string, kind: Aging, before: number): Promise<{ rows: number; more: boolean }> =>
      db.write(function* () {
        const rows = yield* run(old[kind], { org, before });
        return { rows, more: rows >= stepRows[kind] };
      }),
    /**
     * Deletes the oldest acts of an org, at most {@link stepRows} of them, and writes the act that vouches for the
     * new start of its chain. The newest act always stays.
     *
     * @param before acts of before this moment
     * @param unless nothing is done while the oldest act is not older than this, so that the chain is not filled
     *               with acts about one act each
     * @returns how many went
     */
    forgetActs: (org: string, { before, unless, now }: { before: number; unless: number; now: number }) =>
      db.write(function* () {
        const first = yield* get(oldest, { org });
        const kept = yield* get(firstKept, { org, before });
        // Without an act that is kept there is none to chain to.
        if (!first || !kept || first.em >= unless) return 0;
        const ate = Math.min(kept.n - 1, first.n + stepRows.auditoria - 1);
        const last = yield* get(act, { org, n: ate });
        if (!last) return 0;
        const rows = yield* run(oldActs, { org, ate });
        const depois = { ate, hash: last.hash };
        yield* writeAudit(org, { em: now, quem: 'sistema', acao: forgetAct, alvo: `org:${org}`, depois });
        return rows;
      }),
  };
}

/** The rows of an org that fit, no more than a step of them. */
function someRows(kind: Exclude<Aging, 'execucoes'>, fits: SQL): SQL {
  const name = { comandos: commands, rejeitadas: rejectedMessages, avisos: events }[kind];
  return sql`org_id = ${p('org')} and id in (select id from ${name} where org_id = ${p('org')} and ${fits}
    limit ${stepRows[kind]})`;
}
