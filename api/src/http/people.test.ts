import type { InviteCreated, SessionRow, TokenCreated } from '@yaguts/shared';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addOrg, ownerPassword } from '../identity/test-deps.ts';
import { openTestApp, problemFrom, type TestApp } from './test-app.ts';

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp({ env: { YAGUTS_REQUESTS_PER_MINUTE: '100000' } });
});
afterEach(() => app.deps.close());

const password = 'uma senha bem longa';
type Headers = Record<string, string>;
const bearer = (token: string): Headers => ({ Authorization: `Bearer ${token}` });
/** What a request answers: status, and the JSON or the code of the problem. */
async function ask<T = Record<string, unknown>>(
  headers: Headers,
  method: string,
  path: string,
  body?: unknown,
) {
  const answer = await app.send(method, path, { headers, ...(body !== undefined && { body }) });
  const text = await answer.text();
  const json = (text ? JSON.parse(text) : undefined) as T & { code?: string };
  return { status: answer.status, code: json?.code, json };
}
const ana = () => app.cookieOf('ana');
/** Makes a person and logs them in. */
async function enter(user: string, role: string, more: object = {}): Promise<Headers> {
  const made = await ask(await ana(), 'POST', '/api/users', { user, nome: user, role, password, ...more });
  expect(made.status).toBe(201);
  return app.cookieOf(user, password);
}
const permissionsOf = async (headers: Headers) =>
  (await ask<{ permissions: string[] }>(headers, 'GET', '/api/session')).json.permissions;

