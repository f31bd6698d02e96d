import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { issueLoginCode } from '../flows/issue-login-code.ts';
import { openSetup } from '../flows/setup.ts';
import { addOrg, ownerPassword } from '../identity/test-deps.ts';
import { openTestApp, origin, problemFrom, type TestApp } from './test-app.ts';

let kitchen: TestApp;
const open = async (...args: Parameters<typeof openTestApp>): Promise<void> => {
  await kitchen?.deps.close();
  kitchen = await openTestApp(...args);
};
beforeEach(() => open());
afterEach(() => kitchen.deps.close());
const logIn = (body: unknown, headers: Record<string, string> = {}) =>
  kitchen.send('POST', '/api/session', { body, headers });
const cookieFrom = (answer: Response): string => answer.headers.get('set-cookie')?.split(';')[0] ?? '';

describe('first run', () => {
  const setup = (code: string, more: object = {}) => ({
    code,
    org: 'casa',
    org_nome: 'Casa',
    user: 'ana',
    nome: 'Ana',
    password: ownerPassword,
    ...more,
  });

  test('the page asks whether setup is needed, does it, and is logged in', async () => {
    await open({ empty: true });
    expect(await (await kitchen.send('GET', '/api/setup')).json()).toEqual({ needed: true });
    const code = (await openSetup(kitchen.deps))?.code ?? '';
    const answer = await kitchen.send('POST', '/api/setup', { body: setup(code) });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({
      user: 'ana',
      org: 'casa',
      org_nome: 'Casa',
      role: 'dono',
      plataforma: true,
      development: false,
    });
    const session = await kitchen.send('GET', '/api/session', { headers: { Cookie: cookieFrom(answer) } });
    expect(session.status).toBe(200);
    expect(await (await kitchen.send('GET', '/api/setup')).json()).toEqual({ needed: false });
  });

  test.each([
    ['a reserved org', { org: 'u' }, 'org'],
    ['a wildcard as org', { org: 'a/#' }, 'org'],
    ['a short password', { password: 'short' }, 'password'],
    ['no such time zone', { fuso: 'Mars/Olympus' }, 'fuso'],
    ['an org name of nothing', { org_nome: '   ' }, 'org_nome'],
  ])('%s is refused before the code is used up', async (_title, more, path) => {
    await open({ empty: true });
    const code = (await openSetup(kitchen.deps))?.code ?? '';
    const problem = await problemFrom(await kitchen.send('POST', '/api/setup', { body: setup(code, more) }));
    expect(problem).toMatchObject({ code: 'invalid', errors: [{ path }] });
    expect((await kitchen.send('POST', '/api/setup', { body: setup(code) })).status).toBe(201);
  });

  test('a wrong code is refused, and a second owner is never made', async () => {
    expect(await problemFrom(await kitchen.send('POST', '/api/setup', { body: setup('x') }))).toMatchObject({
      status: 409,
      code: 'setup_done',
    });
  });
});

