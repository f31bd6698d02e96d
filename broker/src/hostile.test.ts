import type { MqttClient } from 'mqtt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connected, credentials, listen, type Running, run, until } from './test/harness.ts';
import { honestPair } from './test/honest-pair.ts';
import {
  connectPacket,
  pingPacket,
  publishPacket,
  type RawPeer,
  rawTcp,
  rawWs,
  subscribePacket,
} from './test/raw.ts';

let it: Running;
beforeEach(async () => {
  it = await run();
});
afterEach(() => it.close());

const mao = 'yaguts/v1/demo/devices/mao';
const event = 'yaguts/v1/demo/events/task:created';
const once = { qos: 1, retain: false } as const;

async function logIn(peer: RawPeer, changes: Record<string, unknown> = {}): Promise<void> {
  peer.send(connectPacket(changes));
  expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode: 0 });
}
const asAna = { clientId: 'x', username: 'u.ana', password: Buffer.from('ana') };

/** More than aedes' 100 slots for messages under way; behind them, in its own emitter, the rest would queue. */
const heardFirst = 150;

test('one write with 8,000 publishes nobody hears, behind some that are heard, is survived', async () => {
  await it.close();
  it = await run({ limits: { publishesPerDevice: { perSecond: 1e6, burst: 1e6 } } });
  const pair = await honestPair(it);
  const ana = await it.client('ana');
  await ana.subscribeAsync(`${mao}/jobs/+/log/+`);
  const peer = await rawTcp(it.port);
  await logIn(peer);
  const heard = publishPacket(`${mao}/jobs/2/log/1`, '{}');
  const unheard = publishPacket(`${mao}/telemetry`, '');
  peer.send(Buffer.concat([...Array(heardFirst).fill(heard), ...Array(8_000).fill(unheard), pingPacket]));
  expect(await peer.next()).toMatchObject({ cmd: 'pingresp' });
  await until(() => it.broker.counters().messages_received === heardFirst + 8_000);
  peer.destroy();
  await pair.talk();
});

test('8,000 messages of the api nobody hears, in one turn behind some that are heard, are survived', async () => {
  const ana = await it.client('ana');
  await ana.subscribeAsync('yaguts/v1/demo/events/+', { qos: 1 });
  const heard = listen(ana);
  const tick = { qos: 0, retain: false } as const;
  for (let n = 0; n < heardFirst; n++) it.broker.publish(event, `{"n":${n}}`, tick);
  for (let n = 0; n < 8_000; n++) it.broker.publish('yaguts/v1/demo/devices/pe/cmd/stop', '{}', tick);
  for (let n = 0; n < heardFirst; n++) expect((await heard.next()).payload).toBe(`{"n":${n}}`);
});

test.each(['tcp', 'ws'])(
  'a frozen subscriber is cut off and holds up neither the publisher nor an honest pair (%s)',
  async (wire) => {
    await it.close();
    const publishesPerDevice = { perSecond: 1e6, burst: 1e6 };
    it = await run({ limits: { slowConsumerBytes: 128 * 1_024, publishesPerDevice } });
    const pair = await honestPair(it);
    const loud = await it.client('mao');
    const frozen = wire === 'tcp' ? await rawTcp(it.port) : await rawWs(it.wsUrl);
    await logIn(frozen, asAna);
    frozen.send(subscribePacket(['yaguts/v1/demo/#']));
    expect(await frozen.next()).toMatchObject({ cmd: 'suback' });
    frozen.freeze();
    const payload = JSON.stringify({ text: 'x'.repeat(15_000) });
    while (!it.broker.counters().slow_consumers) {
      // The frozen one hears these. A write that had to wait for it would keep the next PUBACK back, until
      // the drain timeout cut it off as something else than a slow consumer.
      for (let i = 0; i < 5; i++) loud.publish(`${mao}/log/info`, payload);
      await loud.publishAsync(`${mao}/cmd/stop/accepted`, '{}', once);
      await pair.talk();
    }
    expect(it.events.find(({ event: name }) => name === 'slow_consumer_closed')?.fields).toMatchObject({
      client_id: 'x',
    });
    await until(() => it.broker.clients().length === 3);
    await pair.talk();
    frozen.destroy();
  },
);

