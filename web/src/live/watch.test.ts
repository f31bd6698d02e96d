import { expect, test } from 'vitest';
import { HttpProblem } from '../api/http.ts';
import { LiveClient } from './client.ts';
import { createTestClock } from './clock.ts';
import { FakeLink } from './fake.ts';
import { createWatcher } from './watch.ts';

async function setUp({ isConnected = true } = {}) {
  const link = new FakeLink();
  const clock = createTestClock();
  const client = new LiveClient({
    org: 'demo',
    user: 'ana',
    link,
    token: async () => ({ token: 't', username: 'u.ana', url: '/mqtt', expires_at: 1 }),
    origin: 'http://k.example',
  });
  const watcher = createWatcher({ random: () => 0.5, setTimer: clock.setTimer });
  watcher.attach(client);
  if (isConnected) await client.connect();
  const settle = async () => {
    await new Promise((resolve) => setTimeout(resolve));
    clock.advance(0);
    await new Promise((resolve) => setTimeout(resolve));
  };
  await settle();
  return { link, clock, client, watcher, settle };
}

test('it subscribes, waits for the SUBACK, and only then fetches', async () => {
  const { link, watcher, settle } = await setUp();
  const order: string[] = [];
  const fetch = async () => void order.push(`fetch after ${link.subscriptions.length}`);
  const watch = watcher.open({ filters: ['a'], fetch });
  expect(order).toEqual([]);
  await settle();
  expect(order).toEqual(['fetch after 1']);
  expect(watch.status.value).toEqual({ kind: 'ready' });
});

test('two interests in one filter subscribe once and let go with the last', async () => {
  const { link, watcher, settle } = await setUp();
  const one = watcher.open({ filters: ['a', 'b'] });
  const two = watcher.open({ filters: ['b', 'c'] });
  await settle();
  expect(link.subscriptions).toEqual([['a', 'b'], ['c']]);
  one.close();
  two.close();
  const gone = link.posted.flatMap((m) => (m.t === 'unsubscribe' ? [m.filters] : []));
  expect(gone).toEqual([['a'], ['b', 'c']]);
});

test('after a reconnect everything open is subscribed and fetched again, spread over 300 ms', async () => {
  const { link, clock, watcher, settle } = await setUp();
  let fetches = 0;
  watcher.open({ filters: ['a'], fetch: async () => void fetches++ });
  await settle();
  link.lose();
  link.open();
  await settle();
  clock.advance(149);
  await settle();
  expect(fetches).toBe(1);
  clock.advance(1);
  await settle();
  expect(fetches).toBe(2);
  expect(link.subscriptions.at(-1)).toEqual(['a']);
});

test('without a connection the page fetches at once, and once more after the SUBACK', async () => {
  const { link, client, watcher, settle } = await setUp({ isConnected: false });
  const order: string[] = [];
  watcher.open({
    filters: ['a'],
    fetch: async () => void order.push(`fetch after ${link.subscriptions.length}`),
  });
  await settle();
  expect(order).toEqual(['fetch after 0']);
  await client.connect();
  await settle();
  expect(order).toEqual(['fetch after 0', 'fetch after 1']);
});

test('a first fetch that is still under way when the SUBACK comes is not the last one', async () => {
  const { client, watcher, settle } = await setUp({ isConnected: false });
  const answers: (() => void)[] = [];
  watcher.open({ filters: ['a'], fetch: () => new Promise((resolve) => answers.push(resolve)) });
  await client.connect();
  await settle();
  expect(answers).toHaveLength(1);
  answers[0]?.();
  await settle();
  expect(answers).toHaveLength(2);
});

test('it rests when nothing is being fetched, whether a fetch ended or its page was left', async () => {
  const { watcher, settle } = await setUp({ isConnected: false });
  await watcher.rest();
  const answers: (() => void)[] = [];
  const fetch = () => new Promise<void>((resolve) => answers.push(resolve));
  watcher.open({ filters: [], fetch });
  const left = watcher.open({ filters: [], fetch });
  let isResting = false;
  void watcher.rest().then(() => {
    isResting = true;
  });
  answers[0]?.();
  await settle();
  expect(isResting).toBe(false);
  left.close();
  await settle();
  expect(isResting).toBe(true);
});

test('a refused SUBACK and a 403 are forbidden, other failures are errors with their code', async () => {
  const { link, watcher, settle } = await setUp();
  link.refused = ['secret'];
  const refused = watcher.open({ filters: ['secret'], fetch: async () => {} });
  const forbidden = watcher.open({ filters: [], fetch: () => Promise.reject(new HttpProblem('forbidden')) });
  const broken = watcher.open({ filters: [], fetch: () => Promise.reject(new HttpProblem('internal')) });
  await settle();
  expect(refused.status.value.kind).toBe('forbidden');
  expect(forbidden.status.value.kind).toBe('forbidden');
  expect(broken.status.value).toMatchObject({ kind: 'error', problem: { code: 'internal' } });
});

test('asked again during a fetch, it fetches once more after it and never twice at the same time', async () => {
  const { watcher, settle } = await setUp();
  let running = 0;
  let most = 0;
  let count = 0;
  const fetch = async () => {
    most = Math.max(most, ++running);
    count++;
    await new Promise((resolve) => setTimeout(resolve));
    running--;
  };
  const watch = watcher.open({ filters: [], fetch });
  await Promise.resolve();
  watch.again();
  watch.again();
  watch.again();
  await settle();
  await settle();
  expect([most, count]).toEqual([1, 2]);
});
