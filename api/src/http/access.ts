import { AppError, type DevicePrincipal, type Permission } from '@yaguts/shared';
import type { Context, MiddlewareHandler } from 'hono';
import type { Actor } from '../flows/actor.ts';
import { authenticateRequest } from '../flows/authenticate-request.ts';
import type { IdentityDeps } from '../flows/identity-deps.ts';
import type { PersonActor } from '../flows/reach.ts';
import { documented, problems } from './describe.ts';
import type { Env, PersonCaller } from './env.ts';
import { sessionCookie } from './guard.ts';

/**
 * Who may use a route. Every route says it with one of these, and a test fails when one does not: a route
 * without a word on access would be open to all.
 */
export type Access = 'open' | 'signed-in' | 'device' | 'platform' | Permission;

/** Finds out who sends the request; says nothing about what they may. */
export function authenticate(deps: IdentityDeps): MiddlewareHandler<Env> {
  return async (c, next) => {
    const sender = await authenticateRequest(deps, {
      authorization: c.req.header('authorization'),
      cookie: sessionCookie(c),
    });
    c.set('caller', sender);
    await next();
  };
}

/** One person may come from many addresses; they have one measure for all of them and for MQTT. */
export function limitPerson(deps: Pick<IdentityDeps, 'rates'>): MiddlewareHandler<Env> {
  return async (c, next) => {
    const caller = c.get('caller');
    if (caller?.kind === 'user') deps.rates.person.take(`${caller.org}.${caller.user}`);
    await next();
  };
}

const access = (who: Access, check: (c: Context<Env>) => void): MiddlewareHandler<Env> => {
  const guard: MiddlewareHandler<Env> = async (c, next) => {
    check(c);
    await next();
  };
  const isOpen = who === 'open';
  return documented(guard, {
    ...({ 'x-access': who } as object),
    security: isOpen ? [] : who === 'device' ? [{ device: [] }] : [{ session: [] }, { token: [] }],
    // Also where any person may come in: a device is refused, and a token where only a session will do.
    responses: isOpen ? {} : problems('unauthorized', 'forbidden', 'rate_limited'),
  });
};

/** Anybody, logged in or not. */
export const open = (): MiddlewareHandler<Env> => access('open', () => {});
/** Any person of the org. */
export const signedIn = (): MiddlewareHandler<Env> => access('signed-in', (c) => void person(c));
/** A person with a permission. */
export const needs = (permission: Permission): MiddlewareHandler<Env> =>
  access(permission, (c) => {
    if (!person(c).permissions.includes(permission))
      throw new AppError('forbidden', `This needs the permission ${permission}`);
  });
/** The person who runs the installation. */
export const platformOnly = (): MiddlewareHandler<Env> =>
  access('platform', (c) => {
    if (!person(c).plataforma) throw new AppError('forbidden', 'Only the platform operator may see this');
  });
/** A device, by its own credential; a cookie does not count. */
export const deviceOnly = (): MiddlewareHandler<Env> => access('device', (c) => void device(c));

/**
 * The person who sends the request.
 *
 * @throws AppError "unauthorized"; "forbidden" for a device
 */
export function person(c: Context<Env>): PersonCaller {
  const caller = c.get('caller');
  if (!caller) throw unauthorized(c);
  if (caller.kind !== 'user')
    throw new AppError('forbidden', 'This is for people; a device has paths of its own');
  return caller;
}

/** The person who sends the request, as flows know whom they act for. */
export function actorOf(c: Context<Env>): { org: string; by: Actor } {
  const { org, user, permissions } = person(c);
  return { org, by: { user, permissions, endereco: c.get('address') } };
}

/** The same person for flows about people and the org, which measure rights against rights. */
export function personActor(c: Context<Env>): PersonActor {
  const { org, user, permissions, plataforma } = person(c);
  return { org, user, permissions, plataforma, endereco: c.get('address') };
}

/** The device that sends the request; throws as {@link person} does. */
export function device(c: Context<Env>): DevicePrincipal {
  const caller = c.get('caller');
  if (!caller) throw unauthorized(c);
  if (caller.kind !== 'device')
    throw new AppError('forbidden', 'This is for a device with its own credential');
  return caller;
}

function unauthorized(c: Context<Env>): AppError {
  // Only who tried such a header is asked for one: a browser would open its own dialog.
  if (c.req.header('authorization') !== undefined)
    c.header('WWW-Authenticate', 'Bearer, Basic realm="yaguts"');
  return new AppError('unauthorized');
}

/** The stored id of the browser session that sends the request, undefined for a personal token. */
export function sessionOf(caller: PersonCaller): string | undefined {
  return caller.via === 'session' ? caller.credential.slice('s:'.length) : undefined;
}
