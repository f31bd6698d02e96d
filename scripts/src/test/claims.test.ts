import type { DeviceCredential, DeviceState } from '@yaguts/shared';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHouse, type TestHouse } from './fixture.ts';
import { connectBoard } from './hand-board.ts';
import { addOrg, owner } from './people.ts';

// How a board comes to its credential over the real broker, and what shows that two have the same one.

let house: TestHouse;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const codeFor = (device: string) =>
  house.api.call<{ code: string; expires_at: number }>('POST', `/api/devices/${device}/claim-code`, {});
/** A board that knows nothing but a code. */
const stranger = async (code: string, url = house.mqttUrl): Promise<MqttClient> => {
  const credential = { username: `claim.${code}`, clientId: `claim.${code}`, password: code };
  const client = await mqtt.connectAsync(
    url,
    { protocolVersion: 4, reconnectPeriod: 0, ...credential },
    false,
  );
  client.on('error', () => {});
  return client;
};
/** Asks as the firmware does: hears both answers, then says who it is. */
async function claim(code: string): Promise<{ topic: string; answer: Record<string, string> }> {
  const client = await stranger(code);
  const root = `yaguts/v1/_provision/${code}`;
  await client.subscribeAsync([`${root}/accepted`, `${root}/rejected`], { qos: 1 });
  const answered = new Promise<{ topic: string; answer: Record<string, string> }>((resolve) =>
    client.once('message', (name, bytes) =>
      resolve({ topic: name.slice(root.length + 1), answer: JSON.parse(String(bytes)) }),
    ),
  );
  await client.publishAsync(`${root}/request`, '{"hw":"esp32","fw_version":"0.3.0"}', { qos: 1 });
  const said = await answered;
  await client.endAsync();
  return said;
}
const asCredential = ({ org, device, username, password }: Record<string, string>): DeviceCredential =>
  ({ org, device, username, password, client_id: username }) as DeviceCredential;

test('a new board trades its code for a credential, is online with it, and the code is worth nothing any more', async () => {
  await house.api.call('POST', '/api/devices', { id: 'nova', nome: 'Nova' });
  const { code } = await codeFor('nova');
  const { topic, answer } = await claim(code);
  expect(topic).toBe('accepted');
  expect(answer).toMatchObject({ org: 'demo', device: 'nova', username: 'demo.nova' });
  const board = await house.board(asCredential(answer));
  const state = await house.api.call<DeviceState>('GET', '/api/devices/nova');
  expect(state).toMatchObject({ presence: 'online', birth: { hw: 'mao' } });
  await expect(stranger(code)).rejects.toThrow(/authorized|user name|password/i);
  await board.close();
});

test('a claim reaches its own three topics and nothing else', async () => {
  const { code } = await codeFor('nova');
  const client = await stranger(code);
  for (const filter of ['yaguts/v1/demo/devices/+/state', 'yaguts/v1/_provision/+/accepted', '#']) {
    const granted = await client.subscribeAsync(filter, { qos: 1 }).catch(() => undefined);
    expect(granted?.[0]?.qos ?? 128, filter).toBe(128);
  }
  const gone = new Promise<void>((resolve) => client.once('close', () => resolve()));
  client.publish('yaguts/v1/demo/devices/nova/presence', '{}', { qos: 1 });
  await gone;
});

test('claimed again after a factory reset, the board that was there before is out', async () => {
  const { rows } = await house.api.call<{ rows: { id: string }[] }>('GET', '/api/devices/nova/credentials');
  expect(rows).toHaveLength(1);
  const first = await house.board(asCredential((await claim((await codeFor('nova')).code)).answer));
  const gone = new Promise<void>((resolve) => first.client.once('close', () => resolve()));
  const again = await fetch(`${house.running.origin}/api/devices/claim`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ code: (await codeFor('nova')).code.toUpperCase() }),
  });
  await gone;
  const second = await house.board((await again.json()) as DeviceCredential);
  const after = await house.api.call<{ rows: { id: string }[] }>('GET', '/api/devices/nova/credentials');
  expect(after.rows).toHaveLength(1);
  await second.close();
});

test('two boards with one credential that push each other out raise the alarm gemeo, and nothing more is offered', async () => {
  const credential = house.kitchen.idle;
  const { next, client } = await owner(house).live();
  const boards = [await connectBoard(house.mqttUrl, credential, 'journal-a')];
  for (const journal of ['journal-b', 'journal-a']) {
    const before = boards.at(-1);
    const pushed = new Promise<void>((resolve) => before?.client.once('close', () => resolve()));
    boards.push(await connectBoard(house.mqttUrl, credential, journal));
    await pushed;
  }
  expect(await next('device:alert', ({ code }) => code === 'gemeo')).toMatchObject({ device: 'mao' });
  const state = await house.api.call<DeviceState>('GET', '/api/devices/mao');
  expect(state.alertas.map(({ code }) => code)).toContain('gemeo');
  const { fase } = await house.order({ device: 'mao' });
  expect(fase).toBe('na_fila');
  await house.api.call('DELETE', '/api/devices/mao/alerts/gemeo');
  const offered = await boards.at(-1)?.hear('jobsNext');
  expect(offered?.receita).toBe('Tempero baiano');
  await Promise.all(boards.map((board) => board.close()));
  client.disconnect();
});

test('a device moved to another org is dropped, leaves nothing retained, and its past stays where it was', async () => {
  const zeca = await addOrg(house, 'vizinha', 'zeca');
  const credential = await house.api.call<DeviceCredential>('POST', '/api/devices', {
    ...{ id: 'viajante', nome: 'Viajante' },
  });
  const board = await house.board(credential);
  const gone = new Promise<void>((resolve) => board.client.once('close', () => resolve()));
  const { code } = await house.api.call<{ code: string }>('POST', '/api/devices/viajante/move', {
    org: 'vizinha',
  });
  await gone;
  const watcher = await house.person();
  const retained: string[] = [];
  watcher.on('message', (name) => retained.push(name));
  await watcher.subscribeAsync('yaguts/v1/demo/devices/viajante/#', { qos: 1 });
  // What is retained for the first filter comes before what is for the second.
  await house.message(watcher, 'deviceState', { org: 'demo', device: 'mao' });
  expect(retained).toEqual(['yaguts/v1/demo/devices/mao/state']);
  await expect(house.board(credential)).rejects.toThrow(/authorized|user name|password/i);
  const { answer } = await claim(code);
  expect(answer).toMatchObject({ org: 'vizinha', device: 'viajante' });
  const moved = await house.board(asCredential(answer));
  expect(await zeca.api.call('GET', '/api/devices/viajante')).toMatchObject({ presence: 'online' });
  await expect(house.api.call('GET', '/api/devices/viajante')).rejects.toMatchObject({ status: 404 });
  await moved.close();
});
