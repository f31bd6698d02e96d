import type { Principal } from '@yaguts/shared';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPasswordHasher } from '../identity/password.ts';
import {
  addDevice,
  codeOf,
  entrancesOf,
  here,
  openTestDeps,
  ownerPassword,
  setUpDemo,
  setupInput,
  type TestDeps,
} from '../identity/test-deps.ts';
import { authenticateRequest } from './authenticate-request.ts';
import { issueCredential } from './issue-credential.ts';
import { issueLoginCode } from './issue-login-code.ts';
import { issueMqttToken } from './issue-mqtt-token.ts';
import { issueToken } from './issue-token.ts';
import { login, loginByCode } from './login.ts';
import { logout } from './logout.ts';
import { openSetup, setUp } from './setup.ts';
import { sweepIdentity } from './sweep-identity.ts';

let deps: TestDeps;
beforeEach(async () => {
  deps = await openTestDeps();
});
afterEach(() => deps.close());

const minute = 60_000;
const { ana, sessionId, connect } = entrancesOf(() => deps);

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

  test('changing addresses inside one IPv6 network does not start anew', async () => {
    const fail = (n: number) =>
      codeOf(login(deps, { user: `p${n}`, password: 'x' }, { ...here, address: `2001:db8::${n}` }));
    const answers = [];
    for (let n = 1; n <= 6; n++) answers.push(await fail(n));
    expect(answers).toEqual([...Array(5).fill('login_failed'), 'rate_limited']);
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
