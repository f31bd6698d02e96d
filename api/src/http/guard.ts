import { AppError } from '@yaguts/shared';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Config } from '../config.ts';
import type { Env } from './env.ts';

/** Plain http cannot keep a `Secure` cookie, and the `__Host-` name needs one: the login would fail silently. */
export const cookieName = (secure: boolean): string => (secure ? '__Host-yaguts' : 'yaguts');

/** The session's secret as the browser sent it. */
export const sessionCookie = (c: Context<Env>): string | undefined =>
  getCookie(c, cookieName(c.get('secure')));

const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Headers of every answer. The CSP goes on pages and scripts only, where it means something. */
export const hardenHeaders: MiddlewareHandler<Env> = async (c, next) => {
  c.header('X-Content-Type-Options', 'nosniff');
  c.header('Referrer-Policy', 'same-origin');
  c.header('Cross-Origin-Opener-Policy', 'same-origin');
  c.header('Cross-Origin-Resource-Policy', 'same-origin');
  if (c.req.path.startsWith('/api/')) c.header('Cache-Control', 'no-store');
  await next();
};

/**
 * Refuses what another site could make a browser send: an unsafe request that carries our cookie must come
 * from our own origin and be JSON (forms and text/plain need no preflight). A request with a credential of its
 * own in `Authorization` is no browser's doing. The framework's csrf() looks at form types only.
 *
 * @throws AppError "cross_origin", "unsupported_media"
 */
export function sameOrigin(config: Pick<Config, 'publicOrigin' | 'allowedOrigins'>): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (safe.has(c.req.method) || c.req.header('authorization') !== undefined) return next();
    const origin = c.req.header('origin');
    const site = c.req.header('sec-fetch-site');
    const isOurs = origin !== undefined ? originsOf(c, config).includes(origin) : site === 'same-origin';
    const hasCookie = sessionCookie(c) !== undefined;
    if (!isOurs && (hasCookie || origin !== undefined || site === 'cross-site'))
      throw new AppError('cross_origin');
    if (hasCookie && c.req.method === 'POST' && !isJson(c) && !isArchive(c))
      throw new AppError('unsupported_media');
    return next();
  };
}

function originsOf(c: Context<Env>, config: Pick<Config, 'publicOrigin' | 'allowedOrigins'>): string[] {
  const own = `${c.get('secure') ? 'https' : 'http'}://${c.req.header('host') ?? new URL(c.req.url).host}`;
  return [own, ...(config.publicOrigin ? [config.publicOrigin] : []), ...config.allowedOrigins];
}

/** The media type of an org's archive. No form can send it, so a browser asks its origin's leave first. */
export const archiveType = 'application/gzip';
/** Routes that read their body themselves, as it arrives and under a cap of their own. */
const streamed: ReadonlySet<string> = new Set(['/api/orgs/import']);
const isArchive = (c: Context<Env>): boolean =>
  streamed.has(c.req.path) && c.req.header('content-type') === archiveType;

/** `application/json`, with or without a charset; the charset can only be UTF-8. */
export function isJson(c: Context<Env>): boolean {
  const [type, ...params] = (c.req.header('content-type') ?? '').toLowerCase().split(';');
  return (
    type?.trim() === 'application/json' && params.every((param) => !/charset=(?!"?utf-8"?\s*$)/.test(param))
  );
}

/**
 * Reads the body of an unsafe request, counting bytes as they arrive: a length header may lie or be absent.
 *
 * @throws AppError "too_large"
 */
export function readBody(maxBytes: number): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (safe.has(c.req.method) || streamed.has(c.req.path)) return next();
    const tooLarge = (): AppError => {
      // The rest of the body is not read, so the connection cannot carry another request.
      c.header('Connection', 'close');
      return new AppError('too_large', `This route takes at most ${maxBytes} bytes`);
    };
    if (Number(c.req.header('content-length') ?? 0) > maxBytes) throw tooLarge();
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of (c.req.raw.body ?? []) as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (size > maxBytes) throw tooLarge();
      chunks.push(chunk);
    }
    c.set('body', Buffer.concat(chunks, size));
    return next();
  };
}