describe('login', () => {
  test('the cookie is HttpOnly, SameSite=Lax, and Secure under TLS only', async () => {
    const plain = await logIn({ user: 'ana', password: ownerPassword });
    expect(plain.headers.get('set-cookie')).toMatch(
      /^yaguts=ygs_[\w-]+; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    await open({ env: { YAGUTS_TRUSTED_PROXIES: '10.0.0.9' } });
    const tls = await logIn({ user: 'ana', password: ownerPassword }, { 'X-Forwarded-Proto': 'https' });
    expect(tls.headers.get('set-cookie')).toMatch(/^__Host-yaguts=ygs_.*; Secure; SameSite=Lax$/);
  });

  test('X-Forwarded-Proto of a stranger changes nothing', async () => {
    const answer = await logIn({ user: 'ana', password: ownerPassword }, { 'X-Forwarded-Proto': 'https' });
    expect(answer.headers.get('set-cookie')).not.toContain('Secure');
  });

  test('a wrong password, an unknown user and a disabled one read the same', async () => {
    const answers = [
      await logIn({ user: 'ana', password: 'wrong' }),
      await logIn({ user: 'nobody', password: 'wrong' }),
    ];
    const problems = await Promise.all(answers.map(problemFrom));
    for (const problem of problems) expect(problem).toMatchObject({ status: 401, code: 'login_failed' });
    expect(problems[0]?.detail).toBe(problems[1]?.detail);
    for (const answer of answers) expect(answer.headers.get('set-cookie')).toBeNull();
  });

  test('after five failures the answer says when to try again', async () => {
    for (let n = 0; n < 5; n++) await logIn({ user: 'ana', password: 'wrong' });
    const refused = await logIn({ user: 'ana', password: ownerPassword });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await problemFrom(refused)).toMatchObject({ status: 429, code: 'rate_limited' });
  });

  test('a second login in the same browser ends the session before', async () => {
    const first = cookieFrom(await logIn({ user: 'ana', password: ownerPassword }));
    const again = await logIn({ user: 'ana', password: ownerPassword }, { Cookie: first, Origin: origin });
    expect((await kitchen.send('GET', '/api/session', { headers: { Cookie: first } })).status).toBe(401);
    expect(
      (await kitchen.send('GET', '/api/session', { headers: { Cookie: cookieFrom(again) } })).status,
    ).toBe(200);
  });

  test('a one-time code logs in once', async () => {
    const { code } = await issueLoginCode(kitchen.deps, { org: 'demo', user: 'ana' });
    const send = () => kitchen.send('POST', '/api/session/code', { body: { code } });
    expect(await (await send()).json()).toMatchObject({ user: 'ana' });
    expect(await problemFrom(await send())).toMatchObject({ code: 'login_failed' });
  });

  test.each([
    [{}],
    [{ user: 'ana' }],
    [{ user: 'ANA', password: 'x' }],
    [{ user: '+/#', password: 'x' }],
    [{ user: 'ana', password: 7 }],
    [{ user: 'ana', password: 'x'.repeat(129) }],
    [{ user: { $ne: null }, password: 'x' }],
  ])('%j is no login', async (body) => {
    expect(await problemFrom(await logIn(body))).toMatchObject({ status: 422, code: 'invalid' });
  });
});

describe('a session', () => {
  test('gives an MQTT token that a personal token cannot have', async () => {
    const cookie = await kitchen.cookieOf('ana');
    const answer = await kitchen.send('POST', '/api/session/mqtt-token', { headers: cookie, body: {} });
    expect(await answer.json()).toMatchObject({
      url: '/mqtt',
      username: 'u.ana',
      token: expect.stringMatching(/^ygm_/),
      expires_at: kitchen.deps.now() + 300_000,
    });
    const made = await kitchen.send('POST', '/api/tokens', { headers: cookie, body: { nome: 'x' } });
    const { token } = (await made.json()) as { token: string };
    const bearer = { Authorization: `Bearer ${token}` };
    for (const [method, path] of [
      ['POST', '/api/session/mqtt-token'],
      ['DELETE', '/api/session'],
      ['PUT', '/api/session/password'],
    ] as const)
      expect(
        (await kitchen.send(method, path, { headers: bearer, body: { atual: 'x', nova: 'y'.repeat(10) } }))
          .status,
      ).toBe(403);
  });

  test('ends by logout, which takes the cookie away', async () => {
    const cookie = await kitchen.cookieOf('ana');
    const answer = await kitchen.send('DELETE', '/api/session', { headers: cookie });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('set-cookie')).toMatch(/^yaguts=; Max-Age=0; Path=\//);
    expect((await kitchen.send('GET', '/api/session', { headers: cookie })).status).toBe(401);
  });

  test('changes its password with the present one, and ends everywhere', async () => {
    const cookie = await kitchen.cookieOf('ana');
    const change = (atual: string, nova: string) =>
      kitchen.send('PUT', '/api/session/password', { headers: cookie, body: { atual, nova } });
    expect((await change('wrong', 'a new long password')).status).toBe(401);
    expect((await change(ownerPassword, 'short')).status).toBe(422);
    expect((await change(ownerPassword, 'a new long password')).status).toBe(204);
    expect((await kitchen.send('GET', '/api/session', { headers: cookie })).status).toBe(401);
    expect((await logIn({ user: 'ana', password: 'a new long password' })).status).toBe(200);
  });
});

