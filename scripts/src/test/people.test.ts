import { randomBytes } from 'node:crypto';
import type {
  DeviceCredential,
  InviteCreated,
  MqttTokenOut,
  Role,
  SessionRow,
  TokenCreated,
} from '@yaguts/shared';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type HttpClient, httpClient } from '../http-client.ts';
import { openHouse, type TestHouse } from './fixture.ts';
import { connectBoard } from './hand-board.ts';

let house: TestHouse;
const opened: MqttClient[] = [];
beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => {
  for (const client of opened) await client.endAsync(true);
  await house.close();
});

const password = 'uma senha bem longa';
let user = '';
let n = 0;
beforeEach(() => {
  user = `pessoa-${++n}`;
});

/** A person in a browser: a session's cookie, and the page's MQTT connection made with its short token. */
interface Tab {
  readonly http: HttpClient;
  readonly client: MqttClient;
  /** Resolves when the platform closes the connection. */
  readonly closed: Promise<unknown>;
}

async function connect(
  username: string,
  secret: string,
  clientId: string,
): Promise<[MqttClient, Promise<unknown>]> {
  const options = { protocolVersion: 4, clientId, username, password: secret, reconnectPeriod: 0 } as const;
  const client = await mqtt.connectAsync(house.mqttUrl, options);
  client.on('error', () => {});
  opened.push(client);
  const closed = new Promise((resolve) => client.once('close', () => resolve('closed')));
  await client.subscribeAsync(`yaguts/v1/${house.kitchen.org}/events/+`, { qos: 1 });
  return [client, closed];
}

async function tab(): Promise<Tab> {
  const http = httpClient(house.running.origin);
  await http.call('POST', '/api/session', { user, password });
  const { token, username } = await http.call<MqttTokenOut>('POST', '/api/session/mqtt-token', {});
  const [client, closed] = await connect(username, token, `${username}.${randomBytes(4).toString('hex')}`);
  return { http, client, closed };
}

const make = (role: Role = 'operador') =>
  house.api.call('POST', '/api/users', { user, nome: user, role, password });

/**
 * The act's own answer, then the close, before fifty more requests are answered: well within a second where the
 * machine is quiet, and a measure that is as slow as the machine where it is not.
 */
async function droppedAtOnce(
  closed: readonly Promise<unknown>[],
  act: () => Promise<unknown>,
): Promise<void> {
  await act();
  const late = (async () => {
    for (let n = 0; n < 50; n++) await house.api.call('GET', '/api/receitas');
    return 'still there';
  })();
  for (const one of closed) expect(await Promise.race([one, late])).toBe('closed');
}

describe('the live connections of a person', () => {
  test('are dropped when they log out, of that browser alone', async () => {
    await make();
    const [here, there] = [await tab(), await tab()];
    await droppedAtOnce([here.closed], () => here.http.call('DELETE', '/api/session'));
    expect(there.client.connected).toBe(true);
    await there.client.publishAsync(
      `yaguts/v1/${house.kitchen.org}/users/${user}/req/jobs.create`,
      '{"id":"1"}',
      {
        qos: 1,
      },
    );
    expect(there.client.connected).toBe(true);
  });

  test('are dropped with one session that is ended from another, or with all of them', async () => {
    await make();
    const [here, there, third] = [await tab(), await tab(), await tab()];
    const { rows } = await there.http.call<{ rows: SessionRow[] }>('GET', '/api/sessions');
    const id = rows.find(({ atual }) => atual)?.id;
    await droppedAtOnce([there.closed], () => here.http.call('DELETE', `/api/sessions/${id}`));
    expect(here.client.connected && third.client.connected).toBe(true);
    await droppedAtOnce([here.closed, third.closed], () =>
      house.api.call('DELETE', `/api/users/${user}/sessions`),
    );
  });

  test.each([
    ['they are disabled', { desativado: true }],
    ['their role changes', { role: 'leitor' }],
    ['their set of permissions changes', { permissoes: ['jobs:view'] }],
    ['they are given another password', { password: 'outra senha bem longa' }],
  ])('are dropped when %s, by session and by token', async (_what, body) => {
    await make();
    const here = await tab();
    const token = await here.http.call<TokenCreated>('POST', '/api/tokens', { nome: 't' });
    const [, closed] = await connect(token.username, token.token, user);
    await droppedAtOnce([here.closed, closed], () => house.api.call('PATCH', `/api/users/${user}`, body));
  });

  test('are dropped when they change or reset their password', async () => {
    await make();
    const here = await tab();
    await droppedAtOnce([here.closed], () =>
      here.http.call('PUT', '/api/session/password', { atual: password, nova: password }),
    );
    const again = await tab();
    const { code } = await house.api.call<{ code: string }>('POST', `/api/users/${user}/reset-code`, {});
    await droppedAtOnce([again.closed], () =>
      httpClient(house.running.origin).call('POST', '/api/session/reset', { code, password }),
    );
  });

  test('that a token opened are dropped when it is revoked, and it opens no other', async () => {
    await make();
    const here = await tab();
    const token = await here.http.call<TokenCreated>('POST', '/api/tokens', { nome: 't' });
    const [, closed] = await connect(token.username, token.token, user);
    await droppedAtOnce([closed], () => here.http.call('DELETE', `/api/tokens/${token.id}`));
    expect(here.client.connected).toBe(true);
    await expect(connect(token.username, token.token, user)).rejects.toThrow(/bad username or password/i);
  });
});

