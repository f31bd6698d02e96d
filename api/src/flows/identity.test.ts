import { AppError, type Principal } from '@yaguts/shared';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPasswordHasher } from '../identity/password.ts';
import {
  addDevice,
  addOrg,
  openTestDeps,
  ownerPassword,
  setUpDemo,
  type TestDeps,
} from '../identity/test-deps.ts';
import { authenticateMqtt, serverSecret } from './authenticate-mqtt.ts';
import { authenticateRequest } from './authenticate-request.ts';
import { issueCredential, revokeCredential } from './issue-credential.ts';
import { issueLoginCode } from './issue-login-code.ts';
import { issueMqttToken } from './issue-mqtt-token.ts';
import { issueToken, revokeToken } from './issue-token.ts';
import { login, loginByCode, type OpenedSession } from './login.ts';
import { logout } from './logout.ts';
import { changeUser, createUser } from './save-user.ts';
import { openSetup, setUp } from './setup.ts';
import { sweepIdentity } from './sweep-identity.ts';

let deps: TestDeps;
beforeEach(async () => {
  deps = await openTestDeps();
});
afterEach(() => deps.close());

const here = { address: '10.0.0.9', agent: 'test' };
const minute = 60_000;
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'no error';
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
};
const ana = (password = ownerPassword): Promise<OpenedSession> =>
  login(deps, { user: 'ana', password }, here);
const sessionId = (session: OpenedSession): string => deps.sealer.seal(session.secret);
const connect = (username: string, password: string, clientId = username): Promise<Principal | undefined> =>
  authenticateMqtt(deps, { username, password: Buffer.from(password), clientId, address: '10.0.0.9' });

const setupInput = (code: string) => ({
  code,
  org: 'demo',
  org_nome: 'Demo',
  user: 'ana',
  nome: 'Ana',
  password: ownerPassword,
  fuso: 'America/Sao_Paulo',
});

describe('first-run setup', () => {
  test('the code makes the owner, who may do everything, and closes the door behind', async () => {
    const opened = await openSetup(deps);
    await setUp(deps, setupInput(opened?.code.toUpperCase() ?? ''), '::1');
    expect(await openSetup(deps)).toBeUndefined();
    expect(await codeOf(setUp(deps, setupInput(opened?.code ?? ''), '::1'))).toBe('setup_done');
    expect(await deps.store.findUser('ana')).toMatchObject({
      org_id: 'demo',
      role: 'dono',
      plataforma: true,
    });
    expect(await deps.store.listAudit('demo', { limit: 10 })).toMatchObject([
      { acao: 'org.setup', quem: 'ana', endereco: '::1' },
    ]);
  });

  test('five wrong codes use it up, so that the right one comes too late', async () => {
    const opened = await openSetup(deps);
    for (let i = 0; i < 5; i++) expect(await codeOf(setUp(deps, setupInput('wrong'), ''))).toBe('setup_code');
    expect(await codeOf(setUp(deps, setupInput(opened?.code ?? ''), ''))).toBe('setup_code');
    expect(await deps.store.hasAccount()).toBe(false);
  });

  test('the code ends after an hour, and a new start replaces the one before', async () => {
    const first = await openSetup(deps);
    const second = await openSetup(deps);
    expect(await codeOf(setUp(deps, setupInput(first?.code ?? ''), ''))).toBe('setup_code');
    deps.advance(60 * minute);
    expect(await codeOf(setUp(deps, setupInput(second?.code ?? ''), ''))).toBe('setup_code');
  });

  test('two people with the same code at once make one owner', async () => {
    const code = (await openSetup(deps))?.code ?? '';
    const answers = await Promise.all([
      codeOf(setUp(deps, setupInput(code), '')),
      codeOf(setUp(deps, { ...setupInput(code), org: 'other', user: 'bia' }, '')),
    ]);
    expect(answers.sort()).toEqual(['no error', 'setup_done']);
  });
});

