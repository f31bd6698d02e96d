import {
  LoginCodeIn,
  LoginIn,
  MqttTokenOut,
  Password,
  ResetIn,
  SessionOut,
  SetupIn,
  SetupStatus,
} from '@yaguts/shared';
import { Hono } from 'hono';
import { deleteCookie } from 'hono/cookie';
import * as v from 'valibot';
import { changePassword } from '../flows/change-password.ts';
import { issueMqttToken } from '../flows/issue-mqtt-token.ts';
import { login, loginByCode } from '../flows/login.ts';
import { logout } from '../flows/logout.ts';
import { resetPassword } from '../flows/reset-password.ts';
import { setUp } from '../flows/setup.ts';
import { open, person, sessionOf, signedIn } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { cookieName } from './guard.ts';
import { clientOf, describePerson, keepSession, letIn, requireSession } from './keep-session.ts';
import { body } from './validate.ts';

const PasswordIn = v.object({ atual: v.pipe(v.string(), v.maxLength(128)), nova: Password });

/** First run, login, logout, and the token that opens MQTT for a browser. */
export function sessionRoutes(deps: HttpDeps): Routes {
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
        return c.json(await letIn(c, deps, input), 201);
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
        const session = await login(deps, c.req.valid('json'), clientOf(c));
        await keepSession(c, deps, session);
        return c.json(await describePerson(deps, session));
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
        const session = await loginByCode(deps, c.req.valid('json').code, clientOf(c));
        await keepSession(c, deps, session);
        return c.json(await describePerson(deps, session));
      },
    )
    .post(
      '/api/session/reset',
      describe('session', 'A new password for the one-time code of a reset link; logs in', {
        answer: SessionOut,
        errors: ['login_failed', 'rate_limited', 'unavailable'],
      }),
      open(),
      body(ResetIn),
      async (c) => c.json(await letIn(c, deps, await resetPassword(deps, c.req.valid('json'), clientOf(c)))),
    )
    .get(
      '/api/session',
      describe('session', 'Who is logged in', { answer: SessionOut }),
      signedIn(),
      async (c) => c.json(await describePerson(deps, person(c))),
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