test('10,000 retained messages, many times the slow-consumer cap, are replayed whole', async () => {
  await it.close();
  it = await run({ limits: { slowConsumerBytes: 256 * 1_024 } });
  for (let n = 1; n <= 10_000; n++) {
    it.broker.publish(`yaguts/v1/demo/jobs/${n}/state`, JSON.stringify({ n, text: 'x'.repeat(1_200) }), {
      qos: 1,
      retain: true,
    });
  }
  // One that reads nothing gets as much as it takes, so that there is room for what is live.
  const frozen = await rawTcp(it.port);
  await logIn(frozen, asAna);
  frozen.send(subscribePacket(['yaguts/v1/demo/jobs/+/state', 'yaguts/v1/demo/events/+']));
  expect(await frozen.next()).toMatchObject({ cmd: 'suback' });
  frozen.freeze();
  const bia = await it.client('bia');
  const heard = listen(bia);
  await bia.subscribeAsync('yaguts/v1/demo/jobs/+/state', { qos: 1 });
  await until(() => heard.seen.length === 10_000);
  expect(new Set(heard.seen.map(({ topic }) => topic)).size).toBe(10_000);
  for (let n = 0; n < 20; n++) it.broker.publish(event, '{}', once);
  const pair = await honestPair(it);
  await pair.talk();
  expect(it.broker.counters().slow_consumers).toBeUndefined();
  frozen.destroy();
});

test('a connection may hold 64 filters; the next is refused and the others stay', async () => {
  const ana = await it.client('ana');
  const filters = Array.from({ length: 10_000 }, (_, n) => `yaguts/v1/demo/jobs/${n + 1}/state`);
  const peer = await rawTcp(it.port);
  await logIn(peer, asAna);
  peer.send(subscribePacket(filters.slice(0, 200), 0));
  const answer = await peer.next();
  expect(answer).toMatchObject({ cmd: 'suback' });
  const { granted } = answer as unknown as { granted: number[] };
  expect(granted.filter((code) => code === 0)).toHaveLength(64);
  expect(granted.filter((code) => code === 128)).toHaveLength(136);
  // Leaving one makes room for one.
  await ana.subscribeAsync(filters.slice(0, 64));
  await ana.unsubscribeAsync(filters[0] as string);
  await ana.subscribeAsync(filters[70] as string);
  await expect(ana.subscribeAsync(filters[71] as string)).rejects.toThrow();
  peer.destroy();
});

test('a SUBSCRIBE of 10,000 filters is larger than a packet may be', async () => {
  const peer = await rawTcp(it.port);
  await logIn(peer, asAna);
  peer.send(
    subscribePacket(
      Array.from({ length: 10_000 }, (_, n) => `yaguts/v1/demo/jobs/${n}/state`),
      0,
    ),
  );
  expect(await peer.closed).toHaveLength(1);
  expect(it.broker.counters().refused_frame_too_large).toBe(1);
});

test('a person has at most 20 connections, and closing one makes room', async () => {
  const clients: MqttClient[] = [];
  for (let n = 0; n < 20; n++) clients.push(await it.client('ana-tab'));
  await expect(it.client('ana-tab')).rejects.toThrow(/Server unavailable/);
  await it.client('bia');
  await clients[0]?.endAsync();
  await until(() => it.broker.clients().length === 20);
  await it.client('ana-tab');
});

test('an address has at most 50 connections that have not finished CONNECT', async () => {
  const idle: RawPeer[] = [];
  for (let n = 0; n < 50; n++) idle.push(await rawTcp(it.port));
  await until(() => it.broker.counters().connections === 50);
  const next = await rawTcp(it.port);
  await next.closed;
  expect(it.broker.counters().refused_half_open).toBe(1);
  idle[0]?.destroy();
  await until(() => it.broker.counters().connections === 49);
  await it.client('mao');
  for (const peer of idle) peer.destroy();
});

test('a storm of CONNECTs from one address is paced, not refused', async () => {
  await it.close();
  it = await run({ limits: { connectsPerAddress: { perSecond: 200, burst: 1 } } });
  const peers = await Promise.all(Array.from({ length: 20 }, () => rawTcp(it.port)));
  for (const [n, peer] of peers.entries()) peer.send(connectPacket({ ...asAna, clientId: `c${n}` }));
  const answers = await Promise.all(peers.map((peer) => peer.next()));
  expect(answers.map((answer) => answer && 'returnCode' in answer && answer.returnCode)).toEqual(
    Array(20).fill(0),
  );
  expect(it.broker.counters().connects_paced).toBeGreaterThan(0);
  for (const peer of peers) peer.destroy();
});

test('a device over its rate is slowed down; nothing is lost and the order is kept', async () => {
  await it.close();
  it = await run({ limits: { publishesPerDevice: { perSecond: 200, burst: 10 } } });
  const numbers: number[] = [];
  it.broker.setInbound(({ payload }) => {
    numbers.push(JSON.parse(payload.toString()).n);
  });
  const pair = await honestPair(it);
  const peer = await rawTcp(it.port);
  await logIn(peer);
  const many = Array.from({ length: 60 }, (_, n) => publishPacket(`${mao}/telemetry`, `{"n":${n + 1_000}}`));
  peer.send(Buffer.concat(many));
  peer.send(pingPacket);
  expect(await peer.next()).toMatchObject({ cmd: 'pingresp' });
  await pair.talk();
  expect(numbers.filter((n) => n >= 1_000)).toEqual(Array.from({ length: 60 }, (_, n) => n + 1_000));
  peer.destroy();
});

