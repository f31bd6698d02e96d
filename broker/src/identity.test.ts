import mqtt, { type MqttClient } from 'mqtt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { closed, credentials, device, listen, people, type Running, run, until } from './test/harness.ts';
import { connectPacket, rawTcp } from './test/raw.ts';

let it: Running;
beforeEach(async () => {
  it = await run();
});
afterEach(() => it.close());

/** The return code of the CONNACK, or `closed` without one. */
async function codeFor(changes: Record<string, unknown>): Promise<number | 'closed' | undefined> {
  const peer = await rawTcp(it.port);
  peer.send(connectPacket(changes));
  const answer = await peer.next();
  peer.destroy();
  if (!answer) return 'closed';
  return answer.cmd === 'connack' ? answer.returnCode : undefined;
}
const as = (who: string, changes: Record<string, unknown> = {}) => ({
  ...credentials(who),
  password: Buffer.from(who),
  ...changes,
});

test.each([
  ['a device with its own id', as('mao'), 0],
  ["a device with another device's id", as('mao', { clientId: 'demo.pe' }), 2],
  ["a device with the api's id", as('mao', { clientId: '_server.a' }), 2],
  ['a device with no id', as('mao', { clientId: '' }), 2],
  ['a device of another org with the same name', as('outra', { clientId: 'demo.mao' }), 2],
  ['the api with its own id', as('api'), 0],
  ['the api with another id', as('api', { clientId: '_server.b' }), 2],
  ['a claim with its own id', as('claim'), 0],
  ['a claim with another id', as('claim', { clientId: 'claim.zyxwvuts' }), 2],
  ['a tab with a random id', as('ana-tab'), 0],
  ["a tab with another person's id", as('ana-tab', { clientId: 'u.bia.1' }), 2],
  ['a tab with an id that only begins like its own', as('ana-tab', { clientId: 'u.anabela.1' }), 2],
  ['a tab without a random part', as('ana-tab', { clientId: 'u.ana.' }), 2],
  ['a tab with a slash in its id', as('ana-tab', { clientId: 'u.ana./' }), 2],
  ["a token with a device's id", as('ana', { clientId: 'demo.mao' }), 0],
  ['a token with no id', as('ana', { clientId: '' }), 0],
  ['a token with an id of 128 bytes', as('ana', { clientId: 'ç'.repeat(64) }), 0],
  ['a token with an id of 129 bytes', as('ana', { clientId: `${'ç'.repeat(64)}a` }), 2],
  ['a wrong password', as('mao', { password: Buffer.from('wrong') }), 4],
  ['no password', as('mao', { password: undefined }), 4],
  ['a username of 4,000 bytes', as('mao', { username: 'x'.repeat(3_900) }), 4],
  ['keepalive 0', as('mao', { keepalive: 0 }), 5],
  ['keepalive 300', as('mao', { keepalive: 300 }), 0],
  ['keepalive 301', as('mao', { keepalive: 301 }), 5],
])('CONNECT of %s is answered as the standard says', async (_what, changes, code) => {
  expect(await codeFor(changes)).toBe(code);
});

const presence = (state: string, session = 1) => JSON.stringify({ state, boot_id: 'a1b2', session });
const ownPresence = 'yaguts/v1/demo/devices/mao/presence';
const will = (topic: string, payload: string, more: object = {}) => ({
  topic,
  payload,
  qos: 1,
  retain: true,
  ...more,
});

test.each([
  ['its own presence', as('mao', { will: will(ownPresence, presence('lost')) }), 0],
  [
    'the presence of another',
    as('mao', { will: will('yaguts/v1/demo/devices/pe/presence', presence('lost')) }),
    5,
  ],
  ['another topic of its own', as('mao', { will: will('yaguts/v1/demo/devices/mao/birth', '{}') }), 5],
  ['a wildcard', as('mao', { will: will('yaguts/v1/demo/devices/+/presence', '{}') }), 5],
  ['a topic of $SYS', as('mao', { will: will('$SYS/x', '{}') }), 5],
  [
    'a presence that is not retained',
    as('mao', { will: will(ownPresence, presence('lost'), { retain: false }) }),
    5,
  ],
  ['an empty presence', as('mao', { will: will(ownPresence, '') }), 5],
  ['the state of the server, as the api', as('api', { will: will('yaguts/v1/_server/state', '{}') }), 0],
  ['the state of the server, as a person', as('rui', { will: will('yaguts/v1/_server/state', '{}') }), 5],
  [
    'a request, as a person',
    as('ana', { will: will('yaguts/v1/demo/users/ana/req/jobs.create', '{}', { retain: false }) }),
    5,
  ],
])('a will of %s is judged at CONNECT', async (_what, changes, code) => {
  expect(await codeFor(changes)).toBe(code);
});

test('two people with the same client id keep their own sessions and queues', async () => {
  const session = { clientId: 'laptop', clean: false };
  const filter = { 'yaguts/v1/demo/events/+': { qos: 1 as const } };
  const bia = await it.client('bia', session);
  await bia.subscribeAsync(filter);
  await bia.endAsync();
  // Another credential of the same person, and another person: neither is given the queue.
  it.broker.publish('yaguts/v1/demo/events/task:created', '{"n":1}', { qos: 1, retain: false });
  const takers: MqttClient[] = [];
  for (const who of ['bia-2', 'ana']) {
    const taker = mqtt.connect(`mqtt://127.0.0.1:${it.port}`, { ...credentials(who), ...session });
    takers.push(taker);
    const present = await new Promise((resolve) =>
      taker.once('connect', (ack) => resolve(ack.sessionPresent)),
    );
    expect(present).toBe(false);
  }
  const again = mqtt.connect(`mqtt://127.0.0.1:${it.port}`, { ...credentials('bia'), ...session });
  const heard = listen(again);
  expect((await heard.next()).payload).toBe('{"n":1}');
  expect(takers.every((taker) => taker.connected)).toBe(true);
  for (const client of [...takers, again]) client.end(true);
});

