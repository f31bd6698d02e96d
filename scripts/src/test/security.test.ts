import { readdirSync, readFileSync, statSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { createLog } from '@yaguts/api';
import type { DeviceCredential, MqttTokenOut, TokenCreated } from '@yaguts/shared';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { httpClient } from '../http-client.ts';
import { root } from '../root.ts';
import { openHouse, type TestHouse } from './fixture.ts';
import { addOrg, addPerson } from './people.ts';

// What an attacker on the wire tries, against the whole platform, and what it leaves behind on the disk and in
// the log. The packets themselves are in broker/src, each HTTP route in api/src/http.

let house: TestHouse;
const lines: string[] = [];
/** Everything that was ever secret in this file. */
const secrets = new Set<string>();
beforeAll(async () => {
  house = await openHouse({ log: createLog('debug', { write: (line) => void lines.push(line) }) });
  for (const secret of [house.kitchen.token, house.kitchen.pouring.password, house.kitchen.idle.password])
    secrets.add(secret);
});
afterAll(() => house.close());

const connect = async (options: IClientOptions): Promise<MqttClient> => {
  const given = { protocolVersion: 4, reconnectPeriod: 0, ...options } as const;
  const client = await mqtt.connectAsync(house.mqttUrl, given, false);
  client.on('error', () => {});
  return client;
};
const asIdle = (): IClientOptions => {
  const { username, password, client_id: clientId } = house.kitchen.idle;
  return { username, password, clientId };
};
const closed = (client: MqttClient) => new Promise<void>((resolve) => client.once('close', () => resolve()));

test('every test that SECURITY.md names is there', () => {
  const named = [...readFileSync(join(root, 'SECURITY.md'), 'utf8').matchAll(/`([\w./-]+\.test\.ts)`/g)];
  expect(named.length).toBeGreaterThan(20);
  for (const [, file = ''] of named) expect(statSync(join(root, file)).isFile(), file).toBe(true);
});

test('a will on any topic but the own presence is refused at CONNECT', async () => {
  for (const topic of [
    'yaguts/v1/demo/devices/cozinha/presence',
    'yaguts/v1/demo/devices/mao/jobs/next',
    'yaguts/v1/demo/jobs/1/state',
    'yaguts/v1/_server/state',
    'yaguts/v1/outra/devices/mao/presence',
  ]) {
    const will = { topic, payload: Buffer.from('{}'), qos: 1, retain: true } as const;
    await expect(connect({ ...asIdle(), will }), topic).rejects.toThrow(/authorized/i);
  }
});

test('nobody leaves anything retained where others would take it for the truth', async () => {
  const poison = [
    'yaguts/v1/demo/devices/mao/state',
    'yaguts/v1/demo/devices/mao/jobs/next',
    'yaguts/v1/demo/devices/cozinha/birth',
    'yaguts/v1/demo/estoque/mao/1',
    'yaguts/v1/demo/users/ana/badge',
    'yaguts/v1/_server/state',
    'yaguts/v1/demo/devices/mao/cmd/stop',
    'anything/else',
  ];
  const senders = [asIdle(), { username: 'u.ana', password: house.kitchen.token }];
  for (const topic of poison) {
    for (const sender of senders) {
      const client = await connect(sender);
      const gone = closed(client);
      client.publish(topic, '{"poison":true}', { qos: 1, retain: true });
      await gone;
    }
  }
  const ana = await house.person();
  const heard: string[] = [];
  ana.on('message', (topic, payload) => String(payload).includes('poison') && heard.push(topic));
  await ana.subscribeAsync('yaguts/v1/demo/#', { qos: 1 });
  await ana.subscribeAsync('yaguts/v1/_server/state', { qos: 1 });
  // Events are not retained: one told now comes after everything that is.
  const fence = new Promise<void>((resolve) =>
    ana.on('message', (topic) => topic.endsWith('events/pedido:novo') && resolve()),
  );
  await house.api.call('POST', '/api/events', { type: 'pedido:novo', data: {} });
  await fence;
  expect(heard).toEqual([]);
});

test('wildcards bring a stranger nothing of another org', async () => {
  const zeca = await addOrg(house, 'vizinha', 'zeca');
  secrets.add(zeca.token);
  const client = await connect({ username: 'u.zeca', password: zeca.token });
  const heard: string[] = [];
  client.on('message', (topic) => heard.push(topic));
  for (const filter of [
    'yaguts/v1/demo/#',
    'yaguts/v1/+/devices/+/state',
    'yaguts/#',
    '#',
    '+/+/demo/#',
    '$SYS/#',
  ]) {
    const granted = await client.subscribeAsync(filter, { qos: 1 }).catch(() => undefined);
    expect(granted?.[0]?.qos ?? 128, filter).toBe(128);
  }
  await client.subscribeAsync('yaguts/v1/vizinha/#', { qos: 1 });
  const fence = new Promise<void>((resolve) =>
    client.on('message', (topic) => topic.endsWith('events/pedido:novo') && resolve()),
  );
  await house.api.call('POST', '/api/events', { type: 'pedido:dela', data: {} });
  await zeca.api.call('POST', '/api/events', { type: 'pedido:novo', data: {} });
  await fence;
  expect(heard.filter((topic) => !topic.startsWith('yaguts/v1/vizinha/'))).toEqual([]);
  await client.endAsync();
});

test('a page of another site opens no live connection', async () => {
  const { origin } = house.running;
  /** What a browser that shows a page of `from` is answered. */
  const upgrade = (from: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const headers = {
        ...{ Connection: 'Upgrade', Upgrade: 'websocket', Origin: from, 'Sec-WebSocket-Protocol': 'mqtt' },
        ...{ 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64') },
      };
      const asked = get(`${origin}/mqtt`, { headers, agent: false });
      asked.on('response', (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asked.on('upgrade', (answer, socket) => {
        socket.destroy();
        resolve(answer.statusCode);
      });
      asked.on('error', reject);
    });
  for (const from of ['https://evil.example', 'null', `${origin}.evil.example`, `${origin}0`])
    expect([from, await upgrade(from)]).toEqual([from, 403]);
  expect(await upgrade(origin)).toBe(101);
});

test('no secret of a whole journey is in the log, nor readable on the disk', async () => {
  const person = await addPerson(house, 'eva', 'operador');
  secrets.add(person.token).add('uma senha bem longa');
  const token = await house.api.call<TokenCreated>(
    'POST',
    '/api/tokens',
    { nome: 'x' },
    { 'Idempotency-Key': 'k1' },
  );
  const device = await house.api.call<DeviceCredential>('POST', '/api/devices', { id: 'nova', nome: 'Nova' });
  const { code } = await house.api.call<{ code: string }>('POST', '/api/devices/nova/claim-code', {});
  const browser = httpClient(house.running.origin);
  const link = await house.api.call<{ code: string }>('POST', '/api/invites', {
    nome: 'Ivo',
    role: 'leitor',
  });
  await browser.call('POST', '/api/invites/accept', {
    ...{ code: link.code, user: 'ivo', nome: 'Ivo', password: 'outra senha longa' },
  });
  const live = await browser.call<MqttTokenOut>('POST', '/api/session/mqtt-token', {});
  for (const secret of [token.token, device.password, code, link.code, live.token, 'outra senha longa'])
    secrets.add(secret);
  const eva = await person.live();
  await eva.client.send('jobs.create', {
    receita_id: house.kitchen.receitas[0]?.id,
    multiplicador: 1,
    device: 'mao',
  });
  eva.client.disconnect();
  const board = await house.board();
  await board.finish(await board.start());
  await house.restart();

  expect(lines.length).toBeGreaterThan(100);
  expect(lines.some((line) => line.includes('"event":"device_created"'))).toBe(true);
  const log = lines.join('');
  for (const secret of secrets) expect(log.includes(secret), 'a secret in the log').toBe(false);
  for (const file of files(join(house.dir, 'data'))) {
    const bytes = readFileSync(file);
    for (const secret of secrets) expect(bytes.includes(secret), `a secret in ${file}`).toBe(false);
  }
});

test('the data folder is for its owner alone, file by file', () => {
  const data = join(house.dir, 'data');
  for (const file of files(data)) expect([file, statSync(file).mode & 0o077]).toEqual([file, 0]);
  const folders = [
    data,
    ...readdirSync(data, { recursive: true, withFileTypes: true })
      .filter((one) => one.isDirectory())
      .map((one) => join(one.parentPath, one.name)),
  ];
  for (const folder of folders) expect([folder, statSync(folder).mode & 0o077]).toEqual([folder, 0]);
});

// Last: this address has to wait afterwards.
test('guessed tokens and codes are all told the same, and slow down who guesses', async () => {
  const guess = async (headers: Record<string, string>, path: string, body?: object) =>
    fetch(house.running.origin + path, {
      method: body ? 'POST' : 'GET',
      headers: { ...headers, ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  for (const token of ['ygt_x', `ygt_${'a'.repeat(43)}`, `${house.kitchen.token}x`, '']) {
    const answer = await guess({ Authorization: `Bearer ${token}` }, '/api/session');
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([401, 'unauthorized']);
  }
  const statuses: number[] = [];
  for (let n = 0; n < 12; n++)
    statuses.push((await guess({}, '/api/devices/claim', { code: `aaaaaaaaaa${n + 10}` })).status);
  expect(statuses).toEqual([...Array(10).fill(404), 429, 429]);
  const logins: number[] = [];
  for (let n = 0; n < 8; n++)
    logins.push((await guess({}, '/api/session', { user: 'ana', password: `wrong ${n} wrong` })).status);
  expect(logins.slice(0, 5)).toEqual(Array(5).fill(401));
  expect(logins.at(-1)).toBe(429);
  const metrics = await (await guess({}, '/metrics')).text();
  expect(metrics).toContain('yaguts_rate_limited_total{by="claim"} 2');
  expect(metrics).not.toContain('demo');
});

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name));
