import { expect, test } from 'vitest';
import { SessionStore } from './session-store.ts';

const caps = { queuedMessages: 100, queuedBytes: 256 * 1_024, queuedMs: 24 * 60 * 60 * 1_000 };
let counter = 0;
const packet = (payload: string | Buffer, topic = 'a/b') => ({
  topic,
  payload: Buffer.from(payload),
  qos: 1,
  retain: false,
  brokerId: 'x',
  brokerCounter: ++counter,
});

function storeAt(time: { now: number }, mayQueue = (_id: string, _topic: string) => true): SessionStore {
  const store = new SessionStore(caps, mayQueue, () => time.now);
  store.addFilter('ana', 'a/+', 1);
  return store;
}
const deliver = (store: SessionStore, what: ReturnType<typeof packet>) =>
  store.enqueue(
    store.subscribersOf(what.topic).map(({ clientId }) => clientId),
    what,
  );
const waiting = (store: SessionStore) => store.waiting('ana').map(({ payload }) => payload.toString());

test('what comes for a session waits in order until it is acknowledged', () => {
  const store = storeAt({ now: 0 });
  const packets = ['1', '2', '3'].map((payload) => packet(payload));
  for (const each of packets) deliver(store, each);
  expect(waiting(store)).toEqual(['1', '2', '3']);
  store.sent('ana', packets[1]?.brokerCounter ?? 0, 7);
  expect(store.waiting('ana').map(({ dup }) => dup)).toEqual([false, true, false]);
  expect(store.acknowledge('ana', 7)?.payload.toString()).toBe('2');
  expect(store.acknowledge('ana', 7)).toBeUndefined();
  expect(waiting(store)).toEqual(['1', '3']);
});

test('beyond 100 messages the oldest goes', () => {
  const store = storeAt({ now: 0 });
  for (let n = 0; n < 130; n++) deliver(store, packet(String(n)));
  expect(waiting(store)).toEqual(Array.from({ length: 100 }, (_, n) => String(n + 30)));
  expect(store.dropped).toBe(30);
});

test('beyond 256 KiB the oldest goes', () => {
  const store = storeAt({ now: 0 });
  for (let n = 0; n < 8; n++) deliver(store, packet(Buffer.alloc(60_000, n)));
  expect(store.waiting('ana').map(({ payload }) => payload[0])).toEqual([4, 5, 6, 7]);
});

test('after 24 hours a message is gone, and then the session', () => {
  const time = { now: 0 };
  const store = storeAt(time);
  deliver(store, packet('old'));
  store.setOnline('ana', false);
  time.now = caps.queuedMs;
  deliver(store, packet('young'));
  expect(waiting(store)).toEqual(['old', 'young']);
  time.now++;
  expect(waiting(store)).toEqual(['young']);
  expect(store.expire()).toEqual(['ana']);
  expect(store.size).toBe(0);
  expect(store.subscribersOf('a/b')).toEqual([]);
});

test('a session in use does not expire', () => {
  const time = { now: 0 };
  const store = storeAt(time);
  store.setOnline('ana', false);
  store.setOnline('ana', true);
  time.now = 10 * caps.queuedMs;
  expect(store.expire()).toEqual([]);
});

test('nothing waits that its owner may not receive, or that was subscribed at QoS 0', () => {
  const store = storeAt({ now: 0 }, (_id, topic) => topic !== 'a/secret');
  store.addFilter('bia', 'a/+', 0);
  expect(store.subscribersOf('a/secret')).toEqual([]);
  expect(store.subscribersOf('a/b').map(({ clientId }) => clientId)).toEqual(['ana']);
  store.addFilter('ana', 'a/+', 0);
  expect(store.subscribersOf('a/b')).toEqual([]);
});

test('overlapping filters of one session keep a message once', () => {
  const store = storeAt({ now: 0 });
  store.addFilter('ana', 'a/#', 1);
  deliver(store, packet('1'));
  expect(waiting(store)).toEqual(['1']);
  store.removeFilter('ana', 'a/+');
  store.removeFilter('ana', 'a/#');
  deliver(store, packet('2'));
  expect(waiting(store)).toEqual(['1']);
});