describe('login', () => {
  beforeEach(() => setUpDemo(deps));

  test('a session is found by its cookie until it is logged out', async () => {
    const session = await ana();
    expect(await authenticateRequest(deps, { cookie: session.secret })).toMatchObject({
      kind: 'user',
      org: 'demo',
      user: 'ana',
      via: 'session',
      plataforma: true,
    });
    await logout(deps, { org: 'demo', id: sessionId(session) });
    expect(await authenticateRequest(deps, { cookie: session.secret })).toBeUndefined();
  });

  test('a new login makes a new secret, and the database holds none of them', async () => {
    const [first, second] = [await ana(), await ana()];
    expect(first.secret).not.toBe(second.secret);
    const stored = JSON.stringify(await deps.store.findSession(sessionId(first)));
    expect(stored).not.toContain(first.secret);
  });

  test('a password hashed at an older cost is hashed again at the next login', async () => {
    const old = await createPasswordHasher({ N: 2 ** 3, r: 8, p: 1 }).hash(ownerPassword);
    await deps.store.replaceHash('ana', old);
    await ana();
    expect((await deps.store.findUser('ana'))?.senha).toMatch(/^scrypt\$16\$8\$1\$/);
    await ana();
  });

  test('a disk that is full keeps nobody out who was in', async () => {
    const session = await ana();
    const made = await issueToken(deps, { org: 'demo', user: 'ana' }, { nome: 'x', expira_em: null });
    deps.advance(2 * 60 * minute);
    const full = async (): Promise<never> => {
      throw new Error('database or disk is full');
    };
    const store = { ...deps.store, touchSession: full, markTokenUsed: full };
    for (const credential of [{ cookie: session.secret }, { authorization: `Bearer ${made.token}` }])
      expect(await authenticateRequest({ ...deps, store }, credential)).toMatchObject({ user: 'ana' });
    expect(deps.logged.filter((line) => line.event === 'use_not_noted')).toHaveLength(2);
  });

  test('a stranger who guesses codes holds up nobody else’s link', async () => {
    const link = await issueLoginCode(deps, { org: 'demo', user: 'ana' });
    const guess = () =>
      codeOf(loginByCode(deps, 'aaaaaaaaaaaaaaaaaaaaaaaaaa', { ...here, address: '6.6.6.6' }));
    const answers = [];
    for (let n = 0; n < 6; n++) answers.push(await guess());
    expect(answers.at(-1)).toBe('rate_limited');
    expect(await loginByCode(deps, link.code, here)).toMatchObject({ user: 'ana' });
  });

  test('a person logs in to MQTT and HTTP by Basic with a personal token too', async () => {
    const made = await issueToken(deps, { org: 'demo', user: 'ana' }, { nome: 'x', expira_em: null });
    const basic = (user: string) => ({
      authorization: `Basic ${Buffer.from(`${user}:${made.token}`).toString('base64')}`,
    });
    expect(await authenticateRequest(deps, basic('u.ana'))).toMatchObject({ user: 'ana' });
    expect(await authenticateRequest(deps, basic('u.bia'))).toBeUndefined();
  });

  test('a wrong password and an unknown user get the same answer', async () => {
    const wrong = ana('wrong').catch((error: Error) => error.message);
    const unknown = login(deps, { user: 'nobody', password: 'wrong' }, here).catch((e: Error) => e.message);
    expect(await wrong).toBe(await unknown);
  });

  test('after five failures of an account each try waits longer, even with the right password', async () => {
    const from = (n: number) => ({ ...here, address: `10.0.1.${n}` });
    const fail = (n: number) => login(deps, { user: 'ana', password: 'wrong' }, from(n));
    for (let n = 0; n < 5; n++) expect(await codeOf(fail(n))).toBe('login_failed');
    const refused = await login(deps, { user: 'ana', password: ownerPassword }, from(9)).catch((e) => e);
    expect(refused).toMatchObject({ code: 'rate_limited', retryAfterS: 1 });
    deps.advance(1_000);
    expect(await codeOf(fail(10))).toBe('login_failed');
    expect(await fail(11).catch((e) => e)).toMatchObject({ code: 'rate_limited', retryAfterS: 2 });
    deps.advance(2_000);
    await login(deps, { user: 'ana', password: ownerPassword }, from(12));
    expect(await codeOf(fail(13))).toBe('login_failed');
  });

  test('an address that tries many accounts waits too, and never longer than 15 minutes', async () => {
    for (let n = 0; n < 20; n++) {
      const attempt = () => login(deps, { user: `p${n}`, password: 'x' }, here).catch((e) => e);
      const error = await attempt();
      if (error.code !== 'rate_limited') continue;
      deps.advance(error.retryAfterS * 1_000);
      expect(await attempt()).toMatchObject({ code: 'login_failed' });
    }
    const error = await ana().catch((e) => e);
    expect(error.code).toBe('rate_limited');
    expect(error.retryAfterS).toBeLessThanOrEqual(15 * 60);
    expect(error.retryAfterS).toBeGreaterThan(5 * 60);
  });

  test('a hundred tries at once are counted as a hundred', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => codeOf(ana('wrong'))));
    expect(answers.filter((code) => code === 'login_failed')).toHaveLength(5);
  });

  test('a session ends without use, and in any case after its absolute life', async () => {
    const idle = await ana();
    deps.advance(deps.sessionLife.idleMs);
    expect(await authenticateRequest(deps, { cookie: idle.secret })).toBeUndefined();

    const used = await ana();
    for (let day = 0; day < 29; day++) {
      deps.advance(86_400_000);
      expect(await authenticateRequest(deps, { cookie: used.secret })).toBeDefined();
    }
    deps.advance(86_400_000);
    expect(await authenticateRequest(deps, { cookie: used.secret })).toBeUndefined();
  });

  test('expired sessions are swept and their live connections closed', async () => {
    const session = await ana();
    const token = await issueMqttToken(deps, { org: 'demo', user: 'ana', id: sessionId(session) });
    const principal = await connect(token.username, token.token);
    deps.connections.push(principal as Principal);
    expect(await sweepIdentity(deps)).toBe(0);
    deps.advance(deps.sessionLife.idleMs);
    expect(await sweepIdentity(deps)).toBe(1);
    expect(deps.connections).toEqual([]);
    expect(await deps.store.findSession(sessionId(session))).toBeUndefined();
  });

  test('a login link works once, within the hour', async () => {
    const link = await issueLoginCode(deps, { org: 'demo', user: 'ana' });
    expect(await loginByCode(deps, link.code, here)).toMatchObject({ user: 'ana', org: 'demo' });
    expect(await codeOf(loginByCode(deps, link.code, here))).toBe('login_failed');
    const late = await issueLoginCode(deps, { org: 'demo', user: 'ana' });
    deps.advance(60 * minute);
    expect(await codeOf(loginByCode(deps, late.code, here))).toBe('login_failed');
    expect(await codeOf(issueLoginCode(deps, { org: 'other', user: 'ana' }))).toBe('not_found');
  });
});

