import { randomUUID } from 'node:crypto';
import { AppError } from '@yaguts/shared';
import { and, eq, gte, lte } from 'drizzle-orm';
import type { Database } from './open.ts';
import { audit, idempotency } from './schema/index.ts';
import { columns, get, p, run, type Tx, wholeRow } from './transaction.ts';

/** A request has so long to arrive; what it does takes less. */
const requestMs = 30_000;

/**
 * One answer per request key. `escopo` names the person or device and the operation, `digest` the request:
 * the same key for another request is refused.
 */
export interface RequestKey {
  readonly escopo: string;
  readonly chave: string;
  readonly digest: string;
}

export interface StoredAnswer {
  readonly status: number;
  readonly resposta: string;
}

export interface IdempotencyStore {
  /**
   * Claims a key, or answers what was answered before. A request that a stopped platform has left without an answer
   * is run again, unless whoever sent it did something in its time: every act leaves its row in the transaction of
   * the act, so without one nothing was done. What leaves no act is run once at most: nobody could say.
   *
   * @param quem    who sends it, as the audit knows them
   * @param semAto  whether it leaves no act
   * @throws AppError "idempotency_reuse" when the key was used for another request
   * @throws AppError "conflict" when the first request has no answer and is under way, or may have done something
   */
  beginRequest(
    org: string,
    key: RequestKey & { readonly quem: string; readonly semAto?: boolean },
    times: { now: number; expiraEm: number },
  ): Promise<StoredAnswer | undefined>;
  finishRequest(org: string, key: RequestKey, answer: StoredAnswer): Promise<void>;
  /** Gives a claimed key back after a failure that changed nothing. */
  dropRequest(org: string, key: RequestKey): Promise<void>;
  /** Forgets keys whose time is over; answers how many. */
  purgeRequests(now: number): Promise<number>;
}

export function idempotencyStore(db: Database): IdempotencyStore {
  const { orm } = db;
  const processo = randomUUID();
  const one = and(
    eq(idempotency.org_id, p('org_id')),
    eq(idempotency.escopo, p('escopo')),
    eq(idempotency.chave, p('chave')),
  );
  const find = orm.select().from(idempotency).where(one).prepare();
  const insert = orm.insert(idempotency).values(wholeRow(idempotency)).prepare();
  const remove = orm.delete(idempotency).where(one).prepare();
  const finish = orm
    .update(idempotency)
    .set(columns(idempotency, 'status', 'resposta'))
    .where(one)
    .prepare();
  const acts = orm
    .select({ n: audit.n })
    .from(audit)
    .where(
      and(
        eq(audit.org_id, p('org')),
        eq(audit.quem, p('quem')),
        gte(audit.em, p('de')),
        lte(audit.em, p('ate')),
      ),
    )
    .limit(1)
    .prepare();
  const purge = orm
    .delete(idempotency)
    .where(lte(idempotency.expira_em, p('now')))
    .prepare();
  /** Whether a request that a dead process has begun may have done something. */
  function* mayHaveActed(org: string, quem: string, begun: number): Tx<boolean> {
    const time = { de: begun, ate: begun + requestMs };
    return (yield* get(acts, { org, quem, ...time })) !== undefined;
  }
  const named = (org: string, { escopo, chave }: RequestKey) => ({ org_id: org, escopo, chave });

  return {
    beginRequest: (org, key, { now, expiraEm }) =>
      db.write(function* () {
        const stored = yield* get(find, named(org, key));
        if (stored && stored.expira_em > now) {
          if (stored.digest !== key.digest) throw new AppError('idempotency_reuse');
          const { status, resposta } = stored;
          if (status !== null && resposta !== null) return { status, resposta };
          const isUnderWay = stored.processo === processo;
          if (isUnderWay || key.semAto || (yield* mayHaveActed(org, key.quem, stored.criado_em)))
            throw new AppError(
              'conflict',
              'The first request with this key has no answer yet; look at what it did',
            );
        }
        if (stored) yield* run(remove, named(org, key));
        yield* run(insert, {
          ...named(org, key),
          digest: key.digest,
          status: null,
          resposta: null,
          processo,
          criado_em: now,
          expira_em: expiraEm,
        });
        return undefined;
      }),
    finishRequest: async (org, key, answer) => {
      await db.write(() => run(finish, { ...named(org, key), ...answer }));
    },
    dropRequest: async (org, key) => {
      await db.write(() => run(remove, named(org, key)));
    },
    purgeRequests: (now) => db.write(() => run(purge, { now })),
  };
}