test.each([
  ['says nothing', () => {}],
  ['sends half a CONNECT', (peer: RawPeer) => peer.send(connectPacket().subarray(0, 20))],
  ['asks for 256 MiB', (peer: RawPeer) => peer.send(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]))],
])('a connection that %s is closed', async (what, misbehave) => {
  await it.close();
  it = await run({ limits: { connectTimeoutMs: what.includes('256') ? 5_000 : 50 } });
  for (const peer of [await rawTcp(it.port), await rawWs(it.wsUrl)]) {
    misbehave(peer);
    expect(await peer.closed).toEqual([]);
  }
  await until(() => it.broker.counters().connections === 0);
  // The guard closes what is too large at once; for the others the time runs out.
  expect(it.broker.counters().refused_frame_too_large ?? 0).toBe(what.includes('256') ? 2 : 0);
});

test('a client that never acknowledges holds no more than 100 messages of its session', async () => {
  const peer = await rawTcp(it.port);
  await logIn(peer, { ...asAna, clean: false });
  peer.send(subscribePacket(['yaguts/v1/demo/events/+']));
  expect(await peer.next()).toMatchObject({ cmd: 'suback' });
  for (let n = 0; n < 1_000; n++) it.broker.publish(event, `{"n":${n}}`, once);
  // It is connected, so it hears all of them; kept for a redelivery are the last hundred.
  for (let n = 0; n < 1_000; n++) expect(await peer.next()).toMatchObject({ cmd: 'publish' });
  expect(it.broker.counters().queue_dropped).toBe(900);
  peer.destroy();
});

test('beyond the total of connections a new one is closed at once', async () => {
  await it.close();
  it = await run({ limits: { connections: 2 } });
  await it.client('mao');
  await it.client('pe');
  const third = await rawTcp(it.port);
  expect(await third.closed).toEqual([]);
  expect(it.broker.counters().refused_connections).toBe(1);
});

test('a QoS 1 message reaches a QoS 0 subscriber at QoS 0, and a QoS 2 subscriber at QoS 1', async () => {
  const low = await rawTcp(it.port);
  await logIn(low, { ...asAna, clientId: 'low' });
  low.send(subscribePacket(['yaguts/v1/demo/events/+'], 0));
  const high = await rawTcp(it.port);
  await logIn(high, { ...asAna, clientId: 'high' });
  high.send(subscribePacket(['yaguts/v1/demo/events/+'], 2));
  for (const peer of [low, high]) expect(await peer.next()).toMatchObject({ cmd: 'suback' });
  it.broker.publish(event, '{}', once);
  expect(await low.next()).toMatchObject({ cmd: 'publish', qos: 0 });
  expect(await high.next()).toMatchObject({ cmd: 'publish', qos: 1 });
  for (const peer of [low, high]) peer.destroy();
});

test('a retained QoS 1 message reaches a QoS 0 wildcard subscriber at QoS 0', async () => {
  it.broker.publish('yaguts/v1/demo/jobs/1/state', '{}', { qos: 1, retain: true });
  const peer = await rawTcp(it.port);
  await logIn(peer, asAna);
  peer.send(subscribePacket(['yaguts/v1/demo/jobs/+/state'], 0));
  expect(await peer.next()).toMatchObject({ cmd: 'suback' });
  expect(await peer.next()).toMatchObject({ cmd: 'publish', qos: 0, retain: true });
  peer.destroy();
});

test('close() ends every connection without telling that devices were lost', async () => {
  const heard: string[] = [];
  it.broker.setInbound(({ match }) => {
    heard.push(match.key);
  });
  const payload = JSON.stringify({ state: 'lost', boot_id: 'a1b2', session: 1 });
  const client = await it.client('mao', {
    will: { topic: `${mao}/presence`, payload: Buffer.from(payload), qos: 1, retain: true },
  });
  await client.publishAsync(`${mao}/presence`, payload.replace('lost', 'online'), { qos: 1, retain: true });
  await it.client('ana', { ws: true });
  const idle = await rawTcp(it.port);
  await it.broker.close();
  await idle.closed;
  expect(heard).toEqual(['presence']);
  await expect(
    connected((await import('mqtt')).default.connect(`mqtt://127.0.0.1:${it.port}`, credentials('mao'))),
  ).rejects.toThrow();
});
