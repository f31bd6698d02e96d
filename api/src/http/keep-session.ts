import { AppError, type Permission, type SessionOut } from '@yaguts/shared';
import type { Context } from 'hono';
import { setCookie } from 'hono/cookie';
import { permissionsOfPerson } from '../flows/identity-deps.ts';
import { type LoginClient, type OpenedSession, openSession } from '../flows/login.ts';
import { logout } from '../flows/logout.ts';
import { sessionOf } from './access.ts';
import type { HttpDeps } from './deps.ts';
import type { Env } from './env.ts';
import { cookieName } from './guard.ts';

/** Where a request comes from, as sessions remember it. */
export const clientOf = (c: Context<Env>): LoginClient => ({
  address: c.get('address'),
  agent: c.req.header('user-agent') ?? '',
});

/** Gives the browser the cookie of a session that was just opened. */
export async function keepSession(c: Context<Env>, deps: HttpDeps, session: OpenedSession): Promise<void> {
  // A browser has one session: the one before ends, and with it what a thief may have of it.
  const before = c.get('caller');
  const id = before?.kind === 'user' ? sessionOf(before) : undefined;
  if (before && id !== undefined) await logout(deps, { org: before.org, id });
  const secure = c.get('secure');
  setCookie(c, cookieName(secure), session.secret, {
    path: '/',
    httpOnly: true,
    sameSite: 'Lax',
    secure,
    maxAge: Math.floor(deps.sessionLife.absoluteMs / 1_000),
  });
}

/** Logs in whoever has just proved by a link or the first-run code who they are; answers what a login answers. */
export async function letIn(
  c: Context<Env>,
  deps: HttpDeps,
  who: { org: string; user: string },
): Promise<SessionOut> {
  await keepSession(c, deps, await openSession(deps, who, clientOf(c)));
  return describePerson(deps, who);
}

/** @throws AppError "unauthorized" when they are gone */
export async function describePerson(
  deps: HttpDeps,
  who: { org: string; user: string; permissions?: readonly Permission[] },
): Promise<SessionOut> {
  const user = await deps.store.findUser(who.user);
  const org = await deps.store.findOrg(who.org);
  if (!user || !org) throw new AppError('unauthorized');
  return {
    user: user.user_id,
    nome: user.nome,
    org: org.org_id,
    org_nome: org.nome,
    fuso: org.fuso,
    role: user.role,
    permissions: [...(who.permissions ?? permissionsOfPerson(user))],
    plataforma: user.plataforma,
    version: deps.config.version,
    development: deps.config.development,
  };
}

/**
 * The stored id of the session that asks.
 *
 * @throws AppError "forbidden" for a personal token: it is its own MQTT password and ends by being revoked
 */
export function requireSession(id: string | undefined): string {
  if (id === undefined)
    throw new AppError('forbidden', 'This is for a browser session, not for a personal token');
  return id;
}
