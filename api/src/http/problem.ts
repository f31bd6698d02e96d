import { AppError, type ErrorCode, problemOf } from '@yaguts/shared';
import type { Context, ErrorHandler, Hono, NotFoundHandler } from 'hono';
import type { StatusCode } from 'hono/utils/http-status';
import type { Log } from '../log.ts';
import type { Env } from './env.ts';

/** Seconds until another try makes sense, for failures that pass and do not know when. */
const passing: Readonly<Partial<Record<ErrorCode, number>>> = {
  rate_limited: 1,
  unavailable: 2,
  disco_cheio: 60,
};

/** Answers a failure as `application/problem+json` (RFC 9457), keeping the headers set so far. */
export function sendProblem(c: Context<Env>, error: unknown): Response {
  const problem = problemOf(error, { instance: c.req.path, request_id: c.get('requestId') });
  const waitS = error instanceof AppError ? (error.retryAfterS ?? passing[error.code]) : undefined;
  if (waitS !== undefined) c.header('Retry-After', String(Math.max(1, Math.ceil(waitS))));
  return c.body(JSON.stringify(problem), problem.status as StatusCode as 400, {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
  });
}

/** The last resort of a request: expected failures keep their code, the rest is logged and says nothing. */
export function onError(log: Log): ErrorHandler<Env> {
  return (thrown, c) => {
    const error = known(thrown);
    if (!(error instanceof AppError) || error.status >= 500)
      log.error('request_failed', {
        request_id: c.get('requestId'),
        method: c.req.method,
        path: c.req.path,
        error: thrown,
      });
    return sendProblem(c, error);
  };
}

const sqliteCodes: Readonly<Record<string, ErrorCode>> = {
  SQLITE_CONSTRAINT_UNIQUE: 'already_exists',
  SQLITE_CONSTRAINT_PRIMARYKEY: 'already_exists',
  SQLITE_CONSTRAINT_FOREIGNKEY: 'conflict',
  SQLITE_BUSY: 'unavailable',
  SQLITE_FULL: 'disco_cheio',
};

/** What the database throws, as one of ours where the caller can do something about it. */
function known(thrown: unknown): unknown {
  if (thrown instanceof AppError) return thrown;
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const code = sqliteCodes[(cause as { code?: string } | null)?.code ?? ''];
  return code ? new AppError(code, undefined, { cause: thrown }) : thrown;
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Which methods a path takes; middleware that stands on every path does not count. */
export function methodsOf(app: Hono<Env>, path: string): string[] {
  return methods.filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method !== 'ALL'),
  );
}

/** A path that exists under another method is 405 with `Allow`; anything else is 404. */
export function notFound(app: Hono<Env>): NotFoundHandler<Env> {
  return (c) => {
    const allowed = methodsOf(app, c.req.path);
    // The path takes this method: its handler has found nothing.
    const isTaken = allowed.includes(c.req.method === 'HEAD' ? 'GET' : c.req.method);
    if (allowed.length === 0 || isTaken)
      return sendProblem(c, new AppError('not_found', `There is no ${c.req.path} here`));
    if (allowed.includes('GET')) allowed.push('HEAD');
    c.header('Allow', allowed.join(', '));
    return sendProblem(c, new AppError('method_not_allowed', `${c.req.path} takes ${allowed.join(', ')}`));
  };
}