test('a token with a part of the rights subscribes to no more over MQTT', async () => {
  await make();
  const http = httpClient(house.running.origin);
  await http.call('POST', '/api/session', { user, password });
  const wide = await http.call<TokenCreated>('POST', '/api/tokens', { nome: 'w' });
  const narrow = await http.call<TokenCreated>('POST', '/api/tokens', {
    nome: 'n',
    permissoes: ['jobs:view'],
  });
  const whole = `yaguts/v1/${house.kitchen.org}/#`;
  const answer = async ({ username, token }: TokenCreated): Promise<string> => {
    const [client] = await connect(username, token, randomBytes(4).toString('hex'));
    return client.subscribeAsync(whole, { qos: 1 }).then(
      () => 'granted',
      () => 'refused',
    );
  };
  expect(await answer(wide)).toBe('granted');
  expect(await answer(narrow)).toBe('refused');
});

test('an organisation that is wiped takes its people, its boards and its retained topics with it', async () => {
  const { code } = await house.api.call<InviteCreated>('POST', '/api/orgs', {
    org: 'efemera',
    nome: 'Efêmera',
    dono: 'Rui',
  });
  const rui = httpClient(house.running.origin);
  await rui.call('POST', '/api/invites/accept', { code, user: 'rui', nome: 'Rui', password });
  const credential = await rui.call<DeviceCredential>('POST', '/api/devices', {
    ...{ id: 'mao', nome: 'Mão', frascos: 2 },
  });
  const board = await connectBoard(house.mqttUrl, credential);
  const boardClosed = new Promise((resolve) => board.client.once('close', () => resolve('closed')));
  const { token, username } = await rui.call<TokenCreated>('POST', '/api/tokens', { nome: 't' });
  const watcher = await mqtt.connectAsync(house.mqttUrl, {
    ...{ protocolVersion: 4, username, password: token, clientId: 'rui', reconnectPeriod: 0 },
  });
  watcher.on('error', () => {});
  opened.push(watcher);
  const closed = new Promise((resolve) => watcher.once('close', () => resolve('closed')));
  await watcher.subscribeAsync('yaguts/v1/efemera/#', { qos: 1 });
  await droppedAtOnce([closed, boardClosed], () =>
    rui.call('POST', '/api/org/wipe', { confirmacao: 'efemera' }),
  );
  await expect(rui.call('GET', '/api/session')).rejects.toMatchObject({ status: 401 });
  // Made again under the same id, it hears nothing of what was there.
  const again = await house.api.call<InviteCreated>('POST', '/api/orgs', {
    ...{ org: 'efemera', nome: 'Outra', dono: 'Eva' },
  });
  const eva = httpClient(house.running.origin);
  await eva.call('POST', '/api/invites/accept', { code: again.code, user: 'eva', nome: 'Eva', password });
  const other = await eva.call<TokenCreated>('POST', '/api/tokens', { nome: 't' });
  const client = await mqtt.connectAsync(house.mqttUrl, {
    ...{
      protocolVersion: 4,
      username: other.username,
      password: other.token,
      clientId: 'eva',
      reconnectPeriod: 0,
    },
  });
  opened.push(client);
  const heard: string[] = [];
  client.on('message', (name) => heard.push(name));
  await client.subscribeAsync('yaguts/v1/efemera/#', { qos: 1 });
  // What is retained comes before the answer to a request that is sent after the subscription.
  const answered = new Promise<void>((resolve) =>
    client.on('message', (name) => name.endsWith('/res/events.send') && resolve()),
  );
  await client.subscribeAsync('yaguts/v1/efemera/users/eva/#', { qos: 1 });
  await client.publishAsync('yaguts/v1/efemera/users/eva/req/events.send', '{"id":"1"}', { qos: 1 });
  await answered;
  expect(heard.filter((name) => /devices|estoque|jobs|users\/rui/.test(name))).toEqual([]);
});
