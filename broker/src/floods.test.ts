import { afterEach, expect, test } from 'vitest';
import { type Running, run, until } from './test/harness.ts';
import { bytesInUse } from './test/heap.ts';
import { honestPair } from './test/honest-pair.ts';
import { connectPacket, pingPacket, type RawPeer, rawTcp, rawWs, subscribePacket } from './test/raw.ts';

/** Much of what is allowed one by one: the honest pair goes on, and the memory does not grow with it. */

let it: Running;
afterEach(() => it.close());

const unpaced = { perSecond: 1e9, burst: 1e9 };
const asAna = { clientId: 'x', username: 'u.ana', password: Buffer.from('ana') };
async function logIn(peer: RawPeer, changes: Record<string, unknown> = {}): Promise<void> {
  peer.send(connectPacket(changes));
  expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode: 0 });
}

test('one that asks for 2,000 retained messages 5,000 times over and reads nothing gets them in its own time', async () => {
  it = await run({ limits: { slowConsumerBytes: 256 * 1_024, requestsPerConnection: unpaced } });
  for (let n = 1; n <= 2_000; n++) {
    const payload = JSON.stringify({ n, text: 'x'.repeat(1_200) });
    it.broker.publish(`yaguts/v1/demo/jobs/${n}/state`, payload, { qos: 1, retain: true });
  }
  const pair = await honestPair(it);
  const greedy = await rawTcp(it.port);
  await logIn(greedy, asAna);
  const ask = subscribePacket(['yaguts/v1/demo/jobs/+/state']);
  greedy.send(ask);
  expect(await greedy.next()).toMatchObject({ cmd: 'suback', granted: [1] });
  greedy.freeze();
  await pair.talk();
  const once = await bytesInUse();
  greedy.send(Buffer.concat(Array(5_000).fill(ask)));
  // 64 replays may be under way; who asks on is refused, and keeps what it has.
  while ((it.broker.counters().refused_subscribe_replays ?? 0) < 5_000 - 64) await pair.talk();
  it.events.length = 0;
  expect((await bytesInUse()) / once).toBeLessThan(1.3);
  greedy.destroy();
  await until(() => it.broker.counters().connections === 2);
});

test('5,000 refused filters are counted each, and are one line of the log a second', async () => {
  let now = 0;
  it = await run({ now: () => now, limits: { requestsPerConnection: unpaced } });
  const refused = () =>
    it.events.filter(({ event }) => event === 'subscribe_refused').map(({ fields }) => fields);
  const peer = await rawTcp(it.port);
  await logIn(peer, asAna);
  const ask = subscribePacket(['yaguts/v1/outra/#']);
  const flood = async (count: number) => {
    peer.send(Buffer.concat(Array(count).fill(ask)));
    for (let n = 0; n < count; n++)
      expect(await peer.next()).toMatchObject({ cmd: 'suback', granted: [128] });
  };
  await flood(5_000);
  expect(refused()).toMatchObject([{ client_id: 'x', filter: 'yaguts/v1/outra/#', left_out: 0 }]);
  const [{ reason } = {}] = refused();
  expect(it.broker.counters()[`refused_subscribe_${reason}`]).toBe(5_000);
  now = 1_000;
  await flood(3);
  expect(refused()[1]).toMatchObject({ filter: 'yaguts/v1/outra/#', left_out: 4_999 });
  // What was left out since is told when the connection ends.
  peer.destroy();
  await until(() => it.broker.counters().connections === 0);
  expect(refused()).toHaveLength(3);
  expect(refused()[2]).toMatchObject({ client_id: 'x', left_out: 2 });
});

test('one that asks for filters without end is answered at its pace: nothing is lost, and nobody else waits', async () => {
  it = await run({ limits: { requestsPerConnection: { perSecond: 1_000, burst: 10 } } });
  const pair = await honestPair(it);
  for (const open of [() => rawTcp(it.port), () => rawWs(it.wsUrl)]) {
    const before = it.broker.counters().paced_requests ?? 0;
    const peer = await open();
    await logIn(peer, asAna);
    const asks = Array.from({ length: 100 }, (_, n) => subscribePacket(['yaguts/v1/demo/#'], 1, n + 1));
    peer.send(Buffer.concat([...asks, pingPacket]));
    await pair.talk();
    const granted = new Set<unknown>();
    for (let n = 0; n < 101; n++) {
      const answer = await peer.next();
      if (answer?.cmd === 'suback') granted.add(answer.messageId);
    }
    expect(granted.size).toBe(100);
    expect(it.broker.counters().paced_requests).toBeGreaterThan(before);
    peer.destroy();
  }
});

test('one that sends more bytes than it may is read at its pace, and all of them are read', async () => {
  it = await run({ limits: { bytesPerConnection: { perSecond: 100_000, burst: 1_000 } } });
  const peer = await rawTcp(it.port);
  await logIn(peer, asAna);
  const stray = Buffer.from([0x40, 2, 0, 9]);
  peer.send(Buffer.concat([...Array(2_000).fill(stray), pingPacket]));
  expect(await peer.next()).toMatchObject({ cmd: 'pingresp' });
  expect(it.broker.counters().paced_bytes).toBeGreaterThan(0);
  peer.destroy();
});