describe('MQTT credentials', () => {
  beforeEach(async () => {
    await setUpDemo(deps);
    await addDevice(deps, 'demo', 'cozinha');
  });

  test('a browser connects with a token of five minutes that is bound to its session', async () => {
    const session = await ana();
    const issue = () => issueMqttToken(deps, { org: 'demo', user: 'ana', id: sessionId(session) });
    const first = await issue();
    expect(await connect('u.ana', first.token, 'u.ana.tab1')).toMatchObject({ user: 'ana', via: 'session' });
    expect(await connect('u.bia', first.token)).toBeUndefined();
    deps.advance(5 * minute);
    expect(await connect('u.ana', first.token)).toBeUndefined();
    const second = await issue();
    await logout(deps, { org: 'demo', id: sessionId(session) });
    expect(await connect('u.ana', second.token)).toBeUndefined();
  });

  test('logging out closes the connections of that session only', async () => {
    const [one, two] = [await ana(), await ana()];
    for (const session of [one, two]) {
      const token = await issueMqttToken(deps, { org: 'demo', user: 'ana', id: sessionId(session) });
      deps.connections.push((await connect(token.username, token.token)) as Principal);
    }
    await logout(deps, { org: 'demo', id: sessionId(one) });
    expect(deps.connections).toMatchObject([{ credential: `s:${sessionId(two)}` }]);
  });

  test('a personal token opens MQTT and HTTP until it is revoked', async () => {
    const made = await issueToken(deps, { org: 'demo', user: 'ana' }, { nome: 'script', expira_em: null });
    const principal = await connect('u.ana', made.token, 'mosqpub');
    expect(principal).toMatchObject({ kind: 'user', org: 'demo', user: 'ana', via: 'token' });
    expect(await authenticateRequest(deps, { authorization: `Bearer ${made.token}` })).toMatchObject({
      user: 'ana',
      via: 'token',
    });
    deps.connections.push(principal as Principal);
    await addOrg(deps, 'outra', 'bia');
    expect(await codeOf(revokeToken(deps, { org: 'outra', user: 'bia' }, made.id))).toBe('not_found');
    await revokeToken(deps, { org: 'demo', user: 'ana' }, made.id);
    expect(deps.connections).toEqual([]);
    expect(await connect('u.ana', made.token)).toBeUndefined();
    expect(await authenticateRequest(deps, { authorization: `Bearer ${made.token}` })).toBeUndefined();
    expect(await codeOf(revokeToken(deps, { org: 'demo', user: 'ana' }, made.id))).toBe('not_found');
  });

  test('a personal token ends at its date, and cannot be made for the past', async () => {
    const expira_em = deps.now() + minute;
    const made = await issueToken(deps, { org: 'demo', user: 'ana' }, { nome: 'script', expira_em });
    deps.advance(minute);
    expect(await connect('u.ana', made.token)).toBeUndefined();
    const past = issueToken(deps, { org: 'demo', user: 'ana' }, { nome: 'x', expira_em: deps.now() });
    expect(await codeOf(past)).toBe('invalid');
  });

  test('a device connects with its own secret and no other', async () => {
    await addDevice(deps, 'demo', 'bar');
    const cozinha = await issueCredential(deps, { org: 'demo', device: 'cozinha' });
    expect(cozinha).toMatchObject({ username: 'demo.cozinha', client_id: 'demo.cozinha' });
    expect(await connect('demo.cozinha', cozinha.password)).toEqual({
      kind: 'device',
      org: 'demo',
      device: 'cozinha',
      credential: `d:${cozinha.id}`,
    });
    expect(await connect('demo.bar', cozinha.password)).toBeUndefined();
    expect(await connect('demo.cozinha', `${cozinha.password}x`)).toBeUndefined();
    expect(await connect('demo.nobody', cozinha.password)).toBeUndefined();
  });

  test('a new secret ends the one before and its connection, unless both are to be valid', async () => {
    const first = await issueCredential(deps, { org: 'demo', device: 'cozinha' });
    deps.connections.push((await connect('demo.cozinha', first.password)) as Principal);
    const second = await issueCredential(deps, { org: 'demo', device: 'cozinha' }, { keep: true });
    expect(deps.connections).toHaveLength(1);
    expect(await connect('demo.cozinha', first.password)).toBeDefined();
    await revokeCredential(deps, { org: 'demo', device: 'cozinha' }, first.id);
    expect(deps.connections).toHaveLength(0);
    expect(await connect('demo.cozinha', first.password)).toBeUndefined();
    const third = await issueCredential(deps, { org: 'demo', device: 'cozinha' });
    expect(await connect('demo.cozinha', second.password)).toBeUndefined();
    expect(await connect('demo.cozinha', third.password)).toBeDefined();
  });

  test('no credential is made for a device of another org or revoked by it', async () => {
    await addOrg(deps, 'outra', 'bia');
    const made = await issueCredential(deps, { org: 'demo', device: 'cozinha' });
    expect(await codeOf(issueCredential(deps, { org: 'outra', device: 'cozinha' }))).toBe('not_found');
    expect(await codeOf(revokeCredential(deps, { org: 'outra', device: 'cozinha' }, made.id))).toBe(
      'not_found',
    );
    expect(await connect('demo.cozinha', made.password)).toBeDefined();
  });

  test('the platform connects with the secret derived for its own instance', async () => {
    const { instance } = deps.store.installation;
    expect(await connect(`_server.${instance}`, serverSecret(deps, instance))).toMatchObject({ kind: 'api' });
    expect(await connect('_server.other', serverSecret(deps, 'other'))).toBeUndefined();
  });

  test.each([
    ['no user name', undefined, 'x'],
    ['an empty one', '', ''],
    ['an unknown shape', 'a.b.c', 'x'],
    ['a wildcard', '+.#', 'x'],
    ['a reserved word', 'claim.abc', 'x'],
    ['a secret of a megabyte', 'demo.cozinha', 'x'.repeat(1_000_000)],
  ])('%s is refused', async (_title, username, password) => {
    const attempt = { clientId: 'x', address: '', password: Buffer.from(password) };
    expect(
      await authenticateMqtt(deps, username === undefined ? attempt : { ...attempt, username }),
    ).toBeUndefined();
  });

  test.each(['Basic', 'Bearer', 'Bearer ', 'Basic !!!', 'Digest abc', `Bearer ${'x'.repeat(5_000)}`, ''])(
    'the header %j is nobody',
    async (authorization) => {
      expect(await authenticateRequest(deps, { authorization })).toBeUndefined();
    },
  );

  test('an old firmware sends its credential as Basic or as Bearer', async () => {
    const { password } = await issueCredential(deps, { org: 'demo', device: 'cozinha' });
    const pair = `demo.cozinha:${password}`;
    const basic = `Basic ${Buffer.from(pair).toString('base64')}`;
    for (const authorization of [basic, `Bearer ${pair}`])
      expect(await authenticateRequest(deps, { authorization })).toMatchObject({ device: 'cozinha' });
  });
});

