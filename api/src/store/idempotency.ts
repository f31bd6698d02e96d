import { AppError } from '@yaguts/shared';
import { and, eq, lte } from 'drizzle-orm';
import type { Database } from './open.ts';
import { idempotency } from './schema/index.ts';
import { columns, get, p, run, wholeRow } from './transaction.ts';

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
   * Claims a key, or answers what was answered before.
   *
   * @throws AppError "idempotency_reuse" when the key was used for another request
   * @throws AppError "conflict" when the first request has no answer: it is under way, or the platform
   *         stopped in its middle, and running it again could do it twice
   */
  beginRequest(
    org: string,
    key: RequestKey,
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
  const purge = orm
    .delete(idempotency)
    .where(lte(idempotency.expira_em, p('now')))
    .prepare();
  const named = (org: string, { escopo, chave }: RequestKey) => ({ org_id: org, escopo, chave });

  return {
    beginRequest: (org, key, { now, expiraEm }) =>
      db.write(function* () {
        const stored = yield* get(find, named(org, key));
        if (stored && stored.expira_em > now) {
          if (stored.digest !== key.digest) throw new AppError('idempotency_reuse');
          if (stored.status === null || stored.resposta === null) {
            throw new AppError(
              'conflict',
              'The first request with this key has no answer yet; look at what it did',
            );
          }
          return { status: stored.status, resposta: stored.resposta };
        }
        if (stored) yield* run(remove, named(org, key));
        yield* run(insert, {
          ...named(org, key),
          digest: key.digest,
          status: null,
          resposta: null,
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