test('a SUBSCRIBE of more filters than a packet may name closes its connection before one is looked at', async () => {
  it = await run();
  const peer = await rawTcp(it.port);
  await logIn(peer, asAna);
  peer.send(subscribePacket(Array.from({ length: 257 }, (_, n) => `yaguts/v1/outra/${n}`)));
  expect((await peer.closed).map(({ cmd }) => cmd)).toEqual(['connack']);
  expect(it.broker.counters()).toMatchObject({ refused_frame_too_many_filters: 1 });
  expect(it.broker.counters().refused_subscribe_rights).toBeUndefined();
});

test('many SUBSCRIBEs in one write each get their retained message, in their order', async () => {
  it = await run();
  const topics = Array.from({ length: 60 }, (_, n) => `yaguts/v1/demo/jobs/${n + 1}/state`);
  for (const topic of topics) it.broker.publish(topic, '{}', { qos: 1, retain: true });
  const peer = await rawTcp(it.port);
  await logIn(peer, asAna);
  peer.send(Buffer.concat(topics.map((topic, n) => subscribePacket([topic], 0, n + 1))));
  const replayed: string[] = [];
  while (replayed.length < topics.length) {
    const packet = await peer.next();
    if (packet?.cmd === 'publish') replayed.push(packet.topic);
  }
  expect(replayed).toEqual(topics);
  peer.destroy();
});

test.each(['tcp', 'ws'])(
  '300,000 pings from one that reads nothing cost nobody else a word (%s)',
  async (wire) => {
    it = await run({ limits: { slowConsumerBytes: 64 * 1_024, drainTimeoutMs: 200 } });
    const pair = await honestPair(it);
    const deaf = wire === 'tcp' ? await rawTcp(it.port) : await rawWs(it.wsUrl);
    await logIn(deaf, asAna);
    deaf.freeze();
    const before = await bytesInUse();
    const pings = Buffer.concat(Array(25_000).fill(pingPacket));
    for (let n = 0; n < 12; n++) {
      deaf.send(pings);
      await pair.talk();
    }
    expect((await bytesInUse()) / before).toBeLessThan(1.3);
    deaf.destroy();
    await until(() => it.broker.counters().connections === 2);
  },
);

test('a CONNECT that drips in, each byte well within the time, is closed when the time for all of it is over', async () => {
  it = await run({ limits: { connectTimeoutMs: 100 } });
  for (const open of [() => rawTcp(it.port), () => rawWs(it.wsUrl)]) {
    const peer = await open();
    const packet = connectPacket();
    let sent = 0;
    const drip = setInterval(() => {
      if (sent < packet.length - 1) peer.send(packet.subarray(sent, ++sent));
    }, 10);
    expect(await peer.closed).toEqual([]);
    clearInterval(drip);
  }
  expect(it.broker.counters().connects).toBeUndefined();
});

test('a packet that drips in after CONNECT does not keep its connection alive', async () => {
  it = await run();
  const peer = await rawTcp(it.port);
  await logIn(peer, { keepalive: 1 });
  const drip = setInterval(() => peer.send(Buffer.from([0x30])), 50);
  peer.send(Buffer.from([0x30, 0xff, 0x7f]));
  expect((await peer.closed).map(({ cmd }) => cmd)).toEqual(['connack']);
  clearInterval(drip);
});

test('twins that take their session from each other 500 times leave one connection and one session', async () => {
  const quick = { perSecond: 1e6, burst: 1e6 };
  it = await run({ limits: { connectsPerAddress: quick } });
  const pair = await honestPair(it);
  const session = { ...asAna, clean: false };
  const twin = async (): Promise<RawPeer> => {
    const peer = await rawTcp(it.port);
    await logIn(peer, session);
    peer.send(subscribePacket(['yaguts/v1/demo/events/+']));
    expect(await peer.next()).toMatchObject({ cmd: 'suback' });
    return peer;
  };
  let last = await twin();
  for (let n = 0; n < 500; n++) {
    const next = await twin();
    await last.closed;
    last = next;
    if (n % 10 === 0) await pair.talk();
  }
  expect(it.broker.counters()).toMatchObject({ connections: 3, sessions: 1 });
  expect(it.broker.clients().map(({ clientId }) => clientId)).toContain('x');
  // What is sent now reaches the one that is left, once.
  it.broker.publish('yaguts/v1/demo/events/task:created', '{}', { qos: 1, retain: false });
  await pair.talk();
  last.send(pingPacket);
  const heard: string[] = [];
  for (let cmd = ''; cmd !== 'pingresp'; heard.push(cmd)) cmd = (await last.next())?.cmd ?? 'pingresp';
  expect(heard.filter((cmd) => cmd === 'publish')).toHaveLength(1);
  last.destroy();
});
