import { topic } from '@yaguts/shared';
import { expect, test } from 'vitest';
import { createWorld, type World } from '../testing/world.ts';

function connected(): World {
  const world = createWorld();
  world.connect();
  world.settle();
  return world;
}
const count = (world: World, key: string): number =>
  world.api.heard.filter((message) => message.key === key).length;

test('an entry is sent again after 2, 4, 8, 16, 30 and then every 60 s until our own ack', () => {
  const world = connected();
  world.api.acking = false;
  world.api.offer([100]);
  const times: number[] = [];
  for (let t = 0; t < 200; t++) {
    const before = count(world, 'jobLog');
    world.pass(1_000);
    if (count(world, 'jobLog') > before) times.push(Math.round(world.now() / 1_000));
  }
  expect(times).toEqual([1, 3, 7, 15, 31, 61, 121, 181]);
  expect(world.device().state.active).toBeDefined();
  expect(world.api.faults).toEqual([]);
});

test('what is unacked goes at once on a new connection', () => {
  const world = connected();
  world.api.acking = false;
  world.api.offer([100, 100]);
  world.pass(40_000);
  world.disconnect();
  world.pass(1_000);
  const before = count(world, 'jobLog');
  world.connect();
  world.settle();
  expect(count(world, 'jobLog')).toBe(before + 2);
});

test('complete waits for the ack of the last entry', () => {
  const world = connected();
  world.api.acking = false;
  const { job_id, token, seq } = world.api.offer([100, 100]);
  world.pass(1_000);
  world.api.send('jobAck', { job_id }, { token, itens: [1], complete: false });
  world.pass(1_000);
  expect(count(world, 'jobComplete')).toBe(0);
  world.api.send('jobAck', { job_id }, { token, itens: [2], complete: false });
  world.settle();
  expect(count(world, 'jobComplete')).toBe(1);
  world.api.send('jobAck', { job_id }, { token, itens: [], complete: true });
  world.settle();
  expect(world.device().state).toMatchObject({ hi: seq, active: undefined });
});

test('an ack with another token, of another job, or of an item not yet poured frees nothing', () => {
  const world = connected();
  world.api.acking = false;
  const { job_id, token } = world.api.offer([100, 60_000]);
  world.pass(1_000);
  world.api.send('jobAck', { job_id }, { token: 'ffffffffffffffff', itens: [1], complete: false });
  world.api.send('jobAck', { job_id: 99 }, { token, itens: [1], complete: false });
  world.api.send('jobAck', { job_id }, { token, itens: [2], complete: true });
  world.pass(60_000);
  expect([...(world.device().state.active?.acked ?? [])]).toEqual([]);
});

test('the device hearing its own retained entry, or its clearing, takes neither for an ack', () => {
  const world = connected();
  world.api.acking = false;
  const { job_id } = world.api.offer([100]);
  world.pass(1_000);
  const own = topic('jobLog', { org: 'demo', device: 'dev-1', job_id, item_ordem: 1 });
  world.device().message(own, Buffer.from(world.api.job(job_id)?.entries.get(1) ?? ''), true);
  world.device().message(own, new Uint8Array(), false);
  expect(world.device().state.active?.acked.size).toBe(0);
});

test('a retained ack is a leftover and frees nothing', () => {
  const world = connected();
  world.api.acking = false;
  const { job_id, token } = world.api.offer([100]);
  world.pass(1_000);
  const ack = JSON.stringify({ token, itens: [1], complete: false });
  const name = topic('jobAck', { org: 'demo', device: 'dev-1', job_id });
  world.device().message(name, Buffer.from(ack), true);
  expect(world.device().state.active?.acked.size).toBe(0);
});

test('acks that come while a motor runs are written once it is off', () => {
  const world = connected();
  const { job_id } = world.api.offer([100, 1_000]);
  world.pass(500);
  expect(world.api.job(job_id)?.entries.size).toBe(1);
  expect(world.records.some(({ k }) => k === 'ack')).toBe(false);
  world.pass(1_000);
  expect(world.records.some(({ k }) => k === 'ack')).toBe(true);
  expect(world.api.faults).toEqual([]);
});

test('items put aside by the api are acked as well', () => {
  const world = connected();
  world.api.acking = false;
  const { job_id, token } = world.api.offer([100]);
  world.pass(1_000);
  const rejected = [{ item_ordem: 1, code: 'contradicao' }];
  world.api.send('jobAck', { job_id }, { token, itens: [1], complete: false, rejected });
  world.settle();
  expect(count(world, 'jobComplete')).toBe(1);
});

test('a new epoch gets the acked entries of the active job and the ring once more', () => {
  const world = connected();
  for (const times of [[100, 100], [100]]) {
    const job = world.api.offer(times);
    world.until(() => world.device().state.hi === job.seq);
  }
  const active = world.api.offer([100, 5_000]);
  world.pass(1_000);
  world.api.loseEverything('epoch-2');
  world.until(() => world.device().state.hi === active.seq);
  expect([1, 2, 3].map((job) => world.api.job(job)?.entries.size)).toEqual([2, 1, 2]);
  expect(world.device().state.epoch).toBe('epoch-2');
  expect(world.api.faults).toEqual([]);
});

test('the ring holds the jobs of the last 64 entries', () => {
  const world = connected();
  for (let n = 0; n < 6; n++) {
    const job = world.api.offer(
      Array.from({ length: 16 }, () => 10),
      {},
      { frasco: 1 },
    );
    world.until(() => world.device().state.hi === job.seq);
  }
  expect(world.device().state.ring.map(({ job }) => job.job_id)).toEqual([3, 4, 5, 6]);
});

test('a ring that a new database does not want is given up after ten rounds', () => {
  const world = connected();
  const job = world.api.offer([100]);
  world.until(() => world.device().state.hi === job.seq);
  world.api.acking = false;
  world.api.loseEverything('epoch-2');
  const before = count(world, 'jobLog');
  world.pass(3_000_000);
  expect(count(world, 'jobLog') - before).toBe(10);
  expect(world.device().state.epoch).toBe('epoch-2');
});

test('a platform that comes back while the device stays connected hears birth and everything unacked', () => {
  const world = connected();
  world.api.acking = false;
  world.api.offer([100]);
  world.pass(40_000);
  const before = { births: world.api.births.length, logs: count(world, 'jobLog') };
  world.api.send('serverState', {}, { state: 'online', version: 'test', epoch: 'epoch-1' });
  world.settle();
  expect({ births: world.api.births.length, logs: count(world, 'jobLog') }).toEqual({
    births: before.births + 1,
    logs: before.logs + 1,
  });
});

test('telemetry comes at most every ten seconds', () => {
  const world = connected();
  world.pass(60_500);
  expect(count(world, 'telemetry')).toBe(7);
});
