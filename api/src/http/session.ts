import {
  AppError,
  LoginCodeIn,
  LoginIn,
  MqttTokenOut,
  Password,
  SessionOut,
  SetupIn,
  SetupStatus,
} from '@yaguts/shared';
import { type Context, Hono } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import * as v from 'valibot';
import { changePassword } from '../flows/change-password.ts';
import { permissionsOfPerson } from '../flows/identity-deps.ts';
import { issueMqttToken } from '../flows/issue-mqtt-token.ts';
import { login, loginByCode, type OpenedSession, openSession } from '../flows/login.ts';
import { logout } from '../flows/logout.ts';
import { setUp } from '../flows/setup.ts';
import { open, person, sessionOf, signedIn } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { cookieName } from './guard.ts';
import { body } from './validate.ts';

const PasswordIn = v.object({ atual: v.pipe(v.string(), v.maxLength(128)), nova: Password });

/** First run, login, logout, and the token that opens MQTT for a browser. */
export function sessionRoutes(deps: HttpDeps): Routes {
  const client = (c: Context<Env>) => ({
    address: c.get('address'),
    agent: c.req.header('user-agent') ?? '',
  });

  const keepSession = async (c: Context<Env>, session: OpenedSession): Promise<void> => {
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
  };

  const describePerson = async (who: { org: string; user: string }): Promise<SessionOut> => {
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
      permissions: [...permissionsOfPerson(user)],
      plataforma: user.plataforma,
      version: deps.config.version,
      development: deps.config.development,
    };
  };

  return new Hono<Env>()
    .get(
      '/api/setup',
      describe('session', 'Whether first-run setup is needed', { answer: SetupStatus }),
      open(),
      async (c) => c.json({ needed: !(await deps.store.hasAccount()) }),
    )
    .post(
      '/api/setup',
      describe('session', 'First run: makes the org and its owner, with the code from the console', {
        answer: SessionOut,
        status: 201,
        errors: ['setup_code', 'setup_done'],
      }),
      open(),
      body(SetupIn),
      async (c) => {
        const input = c.req.valid('json');
        await setUp(deps, input, c.get('address'));
        await keepSession(c, await openSession(deps, input, client(c)));
        return c.json(await describePerson(input), 201);
      },
    )
    .post(
      '/api/session',
      describe('session', 'Log in with user and password', {
        answer: SessionOut,
        errors: ['login_failed', 'rate_limited', 'unavailable'],
      }),
      open(),
      body(LoginIn),
      async (c) => {
        const session = await login(deps, c.req.valid('json'), client(c));
        await keepSession(c, session);
        return c.json(await describePerson(session));
      },
    )
    .post(
      '/api/session/code',
      describe('session', 'Log in with a one-time code', {
        answer: SessionOut,
        errors: ['login_failed', 'rate_limited'],
      }),
      open(),
      body(LoginCodeIn),
      async (c) => {
        const session = await loginByCode(deps, c.req.valid('json').code, client(c));
        await keepSession(c, session);
        return c.json(await describePerson(session));
      },
    )
    .get(
      '/api/session',
      describe('session', 'Who is logged in', { answer: SessionOut }),
      signedIn(),
      async (c) => c.json(await describePerson(person(c))),
    )
    .delete('/api/session', describe('session', 'Log out'), signedIn(), async (c) => {
      const who = person(c);
      await logout(deps, { org: who.org, id: requireSession(sessionOf(who)) });
      deleteCookie(c, cookieName(c.get('secure')), { path: '/', secure: c.get('secure') });
      return c.body(null, 204);
    })
    .post(
      '/api/session/mqtt-token',
      describe('session', 'The password for CONNECT over /mqtt, five minutes', { answer: MqttTokenOut }),
      signedIn(),
      async (c) => {
        const { org, user, ...who } = person(c);
        const id = requireSession(sessionOf({ org, user, ...who }));
        return c.json(await issueMqttToken(deps, { org, user, id }));
      },
    )
    .put(
      '/api/session/password',
      describe('session', 'Change the own password; every session ends', {
        errors: ['login_failed', 'rate_limited'],
      }),
      signedIn(),
      body(PasswordIn),
      async (c) => {
        const who = person(c);
        requireSession(sessionOf(who));
        await changePassword(deps, who, c.req.valid('json'), c.get('address'));
        deleteCookie(c, cookieName(c.get('secure')), { path: '/', secure: c.get('secure') });
        return c.body(null, 204);
      },
    );
}

/** A personal token is its own MQTT password and ends by being revoked; it has no session. */
function requireSession(id: string | undefined): string {
  if (id === undefined)
    throw new AppError('forbidden', 'This is for a browser session, not for a personal token');
  return id;
}
