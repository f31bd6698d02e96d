import type { DeviceCredential, MqttTokenOut, TokenCreated } from '@yaguts/shared';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HttpClient, httpClient } from '../http-client.ts';
import { openHouse, type TestHouse } from './fixture.ts';

// Whoever loses a right loses the connection that it opened, at once, and no other.

let house: TestHouse;
/** Stays connected through it all: revoking somebody's credential is nobody else's concern. */
let bystander: MqttClient;
let drops = 0;
beforeAll(async () => {
  house = await openHouse();
  bystander = await house.person();
  bystander.on('close', () => drops++);
});
afterAll(async () => {
  expect(drops).toBe(0);
  await house.close();
});

const password = 'uma senha bem longa';
const closed = (client: MqttClient) => new Promise<void>((resolve) => client.once('close', () => resolve()));
const connect = async (url: string, options: IClientOptions): Promise<MqttClient> => {
  const client = await mqtt.connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0, ...options }, false);
  client.on('error', () => {});
  return client;
};

/** A person of the org in a browser: a session, and a tab connected over WebSocket. */
async function browser(user: string): Promise<{ session: HttpClient; tab: MqttClient }> {
  await house.api.call('POST', '/api/users', { user, nome: user, role: 'operador', password });
  const session = httpClient(house.running.origin);
  await session.call('POST', '/api/session', { user, password });
  return { session, tab: await openTab(session) };
}

async function openTab(session: HttpClient): Promise<MqttClient> {
  const { token, username } = await session.call<MqttTokenOut>('POST', '/api/session/mqtt-token', {});
  const url = `${house.running.origin.replace('http', 'ws')}/mqtt`;
  return connect(url, {
    username,
    clientId: `${username}.${Math.random().toString(36).slice(2)}`,
    password: token,
  });
}

test('a revoked token drops its connection and opens none any more', async () => {
  const made = await house.api.call<TokenCreated>('POST', '/api/tokens', { nome: 'integração' });
  const credential = { username: made.username, password: made.token };
  const client = await connect(house.mqttUrl, credential);
  const gone = closed(client);
  await house.api.call('DELETE', `/api/tokens/${made.id}`);
  await gone;
  await expect(connect(house.mqttUrl, credential)).rejects.toThrow(/authorized|user name|password/i);
  await expect(
    httpClient(house.running.origin, { token: made.token }).call('GET', '/api/session'),
  ).rejects.toThrow(/401/);
});

test('a revoked device credential drops the board; a new one lets it in again', async () => {
  const { rows } = await house.api.call<{ rows: { id: string }[] }>('GET', '/api/devices/mao/credentials');
  const board = await house.board();
  const gone = closed(board.client);
  await house.api.call('DELETE', `/api/devices/mao/credentials/${rows[0]?.id}`);
  await gone;
  await expect(house.board()).rejects.toThrow(/authorized|user name|password/i);
  const fresh = await house.api.call<DeviceCredential>('POST', '/api/devices/mao/credentials', {});
  const again = await house.board(fresh);
  const replaced = closed(again.client);
  // A new secret ends the one before.
  await house.api.call('POST', '/api/devices/mao/credentials', {});
  await replaced;
});

test('logging out drops the tabs of that session, and the tab of another session of the same person stays', async () => {
  const { session, tab } = await browser('eva');
  const elsewhere = httpClient(house.running.origin);
  await elsewhere.call('POST', '/api/session', { user: 'eva', password });
  const other = await openTab(elsewhere);
  const gone = closed(tab);
  await session.call('DELETE', '/api/session');
  await gone;
  // It can still ask and be answered.
  await other.subscribeAsync('yaguts/v1/demo/events/+', { qos: 1 });
  expect(other.connected).toBe(true);
  await other.endAsync();
});

test.each([
  ['another role', { role: 'leitor' }],
  ['being disabled', { desativado: true }],
] as const)('%s drops the connections that were opened with the old rights', async (_, change) => {
  const user = 'role' in change ? 'ivo' : 'ira';
  const { tab } = await browser(user);
  const gone = closed(tab);
  await house.api.call('PATCH', `/api/users/${user}`, change);
  await gone;
});

test('a removed device is dropped, and its retained topics are gone', async () => {
  const credential = await house.api.call<DeviceCredential>('POST', '/api/devices', {
    id: 'velho',
    nome: 'Velho',
  });
  const board = await house.board(credential);
  const gone = closed(board.client);
  const watcher = await house.person();
  await house.message(
    watcher,
    'deviceState',
    { org: 'demo', device: 'velho' },
    ({ presence }) => presence === 'online',
  );
  const cleared = new Promise<void>((resolve) =>
    watcher.on('message', (name, payload) => {
      if (name.endsWith('/devices/velho/state') && payload.length === 0) resolve();
    }),
  );
  await house.api.call('DELETE', '/api/devices/velho');
  await gone;
  await cleared;
});