test('a second connection of the same device takes over, and only the first is told to be gone', async () => {
  const first = await it.client('mao');
  const gone = closed(first);
  const second = await it.client('mao');
  await gone;
  await second.publishAsync('yaguts/v1/demo/devices/mao/telemetry', '{}');
  await until(() => it.broker.counters().connections === 1);
  expect(it.changes.map(({ kind }) => kind)).toEqual(['connected', 'takeover', 'connected']);
  expect(it.broker.clients().map(({ clientId }) => clientId)).toEqual(['demo.mao']);
});

test('of many that connect at once with the same identity exactly one is left', async () => {
  const peers = await Promise.all(Array.from({ length: 30 }, () => rawTcp(it.port)));
  for (const peer of peers) peer.send(connectPacket());
  const ends = peers.map((peer) => peer.closed.then(() => peer));
  await until(() => it.broker.counters().connections === 1 && it.broker.clients().length === 1);
  it.broker.disconnect(({ kind }) => kind === 'device');
  await Promise.all(ends);
});

test('a person leaves at most 20 sessions behind; one more ends the oldest', async () => {
  await it.close();
  it = await run({ limits: { sessionsPerUser: 3 } });
  for (const clientId of ['a', 'b', 'c', 'd', 'e']) {
    const client = await it.client('bia', { clientId, clean: false });
    await client.subscribeAsync('yaguts/v1/demo/events/+', { qos: 1 });
    await client.endAsync();
    await until(() => it.broker.counters().connections === 0);
  }
  expect(it.broker.counters().sessions).toBe(3);
});

test('a lost will counts only with the boot_id and session of the last online', async () => {
  const retained = () => it.broker.counters().retained;
  const watcher = await it.client('ana');
  await watcher.subscribeAsync('yaguts/v1/demo/devices/mao/presence', { qos: 1 });
  const heard = listen(watcher);
  const stale = await it.client('mao', { will: will(ownPresence, presence('lost', 1)) as never });
  await stale.publishAsync(ownPresence, presence('online', 2), { qos: 1, retain: true });
  expect((await heard.next()).payload).toBe(presence('online', 2));
  stale.stream.destroy();
  await until(() => it.broker.counters().refused_publish_stale_lost === 1);
  const good = await it.client('mao', { will: will(ownPresence, presence('lost', 3)) as never });
  await good.publishAsync(ownPresence, presence('online', 3), { qos: 1, retain: true });
  expect((await heard.next()).payload).toBe(presence('online', 3));
  good.stream.destroy();
  expect((await heard.next()).payload).toBe(presence('lost', 3));
  expect(retained()).toBe(1);
});

test('a revoked credential is disconnected at once, and nothing is delivered to it afterwards', async () => {
  const ana = await it.client('ana');
  await ana.subscribeAsync('yaguts/v1/demo/#', { qos: 1 });
  const bia = await it.client('bia', { clientId: 'laptop', clean: false });
  await bia.subscribeAsync('yaguts/v1/demo/events/+', { qos: 1 });
  const heard = listen(ana);
  const gone = closed(ana);
  expect(it.broker.disconnect((principal) => principal.credential === 'token:ana')).toBe(1);
  // In the same turn, before any socket has closed.
  it.broker.publish('yaguts/v1/demo/events/task:created', '{}', { qos: 1, retain: false });
  await gone;
  expect(heard.seen).toEqual([]);
  expect(it.broker.clients().map(({ principal }) => principal.credential)).toEqual(['token:bia']);
  expect(bia.connected).toBe(true);
});

test('the session of a revoked credential is gone with its queue', async () => {
  const session = { clientId: 'laptop', clean: false };
  const bia = await it.client('bia', session);
  await bia.subscribeAsync('yaguts/v1/demo/events/+', { qos: 1 });
  await bia.endAsync();
  expect(it.broker.counters().sessions).toBe(1);
  expect(it.broker.disconnect(({ credential }) => credential === 'token:bia')).toBe(0);
  expect(it.broker.counters().sessions).toBe(0);
});

test('a credential revoked while it is being looked up does not connect', async () => {
  await it.close();
  let answer: () => void = () => {};
  const asked = new Promise<void>((resolve) => {
    void run({
      authenticate: async () => {
        resolve();
        await new Promise<void>((go) => {
          answer = go;
        });
        return device('demo', 'mao');
      },
    }).then((running) => {
      it = running;
      void rawTcp(it.port).then((peer) => {
        peer.send(connectPacket());
        void peer
          .next()
          .then((packet) => codes.push(packet && 'returnCode' in packet ? packet.returnCode : -1));
      });
    });
  });
  const codes: unknown[] = [];
  await asked;
  it.broker.disconnect((principal) => principal.kind === 'device');
  answer();
  await until(() => codes.length > 0);
  expect(codes).toEqual([5]);
});

test('everyone the tests know can connect', async () => {
  for (const who of Object.keys(people)) await it.client(who);
  await until(() => it.broker.clients().length === Object.keys(people).length);
});
