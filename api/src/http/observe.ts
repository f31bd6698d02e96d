import { randomUUID } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import type { Env } from './env.ts';

const plainId = /^[\w-]{8,64}$/;

/** Names the request (a proxy's own id is kept) and finds out who is at the other end of the wire. */
export function identify(config: Pick<Config, 'trustedProxies' | 'publicOrigin'>): MiddlewareHandler<Env> {
  const trusted = new Set(config.trustedProxies.map(bare));
  return async (c, next) => {
    const given = c.req.header('x-request-id') ?? '';
    const id = plainId.test(given) ? given : randomUUID();
    c.set('requestId', id);
    c.header('X-Request-Id', id);
    const socket = c.env?.incoming?.socket as { remoteAddress?: string; encrypted?: boolean } | undefined;
    const peer = bare(socket?.remoteAddress ?? '');
    const proxied = trusted.has(peer);
    c.set('address', proxied ? clientOf(c.req.header('x-forwarded-for'), peer, trusted) : peer);
    c.set(
      'secure',
      Boolean(socket?.encrypted) ||
        (proxied && c.req.header('x-forwarded-proto')?.split(',')[0]?.trim() === 'https') ||
        isPublicTls(c, config.publicOrigin),
    );
    await next();
  };
}

/** `::ffff:10.0.0.2` is how an IPv6 socket shows an IPv4 peer. */
const bare = (address: string): string => address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');

/** The last address that no trusted proxy has: everything left of it can be invented by the client. */
function clientOf(forwarded: string | undefined, peer: string, trusted: ReadonlySet<string>): string {
  const hops = (forwarded ?? '')
    .split(',')
    .map((hop) => bare(hop.trim()))
    .filter(Boolean);
  return hops.reverse().find((hop) => !trusted.has(hop)) ?? peer;
}

const isPublicTls = (c: Context<Env>, publicOrigin: string | null): boolean =>
  publicOrigin?.startsWith('https:') === true && c.req.header('host') === new URL(publicOrigin).host;

/** The route's pattern, so that metrics never hold an id; `unmatched` for what no route takes. */
export function routeLabel(c: Context<Env>): string {
  return (
    matchedRoutes(c)
      .filter((route) => route.method !== 'ALL')
      .at(-1)?.path ?? 'unmatched'
  );
}

/** Measures and logs each request after its answer. Reads that went well are `debug`: dashboards ask often. */
export function observe(
  log: Log,
  measure: (labels: { method: string; route: string; status: number }, seconds: number) => void,
): MiddlewareHandler<Env> {
  return async (c, next) => {
    const start = performance.now();
    await next();
    const ms = performance.now() - start;
    const route = routeLabel(c);
    const { method } = c.req;
    const { status } = c.res;
    measure({ method, route, status }, ms / 1_000);
    const caller = c.get('caller');
    const isQuiet = status < 400 && (method === 'GET' || method === 'HEAD');
    log[isQuiet ? 'debug' : 'info']('request_answered', {
      request_id: c.get('requestId'),
      method,
      route,
      status,
      ms: Math.round(ms * 10) / 10,
      ...(caller && {
        org: caller.org,
        ...(caller.kind === 'user' ? { user: caller.user } : { device: caller.device }),
      }),
    });
  };
}
