import { createHash } from 'node:crypto';
import { AppError, limits } from '@yaguts/shared';
import type { Context, MiddlewareHandler } from 'hono';
import type { StatusCode } from 'hono/utils/http-status';
import type { Vault } from '../identity/sealer.ts';
import type { IdempotencyStore, RequestKey, StoredAnswer } from '../store/idempotency.ts';
import type { Caller, Env } from './env.ts';

/** These set a cookie, which must not be given twice, or change nothing. */
const withoutMemory: ReadonlySet<string> = new Set([
  '/api/setup',
  '/api/session',
  '/api/session/code',
  '/api/session/reset',
  '/api/invites/look',
  '/api/invites/accept',
  '/api/jobs/preview',
]);
/** These leave no act, so that after a crash nobody could say whether they were done. */
const withoutAct: ReadonlySet<string> = new Set(['/api/events']);
const keyPattern = /^[\x21-\x7e]{1,128}$/;

/**
 * Honours `Idempotency-Key` on every POST of a known sender: the first success is kept for 24 hours and given
 * again, whatever happened to its answer on the way. A failure that changed nothing gives the key back. Answers
 * may hold a secret that is shown once, so they are stored encrypted.
 *
 * @throws AppError "invalid" for a key of a wrong shape, "idempotency_reuse" for another body under the same
 *         key, "conflict" when the first request has no answer and may have done something before the platform stopped
 */
export function idempotent(deps: {
  readonly store: IdempotencyStore;
  readonly vault: Vault;
  readonly now: () => number;
}): MiddlewareHandler<Env> {
  // The same key twice at once: the second waits for the first, then is given its answer.
  const running = new Map<string, Promise<void>>();

  return async (c, next) => {
    const chave = c.req.header('idempotency-key');
    const caller = c.get('caller');
    if (c.req.method !== 'POST' || chave === undefined || !caller || withoutMemory.has(c.req.path))
      return next();
    if (!keyPattern.test(chave))
      throw new AppError('invalid', undefined, {
        faults: [{ path: 'Idempotency-Key', message: 'use 1 to 128 printable ASCII characters' }],
      });
    const key: RequestKey = { escopo: scopeOf(caller), chave, digest: digestOf(c) };
    const name = JSON.stringify([caller.org, key.escopo, chave]);
    while (running.has(name)) await running.get(name);
    let done = (): void => {};
    running.set(name, new Promise((resolve) => (done = resolve)));
    try {
      const now = deps.now();
      const times = { now, expiraEm: now + limits.idempotencyMs };
      const asked = { ...key, quem: actorName(caller), semAto: withoutAct.has(c.req.path) };
      const stored = await deps.store.beginRequest(caller.org, asked, times);
      if (stored) return replay(c, stored, deps.vault);
      await next();
      await settle(c, caller.org, key, deps);
    } finally {
      running.delete(name);
      done();
    }
  };
}

/** As the audit knows whoever sends it. */
const actorName = (caller: Caller): string =>
  caller.kind === 'user' ? caller.user : `device:${caller.device}`;

const scopeOf = (caller: Caller): string =>
  `http:${caller.kind === 'user' ? `u:${caller.user}` : `d:${caller.device}`}`;

/** The request that a key stands for: its path and its body, byte by byte. */
const digestOf = (c: Context<Env>): string =>
  createHash('sha256')
    .update(`${c.req.path}\n`)
    .update(c.get('body') ?? '')
    .digest('hex');

function replay(c: Context<Env>, stored: StoredAnswer, vault: Vault): Response {
  const body = vault.open(stored.resposta);
  c.header('Idempotent-Replayed', 'true');
  if (body === '') return c.body(null, stored.status as StatusCode as 204);
  return c.body(body, stored.status as StatusCode as 200, { 'Content-Type': 'application/json' });
}

async function settle(
  c: Context<Env>,
  org: string,
  key: RequestKey,
  deps: { readonly store: IdempotencyStore; readonly vault: Vault },
): Promise<void> {
  const { status } = c.res;
  if (status < 300) {
    const resposta = deps.vault.close(await c.res.clone().text());
    await deps.store.finishRequest(org, key, { status, resposta });
  } else if (status !== 500 && status !== 504) await deps.store.dropRequest(org, key);
  // What failed inside, or has not answered yet, may still have happened: the key stays taken and says so.
}
