import type { Principal } from '@yaguts/shared';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  addDevice,
  addOrg,
  codeOf,
  entrancesOf,
  openTestDeps,
  setUpDemo,
  type TestDeps,
} from '../identity/test-deps.ts';
import { authenticateMqtt, serverSecret } from './authenticate-mqtt.ts';
import { authenticateRequest } from './authenticate-request.ts';
import { claimByCode, handleClaim, issueClaimCode } from './claim-device.ts';
import { issueCredential, revokeCredential } from './issue-credential.ts';
import { issueMqttToken } from './issue-mqtt-token.ts';
import { issueToken, revokeToken } from './issue-token.ts';
import { logout } from './logout.ts';
import { sweepIdentity } from './sweep-identity.ts';

let deps: TestDeps;
beforeEach(async () => {
  deps = await openTestDeps();
});
afterEach(() => deps.close());

const minute = 60_000;
const { ana, sessionId, connect } = entrancesOf(() => deps);

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
    const forever = await issueToken(deps, { org: 'demo', user: 'ana' }, { nome: 'y', expira_em: null });
    for (const { token } of [made, forever])
      deps.connections.push((await connect('u.ana', token)) as Principal);
    await sweepIdentity(deps);
    expect(deps.connections).toHaveLength(2);
    deps.advance(minute);
    expect(await connect('u.ana', made.token)).toBeUndefined();
    // What it opened ends with it.
    await sweepIdentity(deps);
    expect(deps.connections).toMatchObject([{ credential: `t:${forever.id}` }]);
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

  test('a device without a credential says so on its topic, and each change is in the audit', async () => {
    const alerts = () => {
      const { payload } = deps.published.filter(({ key }) => key === 'deviceState').at(-1) as {
        payload: { versao: number; alertas: { code: string }[] };
      };
      return [payload.versao, payload.alertas.map(({ code }) => code)];
    };
    const { id } = await issueCredential(deps, { org: 'demo', device: 'cozinha' }, { by: { user: 'ana' } });
    expect(alerts()).toEqual([2, []]);
    await revokeCredential(deps, { org: 'demo', device: 'cozinha' }, id, { user: 'ana', endereco: '::1' });
    expect(alerts()).toEqual([3, ['sem_credencial']]);
    expect(
      (await deps.store.listAudit('demo', { limit: 2 })).map(({ acao, quem, endereco }) => [
        acao,
        quem,
        endereco,
      ]),
    ).toEqual([
      ['credential.revoke', 'ana', '::1'],
      ['credential.issue', 'ana', ''],
    ]);
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

describe('a claim', () => {
  beforeEach(async () => {
    await setUpDemo(deps);
    await addDevice(deps, 'demo', 'cozinha');
  });
  const by = { user: 'ana', permissions: [] };
  const open = () => issueClaimCode(deps, { org: 'demo', by, device: 'cozinha' });
  const ask = async (code: string, payload = '{"hw":"esp32","fw_version":"0.3.0"}') => {
    const principal = (await connect(`claim.${code}`, code)) ?? { kind: 'claim', code, credential: 'old' };
    deps.published.length = 0;
    await handleClaim(deps, {
      principal,
      match: { key: 'provisionRequest', params: { code } },
      payload: Buffer.from(payload),
    });
    return deps.published.find(({ key }) => key.startsWith('provision')) as
      | { key: string; payload: { password: string; code: string } }
      | undefined;
  };

  test('trades its code for the credential of the device, once', async () => {
    const before = await issueCredential(deps, { org: 'demo', device: 'cozinha' });
    deps.connections.push((await connect('demo.cozinha', before.password)) as Principal);
    const { code } = await open();
    expect(await connect(`claim.${code}`, code)).toMatchObject({ kind: 'claim', code });
    const answer = await ask(code);
    expect(answer).toMatchObject({
      key: 'provisionAccepted',
      payload: { org: 'demo', device: 'cozinha', username: 'demo.cozinha' },
    });
    expect(await connect('demo.cozinha', answer?.payload.password ?? '')).toMatchObject({ kind: 'device' });
    expect(await connect('demo.cozinha', before.password)).toBeUndefined();
    expect(deps.connections).toEqual([]);
    expect(await connect(`claim.${code}`, code)).toBeUndefined();
    expect(await ask(code)).toMatchObject({ key: 'provisionRejected', payload: { code: 'expirado' } });
    expect(JSON.stringify(deps.logged)).not.toContain(answer?.payload.password);
  });

  test('two boards with the same code at once make one credential', async () => {
    const { code } = await open();
    const message = {
      principal: (await connect(`claim.${code}`, code)) as Principal,
      match: { key: 'provisionRequest', params: { code } } as const,
      payload: Buffer.from('{}'),
    };
    await Promise.all([handleClaim(deps, message), handleClaim(deps, message)]);
    const keys = deps.published.map(({ key }) => key).filter((key) => key.startsWith('provision'));
    expect(keys.sort()).toEqual(['provisionAccepted', 'provisionRejected']);
  });

  test('comes too late after an hour, or when the device is gone, or cannot be read', async () => {
    const unread = await open();
    expect(await ask(unread.code, 'half a {')).toMatchObject({ key: 'provisionRejected' });
    expect(await ask(unread.code)).toMatchObject({ key: 'provisionAccepted' });
    const late = await open();
    deps.advance(60 * minute);
    expect(await connect(`claim.${late.code}`, late.code)).toBeUndefined();
    expect(await ask(late.code)).toMatchObject({ key: 'provisionRejected' });
    const gone = await open();
    await deps.store.removeDevice('demo', 'cozinha', { em: deps.now(), quem: 'ana' });
    expect(await ask(gone.code)).toMatchObject({ key: 'provisionRejected' });
    expect(await codeOf(open())).toBe('not_found');
  });

  test('speaks for its own code only, with that code as password', async () => {
    const { code } = await open();
    await addDevice(deps, 'demo', 'outra');
    const { code: other } = await issueClaimCode(deps, {
      org: 'demo',
      by: { user: 'ana', permissions: [] },
      device: 'outra',
    });
    expect(await connect(`claim.${code}`, other)).toBeUndefined();
    expect(await connect('claim.aaaaaaaaaaaa', 'aaaaaaaaaaaa')).toBeUndefined();
    await handleClaim(deps, {
      principal: (await connect(`claim.${other}`, other)) as Principal,
      match: { key: 'provisionRequest', params: { code } },
      payload: Buffer.from('{}'),
    });
    expect(deps.published).toEqual([]);
    expect(await connect(`claim.${code}`, code)).toBeDefined();
  });

  test('a new code for a device ends the one before', async () => {
    const { code } = await open();
    const second = (await open()).code;
    expect(await connect(`claim.${code}`, code)).toBeUndefined();
    expect(await connect(`claim.${second}`, second)).toBeDefined();
  });

  test('over HTTP it is typed as people type; used up, it is as good as unknown', async () => {
    const { code } = await open();
    const typed = `${code.slice(0, 4)}-${code.slice(4, 8)} ${code.slice(8)}`.toUpperCase();
    const claimed = await claimByCode(deps, typed);
    expect(claimed).toMatchObject({ org: 'demo', device: 'cozinha', client_id: 'demo.cozinha' });
    expect(await connect('demo.cozinha', claimed.password)).toMatchObject({ kind: 'device' });
    expect(await codeOf(claimByCode(deps, code))).toBe('not_found');
    expect(await codeOf(claimByCode(deps, '../../etc'))).toBe('not_found');
  });

  test('who guesses is not heard for a while, not even with the right code', async () => {
    const { code } = await open();
    for (let n = 0; n < 10; n++) await connect('claim.aaaaaaaaaaaa', 'aaaaaaaaaaaa');
    expect(await connect(`claim.${code}`, code)).toBeUndefined();
    deps.advance(30_000);
    expect(await connect(`claim.${code}`, code)).toBeDefined();
    expect(deps.rates.refusals().claim).toBe(1);
  });
});
