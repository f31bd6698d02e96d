import { expect, test } from 'vitest';
import { createBatcher, kindOf, maxWaitingLogs } from './batch.ts';
import { createTestClock } from './clock.ts';
import type { FromEngine } from './protocol.ts';

type Batch = Extract<FromEngine, { t: 'batch' }>;
const root = 'yaguts/v1/demo';
const state = `${root}/devices/cozinha/state`;
const entry = `${root}/devices/cozinha/jobs/7/log/1`;
const line = `${root}/devices/cozinha/log/info`;

function setUp() {
  const clock = createTestClock();
  clock.advance(1_000);
  const batches: Batch[] = [];
  const batcher = createBatcher({
    post: (batch) => batches.push(batch),
    now: clock.now,
    setTimer: clock.setTimer,
  });
  return { clock, batches, batcher };
}

test('topics are states, events or log lines by their levels', () => {
  expect(kindOf(state)).toBe('state');
  expect(kindOf(`${root}/devices/cozinha/jobs/7/progress`)).toBe('state');
  expect(kindOf(`${root}/devices/cozinha/telemetry`)).toBe('state');
  expect(kindOf(`${root}/jobs/7/state`)).toBe('state');
  expect(kindOf(`${root}/estoque/cozinha/2`)).toBe('state');
  expect(kindOf(`${root}/users/ana/badge`)).toBe('state');
  expect(kindOf('yaguts/v1/_server/state')).toBe('state');
  expect(kindOf(entry)).toBe('event');
  expect(kindOf(`${root}/jobs/7/events`)).toBe('event');
  expect(kindOf(`${root}/events/task:created`)).toBe('event');
  expect(kindOf(`${root}/users/ana/res/jobs.create`)).toBe('event');
  expect(kindOf(line)).toBe('log');
});

test('the first state after silence goes at once, the next ones together within a frame, the last per topic', () => {
  const { clock, batches, batcher } = setUp();
  batcher.add(state, '1');
  expect(batches.map((b) => b.states)).toEqual([[[state, '1']]]);
  for (let i = 2; i <= 500; i++) batcher.add(state, String(i));
  expect(batches).toHaveLength(1);
  clock.advance(16);
  expect(batches[1]?.states).toEqual([[state, '500']]);
  clock.advance(1_000);
  expect(batches).toHaveLength(2);
});

test('a final entry goes at once and takes waiting states along', () => {
  const { batches, batcher } = setUp();
  batcher.add(state, '1');
  batcher.add(state, '2');
  batcher.add(entry, 'e');
  expect(batches[1]).toEqual({ t: 'batch', states: [[state, '2']], events: [[entry, 'e']], dropped: 0 });
});

test('log lines come four times a second; beyond 5,000 waiting the oldest are left out and counted, no state is', () => {
  const { clock, batches, batcher } = setUp();
  batcher.add(line, 'first');
  expect(batches).toHaveLength(1);
  for (let i = 0; i < maxWaitingLogs + 3; i++) batcher.add(line, String(i));
  expect(batches).toHaveLength(1);
  clock.advance(250);
  expect(batches).toHaveLength(2);
  expect(batches[1]?.dropped).toBe(3);
  expect(batches[1]?.events).toHaveLength(maxWaitingLogs);
  expect(batches[1]?.events[0]).toEqual([line, '3']);
});

test('nothing is sent when nothing came', () => {
  const { clock, batches, batcher } = setUp();
  batcher.flush();
  clock.advance(5_000);
  expect(batches).toEqual([]);
});

test('a page that draws slowly gets states at the pace it can show, at the latest after 250 ms; entries still go at once', () => {
  const { clock, batches, batcher } = setUp();
  batcher.add(state, '1');
  batcher.drawn(30);
  batcher.add(state, '2');
  clock.advance(119);
  expect(batches).toHaveLength(1);
  clock.advance(1);
  expect(batches[1]?.states).toEqual([[state, '2']]);
  batcher.drawn(2_000);
  batcher.add(state, '3');
  clock.advance(250);
  expect(batches[2]?.states).toEqual([[state, '3']]);
  batcher.add(state, '4');
  batcher.add(entry, 'e');
  expect(batches[3]?.events).toEqual([[entry, 'e']]);
  batcher.drawn(1);
  clock.advance(16);
  batcher.add(state, '5');
  expect(batches[4]?.states).toEqual([[state, '5']]);
});