describe('people', () => {
  beforeEach(() => setUpDemo(deps));
  const owner = { org: 'demo', user: 'ana', permissions: ['people:manage', 'org:own'] as never[] };
  const asOwner = async () => {
    const found = await authenticateRequest(deps, { cookie: (await ana()).secret });
    return found?.kind === 'user' ? found : owner;
  };
  const bia = { user: 'bia', nome: 'Bia', role: 'operador', password: 'another long one' } as const;

  test('a person who is disabled is logged out everywhere and cannot log in', async () => {
    const actor = await asOwner();
    await createUser(deps, actor, bia);
    const session = await login(deps, bia, here);
    const token = await issueToken(deps, { org: 'demo', user: 'bia' }, { nome: 'x', expira_em: null });
    deps.connections.push((await connect('u.bia', token.token)) as Principal);
    await changeUser(deps, actor, 'bia', { desativado: true });
    expect(deps.connections).toEqual([]);
    expect(await authenticateRequest(deps, { cookie: session.secret })).toBeUndefined();
    expect(await connect('u.bia', token.token)).toBeUndefined();
    expect(await codeOf(login(deps, bia, here))).toBe('login_failed');
    await changeUser(deps, actor, 'bia', { desativado: false });
    expect(await codeOf(login(deps, bia, here))).toBe('no error');
  });

  test('another role counts from the next request, and the old sessions end', async () => {
    const actor = await asOwner();
    await createUser(deps, actor, bia);
    const before = await login(deps, bia, here);
    await changeUser(deps, actor, 'bia', { role: 'leitor' });
    expect(await authenticateRequest(deps, { cookie: before.secret })).toBeUndefined();
    const after = await login(deps, bia, here);
    const found = await authenticateRequest(deps, { cookie: after.secret });
    expect(found?.kind === 'user' && found.permissions).not.toContain('jobs:create');
  });

  test('an admin cannot make an owner, change one, or rise above', async () => {
    const actor = await asOwner();
    await createUser(deps, actor, { ...bia, role: 'admin' });
    const session = await login(deps, bia, here);
    const admin = await authenticateRequest(deps, { cookie: session.secret });
    if (admin?.kind !== 'user') throw new Error('bia is not logged in');
    expect(await codeOf(createUser(deps, admin, { ...bia, user: 'caio', role: 'dono' }))).toBe('forbidden');
    expect(await codeOf(changeUser(deps, admin, 'ana', { role: 'leitor' }))).toBe('forbidden');
    expect(await codeOf(changeUser(deps, admin, 'bia', { role: 'dono' }))).toBe('forbidden');
  });

  test('an org keeps its last owner, and a user id is taken once over all orgs', async () => {
    const actor = await asOwner();
    expect(await codeOf(changeUser(deps, actor, 'ana', { desativado: true }))).toBe('conflict');
    expect(await codeOf(changeUser(deps, actor, 'ana', { role: 'leitor' }))).toBe('conflict');
    await addOrg(deps, 'outra', 'bia');
    expect(await codeOf(createUser(deps, actor, bia))).toBe('already_exists');
    expect(await codeOf(changeUser(deps, actor, 'bia', { nome: 'x' }))).toBe('not_found');
  });
});

test('no secret is ever logged', async () => {
  await setUpDemo(deps);
  await addDevice(deps, 'demo', 'cozinha');
  const session = await ana();
  const secrets = [
    ownerPassword,
    session.secret,
    (await issueMqttToken(deps, { org: 'demo', user: 'ana', id: sessionId(session) })).token,
    (await issueToken(deps, { org: 'demo', user: 'ana' }, { nome: 'x', expira_em: null })).token,
    (await issueCredential(deps, { org: 'demo', device: 'cozinha' })).password,
    (await issueLoginCode(deps, { org: 'demo', user: 'ana' })).code,
  ];
  const lines = JSON.stringify(deps.logged);
  for (const secret of secrets) expect(lines).not.toContain(secret);
});
