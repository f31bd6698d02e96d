import { expect, test } from 'vitest';
import { createTestClock } from './clock.ts';
import { createEngine } from './engine.ts';
import { FakeMqtt } from './fake.ts';
import type { Credential, FromEngine, LinkState } from './protocol.ts';

function setUp({ lifeMs = 300_000_000 } = {}) {
  const clock = createTestClock();
  const clients: FakeMqtt[] = [];
  const heard: FromEngine[] = [];
  const engine = createEngine({
    connect: (url, options) => {
      const client = new FakeMqtt(url, options);
      clients.push(client);
      return client;
    },
    post: (message) => heard.push(message),
    now: clock.now,
    setTimer: clock.setTimer,
  });
  const credential = (token: string): Credential => ({
    token,
    username: 'u.ana',
    url: 'ws://kitchen/mqtt',
    receivedAt: clock.now(),
    expiresAt: clock.now() + lifeMs,
  });
  const last = () => clients.at(-1) as FakeMqtt;
  const states = () => heard.flatMap((m): LinkState[] => (m.t === 'state' ? [m.state] : []));
  engine.handle({ t: 'start', clientId: 'u.ana.x', credential: credential('one') });
  return { clock, clients, heard, engine, credential, last, states };
}

test('CONNECT carries the token as password, MQTT 3.1.1, a clean session and a keepalive of 25 s', () => {
  const { last, states } = setUp();
  expect(last().url).toBe('ws://kitchen/mqtt');
  expect(last().options).toMatchObject({
    protocolVersion: 4,
    clean: true,
    keepalive: 25,
    reconnectPeriod: 0,
    clientId: 'u.ana.x',
    username: 'u.ana',
    password: 'one',
  });
  last().emit('connect');
  expect(states()).toEqual(['connecting', 'open']);
});

test('after a loss it tries ten times by the schedule, each try with a client of its own, then says failed', () => {
  const { clock, clients, heard, last } = setUp();
  last().emit('connect');
  last().emit('close');
  const waits: number[] = [];
  for (let i = 0; i < 10; i++) {
    const waiting = heard.at(-1);
    if (waiting?.t !== 'state' || waiting.nextAt === null) throw new Error('not waiting');
    waits.push(waiting.nextAt - clock.now());
    clock.advance(waiting.nextAt - clock.now() - 1);
    expect(clients).toHaveLength(i + 1);
    clock.advance(1);
    expect(clients).toHaveLength(i + 2);
    last().emit('close');
  }
  expect(waits).toEqual(Array.from({ length: 10 }, (_, i) => 3_000 * 1.5 ** i));
  expect(heard.at(-1)).toEqual({ t: 'state', state: 'failed', attempt: 10, nextAt: null });
  clock.advance(3_600_000);
  expect(clients).toHaveLength(11);
});

test('"tentar agora" after giving up begins anew', () => {
  const { clock, engine, clients, last, states } = setUp();
  for (let i = 0; i < 11; i++) {
    last().emit('close');
    clock.advance(200_000);
  }
  expect(states().at(-1)).toBe('failed');
  const before = clients.length;
  engine.handle({ t: 'retry' });
  expect(clients).toHaveLength(before + 1);
  last().emit('connect');
  expect(states().at(-1)).toBe('open');
});

test('a connect that never comes is a loss after its deadline', () => {
  const { clock, states } = setUp();
  clock.advance(10_000);
  expect(states()).toEqual(['connecting', 'waiting']);
});

test('a manual stop never connects again, not even when asked to retry', () => {
  const { clock, engine, clients, last, states } = setUp();
  last().emit('connect');
  engine.handle({ t: 'stop' });
  last().emit('close');
  engine.handle({ t: 'retry' });
  clock.advance(3_600_000);
  expect(states().at(-1)).toBe('closed');
  expect(clients).toHaveLength(1);
  expect(last().isEnded).toBe(true);
});

test('a token past 80 % of its life is renewed before the try, and the new one is used', () => {
  const { clock, engine, clients, heard, credential, last } = setUp({ lifeMs: 3_000 });
  last().emit('connect');
  last().emit('close');
  clock.advance(3_000);
  expect(clients).toHaveLength(1);
  expect(heard.at(-1)).toEqual({ t: 'need-credential' });
  engine.handle({ t: 'credential', credential: credential('two') });
  expect(last().options.password).toBe('two');
});

test('a refused CONNACK asks for a new token before the next try', () => {
  const { clock, heard, last } = setUp();
  last().emit('error', Object.assign(new Error('refused'), { code: 5 }));
  last().emit('close');
  clock.advance(3_000);
  expect(heard.at(-1)).toEqual({ t: 'need-credential' });
});

test('a token that cannot be had counts as a failed try', () => {
  const { clock, engine, last, states } = setUp({ lifeMs: 1_000 });
  last().emit('close');
  clock.advance(3_000);
  engine.handle({ t: 'no-credential' });
  expect(states().at(-1)).toBe('waiting');
});

test('an open socket that does not answer a ping in 3 s is replaced, one that answers is kept', () => {
  const { clock, engine, last, states } = setUp();
  last().emit('connect');
  engine.handle({ t: 'probe' });
  last().emit('packetreceive', { cmd: 'pingresp' });
  clock.advance(10_000);
  expect(states().at(-1)).toBe('open');
  engine.handle({ t: 'probe' });
  clock.advance(3_000);
  expect(last().pings).toBe(2);
  expect(states().at(-1)).toBe('waiting');
});

test('a refused filter is named although mqtt.js calls the whole subscription failed', () => {
  const { engine, heard, last } = setUp();
  last().emit('connect');
  last().refused = ['b'];
  engine.handle({ t: 'subscribe', id: 4, filters: ['a', 'b'] });
  expect(heard.at(-1)).toEqual({ t: 'suback', id: 4, ok: true, refused: ['b'] });
});

test('words of a client that was given up are not heard', () => {
  const { clock, heard, clients, last } = setUp();
  last().emit('connect');
  last().emit('close');
  clock.advance(3_000);
  const before = heard.length;
  clients[0]?.emit('message', 'yaguts/v1/demo/jobs/1/state', new TextEncoder().encode('{}'));
  clients[0]?.emit('close');
  expect(heard).toHaveLength(before);
});

test('nothing can be subscribed or published while not connected, and that is said', () => {
  const { engine, heard } = setUp();
  engine.handle({ t: 'subscribe', id: 1, filters: ['a'] });
  engine.handle({ t: 'publish', id: 2, topic: 'a', payload: '{}' });
  expect(heard.slice(-2)).toEqual([
    { t: 'suback', id: 1, ok: false, refused: [] },
    { t: 'puback', id: 2, ok: false },
  ]);
});