describe('invitations', () => {
  const invite = async (headers: Headers, body: object = { nome: 'Bia', role: 'operador' }) =>
    ask<InviteCreated>(headers, 'POST', '/api/invites', body);
  const bia = { user: 'bia', nome: 'Bia', password };

  test('whoever has the link sees whose kitchen it is, chooses a password, and is in; the link works once', async () => {
    const { json } = await invite(await ana());
    const look = await ask({}, 'POST', '/api/invites/look', { code: json.code });
    expect(look.json).toMatchObject({ org_nome: 'Cozinha demo', nome: 'Bia', role: 'operador' });
    const answer = await app.send('POST', '/api/invites/accept', { body: { code: json.code, ...bia } });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('set-cookie')).toMatch(/^yaguts=ygs_/);
    expect(await answer.json()).toMatchObject({ user: 'bia', org: 'demo', role: 'operador' });
    const again = await ask({}, 'POST', '/api/invites/accept', { code: json.code, ...bia, user: 'eva' });
    expect(again).toMatchObject({ status: 401, code: 'login_failed' });
    expect((await ask({}, 'POST', '/api/invites/look', { code: json.code })).status).toBe(401);
    expect((await ask<{ rows: [] }>(await ana(), 'GET', '/api/invites')).json.rows).toEqual([]);
    expect(JSON.stringify(app.deps.logged)).not.toContain(json.code);
  });

  test('a taken user id leaves the link good; of two who accept at once one comes in', async () => {
    const { json } = await invite(await ana());
    const taken = await ask({}, 'POST', '/api/invites/accept', { code: json.code, ...bia, user: 'ana' });
    expect(taken).toMatchObject({ status: 409, code: 'already_exists' });
    const both = await Promise.all(
      ['bia', 'eva'].map((user) => ask({}, 'POST', '/api/invites/accept', { code: json.code, ...bia, user })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([201, 401]);
  });

  test('it ends with its days, when it is taken back, and when who wrote it could not write it any more', async () => {
    const old = await invite(await ana(), { nome: 'Bia', role: 'leitor', dias: 1 });
    app.deps.advance(86_400_000);
    expect((await ask({}, 'POST', '/api/invites/accept', { code: old.json.code, ...bia })).status).toBe(401);
    const back = await invite(await ana());
    expect((await ask(await ana(), 'DELETE', `/api/invites/${back.json.id}`)).status).toBe(204);
    expect((await ask({}, 'POST', '/api/invites/accept', { code: back.json.code, ...bia })).status).toBe(401);
    expect((await ask(await ana(), 'DELETE', `/api/invites/${back.json.id}`)).status).toBe(404);
    const admin = await enter('caio', 'admin');
    const left = await invite(admin, { nome: 'Caio de novo', role: 'admin' });
    expect(left.status).toBe(201);
    await ask(await ana(), 'PATCH', '/api/users/caio', { role: 'leitor' });
    expect((await ask({}, 'POST', '/api/invites/accept', { code: left.json.code, ...bia })).status).toBe(401);
  });

  test('nobody invites to more than they may do themselves', async () => {
    const admin = await enter('caio', 'admin');
    expect((await invite(admin, { nome: 'x', role: 'dono' })).code).toBe('forbidden');
    expect((await invite(admin, { nome: 'x', role: 'admin' })).status).toBe(201);
    const narrow = await enter('nina', 'leitor', { permissoes: ['people:manage', 'jobs:view'] });
    expect((await invite(narrow, { nome: 'x', role: 'leitor' })).code).toBe('forbidden');
    expect((await invite(narrow, { nome: 'x', role: 'leitor', permissoes: ['jobs:view'] })).status).toBe(201);
  });

  test('codes cannot be tried at leisure', async () => {
    let last = 0;
    for (let i = 0; i < 8; i++)
      last = (await ask({}, 'POST', '/api/invites/look', { code: `${'a'.repeat(25)}${i}` })).status;
    expect(last).toBe(429);
  });
});

describe('roles and sets of permissions', () => {
  test('a set of one’s own counts instead of the role, and an empty one gives the role back', async () => {
    let bia = await enter('bia', 'leitor');
    const set = ['jobs:view', 'jobs:create'];
    expect((await ask(await ana(), 'PATCH', '/api/users/bia', { permissoes: set })).json).toMatchObject({
      permissoes: set,
    });
    expect((await ask(bia, 'GET', '/api/session')).status).toBe(401);
    bia = await app.cookieOf('bia', password);
    expect(await permissionsOf(bia)).toEqual(set);
    expect((await ask(bia, 'GET', '/api/estoque')).status).toBe(403);
    await ask(await ana(), 'PATCH', '/api/users/bia', { permissoes: [] });
    expect(await permissionsOf(await app.cookieOf('bia', password))).toEqual([
      'jobs:view',
      'history:view',
      'estoque:view',
    ]);
  });

  test('nobody raises themselves or anybody above what they may do', async () => {
    const admin = await enter('caio', 'admin');
    const patch = async (headers: Headers, user: string, body: object) =>
      (await ask(headers, 'PATCH', `/api/users/${user}`, body)).code;
    await enter('bia', 'leitor');
    expect(await patch(admin, 'caio', { role: 'dono' })).toBe('forbidden');
    expect(await patch(admin, 'bia', { role: 'dono' })).toBe('forbidden');
    expect(await patch(admin, 'ana', { role: 'leitor' })).toBe('forbidden');
    expect(await patch(admin, 'ana', { desativado: true })).toBe('forbidden');
    expect(await patch(admin, 'bia', { permissoes: ['org:own'] })).toBe('invalid');
    expect(await patch(await ana(), 'bia', { role: 'dono', permissoes: ['jobs:view'] })).toBe('invalid');
    const narrow = await enter('nina', 'leitor', { permissoes: ['people:manage', 'jobs:view'] });
    expect(await patch(narrow, 'nina', { permissoes: [] })).toBe('forbidden');
    expect(await patch(narrow, 'nina', { permissoes: ['people:manage', 'devices:manage'] })).toBe(
      'forbidden',
    );
    expect(await patch(narrow, 'nina', { role: 'admin' })).toBe('forbidden');
    expect(await patch(narrow, 'bia', { nome: 'B' })).toBe('forbidden');
    expect(await patch(narrow, 'nina', { permissoes: ['jobs:view'] })).toBeUndefined();
  });

  test('an equal is disabled, and neither lowered nor given a password: nobody comes to act under their name', async () => {
    const patch = (headers: Headers, user: string, body: object) =>
      ask(headers, 'PATCH', `/api/users/${user}`, body);
    const link = (headers: Headers, user: string) =>
      ask(headers, 'POST', `/api/users/${user}/reset-code`, {});
    for (const role of ['dono', 'admin'] as const) {
      const one = await enter(`${role}-1`, role);
      await enter(`${role}-2`, role);
      const other = `${role}-2`;
      expect((await link(one, other)).code, role).toBe('forbidden');
      for (const body of [
        { password: 'another long one' },
        { role: 'leitor' },
        { permissoes: ['jobs:view'] },
      ])
        expect((await patch(one, other, body)).code, JSON.stringify(body)).toBe('forbidden');
      expect((await patch(one, other, { desativado: true })).status).toBe(200);
      expect((await link(one, other)).code).toBe('forbidden');
      expect((await patch(one, other, { desativado: false })).status).toBe(200);
      // Who came back has the rights and the password they had.
      expect((await ask(await app.cookieOf(other, password), 'GET', '/api/session')).json).toMatchObject({
        role,
      });
      // A stolen session makes no link for the account that it is of.
      expect((await link(one, `${role}-1`)).code).toBe('forbidden');
      expect((await patch(one, `${role}-1`, { role: 'leitor' })).status).toBe(200);
    }
    // Above them stands who runs the installation; above an admin, an owner.
    expect((await link(await ana(), 'dono-2')).status).toBe(201);
    expect((await link(await app.cookieOf('dono-2', password), 'admin-2')).status).toBe(201);
  });

  test('a limit to some devices is put on those within reach, and nobody lifts their own', async () => {
    const admin = await enter('caio', 'admin');
    const put = async (headers: Headers, user: string) =>
      (await ask(headers, 'PUT', `/api/users/${user}/devices`, { devices: [] })).status;
    expect(await put(await ana(), 'caio')).toBe(200);
    expect(await put(admin, 'caio')).toBe(403);
    expect(await put(admin, 'ana')).toBe(403);
  });

  test('the last owner stays: neither disabled, nor lowered, nor handed over to nobody', async () => {
    const own = await ana();
    for (const body of [{ desativado: true }, { role: 'admin' }])
      expect(await ask(own, 'PATCH', '/api/users/ana', body)).toMatchObject({
        status: 409,
        code: 'conflict',
      });
    for (const user of ['ana', 'ninguem'])
      expect((await ask(own, 'POST', '/api/org/transfer', { user })).status).toBe(404);
    await addOrg(app.deps, 'outra', 'dora');
    expect((await ask(own, 'POST', '/api/org/transfer', { user: 'dora' })).status).toBe(404);
  });

  test('ownership is handed over: the other owns, the one before administers, both log in anew', async () => {
    const admin = await enter('caio', 'admin');
    const own = await ana();
    expect((await ask(admin, 'POST', '/api/org/transfer', { user: 'caio' })).status).toBe(403);
    expect((await ask(own, 'POST', '/api/org/transfer', { user: 'caio' })).status).toBe(204);
    for (const headers of [admin, own]) expect((await ask(headers, 'GET', '/api/session')).status).toBe(401);
    expect(await permissionsOf(await app.cookieOf('caio', password))).toContain('org:own');
    expect(await permissionsOf(await ana())).not.toContain('org:own');
  });

  test('another owner does not lay hands on who runs the installation', async () => {
    const rita = await enter('rita', 'dono');
    for (const [method, path, body] of [
      ['PATCH', '/api/users/ana', { password: 'another long one' }],
      ['PATCH', '/api/users/ana', { desativado: true }],
      ['POST', '/api/users/ana/reset-code', {}],
      ['DELETE', '/api/users/ana/sessions', undefined],
    ] as const)
      expect((await ask(rita, method, path, body)).code, path).toBe('forbidden');
  });
});

describe('passwords', () => {
  test('a reset link changes the password once, ends every session, and logs in', async () => {
    const bia = await enter('bia', 'operador');
    const first = await ask<{ code: string }>(await ana(), 'POST', '/api/users/bia/reset-code', {});
    const { json } = await ask<{ code: string }>(await ana(), 'POST', '/api/users/bia/reset-code', {});
    const novo = 'outra senha bem longa';
    // A second link takes the place of the first.
    expect(
      (await ask({}, 'POST', '/api/session/reset', { code: first.json.code, password: novo })).status,
    ).toBe(401);
    expect((await ask(bia, 'GET', '/api/session')).status).toBe(200);
    const done = await ask({}, 'POST', '/api/session/reset', { code: json.code, password: novo });
    expect(done).toMatchObject({ status: 200, json: { user: 'bia' } });
    expect((await ask(bia, 'GET', '/api/session')).status).toBe(401);
    await expect(app.cookieOf('bia', password)).rejects.toThrow();
    await app.cookieOf('bia', novo);
    expect((await ask({}, 'POST', '/api/session/reset', { code: json.code, password: novo })).status).toBe(
      401,
    );
    expect(JSON.stringify(app.deps.logged)).not.toContain(json.code);
  });

  test('a reset link ends with its hour, its person being disabled, and is given within reach only', async () => {
    const admin = await enter('caio', 'admin');
    await enter('bia', 'operador');
    expect((await ask(admin, 'POST', '/api/users/ana/reset-code', {})).code).toBe('forbidden');
    const reset = async (): Promise<string> =>
      (await ask<{ code: string }>(admin, 'POST', '/api/users/bia/reset-code', {})).json.code;
    const late = await reset();
    app.deps.advance(3_600_000);
    expect((await ask({}, 'POST', '/api/session/reset', { code: late, password })).status).toBe(401);
    const code = await reset();
    await ask(await ana(), 'PATCH', '/api/users/bia', { desativado: true });
    expect((await ask({}, 'POST', '/api/session/reset', { code, password })).status).toBe(401);
    expect((await ask(admin, 'POST', '/api/users/bia/reset-code', {})).status).toBe(404);
  });

  test('short ones are refused everywhere; the own one is changed by saying the present one, and no other way', async () => {
    const headers = await ana();
    const short = '123456789';
    for (const [method, path, body] of [
      ['PUT', '/api/session/password', { atual: ownerPassword, nova: short }],
      ['POST', '/api/users', { user: 'x', nome: 'x', role: 'leitor', password: short }],
      ['POST', '/api/session/reset', { code: 'a'.repeat(26), password: short }],
      ['POST', '/api/invites/accept', { code: 'a'.repeat(26), user: 'x', nome: 'x', password: short }],
    ] as const)
      expect((await ask(headers, method, path, body)).status, path).toBe(422);
    expect((await ask(headers, 'PATCH', '/api/users/ana', { password })).code).toBe('forbidden');
    expect((await ask(headers, 'PUT', '/api/session/password', { atual: 'x', nova: password })).code).toBe(
      'login_failed',
    );
    expect(
      (await ask(headers, 'PUT', '/api/session/password', { atual: ownerPassword, nova: password })).status,
    ).toBe(204);
  });
});

describe('sessions', () => {
  test('one sees where one is logged in, ends one of them, or all others; a token sees and ends none', async () => {
    const [first, second, third] = [await ana(), await ana(), await ana()];
    const list = await ask<{ rows: SessionRow[] }>(first, 'GET', '/api/sessions');
    expect(list.json.rows).toHaveLength(3);
    expect(list.json.rows.filter(({ atual }) => atual)).toHaveLength(1);
    expect(list.json.rows[0]).toMatchObject({ endereco: '10.0.0.9', agente: 'test' });
    const mine = await ask<{ rows: SessionRow[] }>(second, 'GET', '/api/sessions');
    const id = mine.json.rows.find(({ atual }) => atual)?.id;
    expect((await ask(first, 'DELETE', `/api/sessions/${id}`)).status).toBe(204);
    expect((await ask(second, 'GET', '/api/session')).status).toBe(401);
    expect((await ask(first, 'DELETE', `/api/sessions/${id}`)).status).toBe(404);
    expect((await ask(first, 'DELETE', '/api/sessions')).status).toBe(204);
    expect((await ask(third, 'GET', '/api/session')).status).toBe(401);
    expect((await ask(first, 'GET', '/api/session')).status).toBe(200);
    const { json } = await ask<TokenCreated>(first, 'POST', '/api/tokens', { nome: 't' });
    for (const [method, path] of [
      ['GET', '/api/sessions'],
      ['DELETE', '/api/sessions'],
    ] as const)
      expect((await ask(bearer(json.token), method, path)).code).toBe('forbidden');
  });

  test('who manages people sees and ends the sessions and tokens of those within reach', async () => {
    const admin = await enter('caio', 'admin');
    const bia = await enter('bia', 'operador');
    const token = await ask<TokenCreated>(bia, 'POST', '/api/tokens', { nome: 'robô' });
    const list = await ask<{ rows: SessionRow[] }>(admin, 'GET', '/api/users/bia/sessions');
    expect(list.json.rows).toMatchObject([{ atual: false, agente: 'test' }]);
    const tokens = await ask<{ rows: object[] }>(admin, 'GET', '/api/users/bia/tokens');
    expect(tokens.json.rows).toMatchObject([{ nome: 'robô', id: token.json.id }]);
    expect(JSON.stringify(tokens.json)).not.toContain(token.json.token);
    expect((await ask(admin, 'DELETE', `/api/users/bia/tokens/${token.json.id}`)).status).toBe(204);
    expect((await ask(bearer(token.json.token), 'GET', '/api/session')).status).toBe(401);
    expect((await ask(admin, 'DELETE', '/api/users/bia/sessions')).status).toBe(204);
    expect((await ask(bia, 'GET', '/api/session')).status).toBe(401);
    for (const path of ['/api/users/ana/sessions', '/api/users/ana/tokens'])
      expect((await ask(admin, 'GET', path)).code, path).toBe('forbidden');
    expect((await ask(admin, 'DELETE', '/api/users/ana/sessions')).code).toBe('forbidden');
  });
});

describe('tokens', () => {
  const token = (headers: Headers, body: object) => ask<TokenCreated>(headers, 'POST', '/api/tokens', body);

  test('a token carries the part of the rights that was named, and never more than its person has', async () => {
    const bia = await enter('bia', 'operador');
    expect((await token(bia, { nome: 't', permissoes: ['devices:manage'] })).code).toBe('forbidden');
    const { json } = await token(bia, { nome: 't', permissoes: ['jobs:view', 'estoque:edit'] });
    const headers = bearer(json.token);
    expect((await ask(headers, 'GET', '/api/jobs')).status).toBe(200);
    expect((await ask(headers, 'GET', '/api/history/summary')).status).toBe(403);
    await ask(await ana(), 'PATCH', '/api/users/bia', { role: 'leitor' });
    expect((await ask(headers, 'GET', '/api/jobs')).status).toBe(200);
    expect((await ask(headers, 'POST', '/api/estoque/movimentos', {})).status).toBe(403);
  });

  test('a token makes no token that carries more, and one with a part does not run the installation', async () => {
    const narrow = await token(await ana(), { nome: 't', permissoes: ['jobs:view', 'people:manage'] });
    const headers = bearer(narrow.json.token);
    expect((await token(headers, { nome: 'u', permissoes: ['jobs:create'] })).code).toBe('forbidden');
    const same = await token(headers, { nome: 'u' });
    expect(same.json.permissoes.sort()).toEqual(['jobs:view', 'people:manage']);
    expect(
      (await ask(headers, 'POST', '/api/users', { user: 'x', nome: 'x', role: 'admin', password })).code,
    ).toBe('forbidden');
    expect((await ask(headers, 'GET', '/api/orgs')).status).toBe(403);
    expect((await ask(headers, 'POST', '/api/users/ana/reset-code', {})).code).toBe('forbidden');
    const whole = await token(await ana(), { nome: 'todo' });
    expect((await ask(bearer(whole.json.token), 'GET', '/api/orgs')).status).toBe(200);
  });

  test('a token makes none that outlives it', async () => {
    const end = app.deps.now() + 60_000;
    const short = bearer((await token(await ana(), { nome: 't', expira_em: end })).json.token);
    expect((await token(short, { nome: 'u', expira_em: end + 1 })).code).toBe('forbidden');
    // Without a word on its end it has that of the one that made it.
    for (const expira_em of [null, undefined, end])
      expect((await token(short, { nome: 'u', expira_em })).json).toMatchObject({ expira_em: end });
    const long = bearer((await token(await ana(), { nome: 't' })).json.token);
    expect((await token(long, { nome: 'u' })).json).toMatchObject({ expira_em: null });
  });

  test('its end is within two years, or none', async () => {
    const headers = await ana();
    const make = async (expira_em: unknown) =>
      (await ask(headers, 'POST', '/api/tokens', { nome: 't', expira_em })).json;
    const twoYears = app.deps.now() + 2 * 366 * 86_400_000;
    for (const expira_em of [9_007_199_254_740_990, twoYears + 1])
      expect(await make(expira_em)).toMatchObject({
        ...{ status: 422, code: 'invalid' },
        errors: [{ path: 'expira_em', message: expect.stringContaining('within two years') }],
      });
    for (const expira_em of [twoYears, null]) expect(await make(expira_em)).toMatchObject({ expira_em });
  });

  test('it ends on its day', async () => {
    const expira_em = app.deps.now() + 1_000;
    const { json } = await token(await ana(), { nome: 't', expira_em });
    expect((await ask(bearer(json.token), 'GET', '/api/session')).status).toBe(200);
    app.deps.advance(1_000);
    expect((await ask(bearer(json.token), 'GET', '/api/session')).status).toBe(401);
    expect((await token(await ana(), { nome: 't', expira_em })).status).toBe(422);
  });
});

test('every act about people is in the audit, with who did it and from where, and no secret', async () => {
  const bia = await enter('bia', 'operador');
  const code = (await ask<InviteCreated>(await ana(), 'POST', '/api/invites', { nome: 'x', role: 'leitor' }))
    .json.code;
  await ask({}, 'POST', '/api/invites/accept', { code, user: 'eva', nome: 'Eva', password });
  await ask(bia, 'POST', '/api/tokens', { nome: 't' });
  await ask(await ana(), 'PATCH', '/api/users/bia', { desativado: true });
  await ask(await ana(), 'POST', '/api/users/eva/reset-code', {});
  await ask(await ana(), 'DELETE', '/api/users/eva/sessions');
  const rows = await app.deps.store.listAudit('demo', { limit: 50 });
  const acts = new Map(rows.map((row) => [row.acao, row]));
  for (const acao of [
    'user.create',
    'user.change',
    'invite.create',
    'token.issue',
    'password-reset.issue',
    'session.end',
  ])
    expect(acts.get(acao), acao).toMatchObject({ endereco: '10.0.0.9' });
  expect(rows.find((row) => row.alvo === 'user:eva' && row.acao === 'user.create')).toMatchObject({
    quem: 'eva',
  });
  expect(JSON.stringify(rows)).not.toMatch(new RegExp(`scrypt|${password}|${code}|yg[stm]_`));
  expect((await problemFrom(await app.send('GET', '/api/users'))).status).toBe(401);
});