describe('people, tokens, org, audit', () => {
  const bia = { user: 'bia', nome: 'Bia', role: 'leitor', password: 'another long one' };
  const asAna = async (method: string, path: string, body?: unknown) =>
    kitchen.send(method, path, {
      headers: await kitchen.cookieOf('ana'),
      ...(body !== undefined && { body }),
    });
  const asBia = async (method: string, path: string, body?: unknown) =>
    kitchen.send(method, path, {
      headers: await kitchen.cookieOf('bia', bia.password),
      ...(body !== undefined && { body }),
    });

  test('the owner makes a person, who may do what their role allows', async () => {
    expect((await asAna('POST', '/api/users', bia)).status).toBe(201);
    expect(await problemFrom(await asAna('POST', '/api/users', bia))).toMatchObject({
      code: 'already_exists',
    });
    expect(await (await asBia('GET', '/api/users')).json()).toMatchObject({ rows: [{ user: 'bia' }] });
    expect(await problemFrom(await asBia('POST', '/api/users', { ...bia, user: 'caio' }))).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
    expect((await asBia('GET', '/api/audit')).status).toBe(403);
    expect((await asBia('PATCH', '/api/org', { nome: 'x' })).status).toBe(403);
    expect((await asBia('GET', '/api/websocket/stats')).status).toBe(403);
  });

  test('no answer ever holds a password', async () => {
    await asAna('POST', '/api/users', bia);
    const texts = await Promise.all([
      (await asAna('GET', '/api/users')).text(),
      (await asAna('GET', '/api/audit')).text(),
    ]);
    for (const text of texts) expect(text).not.toMatch(/scrypt|senha":"(?!nova)|another long one/);
  });

  test('a person is disabled, and their cookie opens nothing any more', async () => {
    await asAna('POST', '/api/users', bia);
    const cookie = await kitchen.cookieOf('bia', bia.password);
    expect(await (await asAna('PATCH', '/api/users/bia', { desativado: true })).json()).toMatchObject({
      user: 'bia',
      desativado_em: kitchen.deps.now(),
    });
    expect((await kitchen.send('GET', '/api/session', { headers: cookie })).status).toBe(401);
    expect(await problemFrom(await asAna('PATCH', '/api/users/ana', { desativado: true }))).toMatchObject({
      code: 'conflict',
    });
    expect((await asAna('PATCH', '/api/users/nobody', { nome: 'x' })).status).toBe(404);
    expect((await asAna('PATCH', '/api/users/%23', { nome: 'x' })).status).toBe(404);
  });

  test('nobody logs in as somebody else: who forgot the password is given a link to choose another one', async () => {
    await asAna('POST', '/api/users', bia);
    expect((await asAna('POST', '/api/users/bia/login-code', {})).status).toBe(404);
    expect((await asAna('POST', '/api/users/ana/login-code', {})).status).toBe(404);
    const made = (await (await asAna('POST', '/api/users/bia/reset-code', {})).json()) as { code: string };
    // What the link opens is no login: it costs the old password, and the acts say who asked for it and who used it.
    expect((await kitchen.send('POST', '/api/session/code', { body: { code: made.code } })).status).toBe(401);
    const body = { code: made.code, password: 'chosen by bia alone' };
    expect((await kitchen.send('POST', '/api/session/reset', { body })).status).toBe(200);
    await expect(kitchen.cookieOf('bia', bia.password)).rejects.toThrow();
    const acts = await kitchen.deps.store.listAudit('demo', { limit: 2 });
    expect(acts.map(({ acao, quem, alvo }) => [acao, quem, alvo])).toEqual([
      ['password-reset.use', 'bia', 'user:bia'],
      ['password-reset.issue', 'ana', 'user:bia'],
    ]);
  });

  test('a token is shown once, listed without its secret, and revoked', async () => {
    const made = (await (await asAna('POST', '/api/tokens', { nome: 'script' })).json()) as {
      id: string;
      token: string;
    };
    const list = await (await asAna('GET', '/api/tokens')).text();
    expect(list).toContain(made.id);
    expect(list).not.toContain(made.token);
    expect((await asAna('DELETE', `/api/tokens/${made.id}`)).status).toBe(204);
    expect((await asAna('DELETE', `/api/tokens/${made.id}`)).status).toBe(404);
    const answer = await kitchen.send('GET', '/api/session', {
      headers: { Authorization: `Bearer ${made.token}` },
    });
    expect(answer.status).toBe(401);
  });

  test('settings of the org are changed in part, within their bounds', async () => {
    expect(
      await (await asAna('PATCH', '/api/org', { fuso: 'Europe/Lisbon', limite_g: 12.5 })).json(),
    ).toMatchObject({
      org: 'demo',
      nome: 'Cozinha demo',
      fuso: 'Europe/Lisbon',
      limite_g: 12.5,
    });
    for (const bad of [
      { fuso: 'Nowhere' },
      { limite_multiplicador: 0 },
      { retencao_dias: 1 },
      { idioma: 'tlh' },
    ])
      expect((await asAna('PATCH', '/api/org', bad)).status).toBe(422);
    expect(await (await asAna('GET', '/api/org')).json()).toMatchObject({ fuso: 'Europe/Lisbon' });
  });

  test('the audit is read page by page, newest first, and holds', async () => {
    for (let n = 0; n < 4; n++) await asAna('PATCH', '/api/org', { nome: `Nome ${n}` });
    const page = async (query: string) =>
      (await (await asAna('GET', `/api/audit?${query}`)).json()) as {
        rows: { n: number; acao: string; depois: { nome?: string } }[];
        proximo: string | null;
      };
    const first = await page('limit=3');
    expect(first.rows.map((row) => row.n)).toEqual([5, 4, 3]);
    expect(first.rows[0]).toMatchObject({ acao: 'org.change', quem: 'ana', depois: { nome: 'Nome 3' } });
    const second = await page(`limit=3&cursor=${first.proximo}`);
    expect(second.rows.map((row) => row.acao)).toEqual(['org.change', 'org.setup']);
    expect(second.proximo).toBeNull();
    expect((await kitchen.deps.store.verifyAudit('demo')).broken).toBeUndefined();
    for (const bad of ['limit=0', 'limit=201', 'limit=x', 'cursor=-1', 'page=2'])
      expect((await asAna('GET', `/api/audit?${bad}`)).status).toBe(422);
  });

  test('the platform operator sees the connections of every org, another owner does not', async () => {
    expect(await (await asAna('GET', '/api/websocket/stats')).json()).toEqual({
      totalClients: 2,
      organizationsConnected: 1,
      clientsByOrg: { demo: 2 },
    });
    await addOrg(kitchen.deps, 'outra', 'dora');
    const asDora = { headers: await kitchen.cookieOf('dora') };
    expect((await kitchen.send('GET', '/api/websocket/stats', asDora)).status).toBe(403);
  });

  test('nothing of one org is seen or changed from another', async () => {
    await addOrg(kitchen.deps, 'outra', 'dora');
    const headers = await kitchen.cookieOf('dora');
    const asDora = (method: string, path: string, body?: unknown) =>
      kitchen.send(method, path, { headers, ...(body !== undefined && { body }) });
    expect(await (await asDora('GET', '/api/users')).json()).toMatchObject({ rows: [{ user: 'dora' }] });
    expect(await (await asDora('GET', '/api/audit')).json()).toMatchObject({ rows: [] });
    expect((await asDora('PATCH', '/api/users/ana', { desativado: true })).status).toBe(404);
    expect((await asDora('POST', '/api/users/ana/reset-code', {})).status).toBe(404);
    expect((await asDora('POST', '/api/events', { type: 'x', user: 'ana' })).status).toBe(404);
  });

  test('events of an integration reach the org or one person; those of the platform are refused', async () => {
    const { notified } = kitchen.deps;
    expect((await asAna('POST', '/api/events', { type: 'oven:hot', data: { c: 220 } })).status).toBe(202);
    expect((await asAna('POST', '/api/events', { type: 'hello', user: 'ana' })).status).toBe(202);
    expect(notified).toEqual([
      { org: 'demo', type: 'oven:hot', data: { c: 220 } },
      { org: 'demo', type: 'hello', data: {}, user: 'ana' },
    ]);
    for (const type of [
      'task:created',
      'agent:x',
      'device:online',
      'estoque:low',
      'permission:pending',
      'connected',
      'a/b',
      '+',
      'A',
    ])
      expect(await problemFrom(await asAna('POST', '/api/events', { type })), type).toMatchObject({
        code: 'invalid',
      });
    expect(
      (await asAna('POST', '/api/events', { type: 'big', data: { x: 'y'.repeat(20_000) } })).status,
    ).toBe(422);
    expect(notified).toHaveLength(2);
  });
});
