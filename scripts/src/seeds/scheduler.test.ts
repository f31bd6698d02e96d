import { expect, test } from 'vitest';
import { seeded } from '../proof/random.ts';
import { Scheduler } from './scheduler.ts';

/** Three parties that each do three things at the same moments; answers what happened, in order, and its digest. */
async function play(seed: number): Promise<{ readonly order: string; readonly hash: string }> {
  const scheduler = new Scheduler(seeded(seed));
  const order: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    const party = scheduler.party(name);
    for (const ms of [1, 1, 5])
      scheduler.timer(() => void order.push(`${name}${scheduler.now}`), ms, false, party);
  }
  await scheduler.run(() => order.length === 9, 100);
  return { order: order.join(' '), hash: scheduler.hash() };
}

test('the same seed takes the same steps, and seeds differ in who of those that are due comes first', async () => {
  const seeds = Array.from({ length: 20 }, (_, n) => n + 1);
  const first = await Promise.all(seeds.map(play));
  expect(await Promise.all(seeds.map(play))).toEqual(first);
  expect(new Set(first.map(({ order }) => order)).size).toBeGreaterThan(5);
  expect(new Set(first.map(({ hash }) => hash)).size).toBe(new Set(first.map(({ order }) => order)).size);
});

test('the clock moves when nothing is due, to what is due next, and timers of one party keep their order', async () => {
  const scheduler = new Scheduler(seeded(1));
  const seen: string[] = [];
  const see = (what: string) => () => void seen.push(`${what} at ${scheduler.now}`);
  scheduler.timer(see('late'), 86_400_000, false);
  scheduler.timer(see('first'), 7, false);
  scheduler.timer(see('second'), 7, false);
  scheduler.timer(see('never'), 8, false).cancel();
  await scheduler.run(() => false, Number.POSITIVE_INFINITY);
  expect(seen).toEqual(['first at 7', 'second at 7', 'late at 86400000']);
});

test('promises are settled to their end before the next step is taken', async () => {
  const scheduler = new Scheduler(seeded(1));
  const seen: number[] = [];
  scheduler.timer(
    async () => {
      for (let n = 1; n <= 50; n++) seen.push(await n);
    },
    1,
    false,
  );
  scheduler.timer(() => void seen.push(0), 1, false);
  await scheduler.run(() => false, 10);
  expect(seen.at(-1)).toBe(0);
  expect(seen).toHaveLength(51);
});

test('what a party wanted later ends with it, and others go on', async () => {
  const scheduler = new Scheduler(seeded(1));
  const [dead, alive] = [scheduler.party('dead'), scheduler.party('alive')];
  const seen: string[] = [];
  scheduler.timer(() => void seen.push('dead'), 10, false, dead);
  scheduler.timer(() => void seen.push('alive'), 10, false, alive);
  scheduler.timer(() => scheduler.end(dead), 5, false, alive);
  await scheduler.run(() => false, 100);
  scheduler.timer(() => void seen.push('dead again'), 1, false, dead);
  await scheduler.run(() => false, 200);
  expect(seen).toEqual(['alive']);
});

test('a step that throws ends the run, and is told', async () => {
  const scheduler = new Scheduler(seeded(1));
  let isReached = false;
  scheduler.timer(
    () => {
      throw new Error('broken');
    },
    1,
    false,
  );
  scheduler.timer(
    () => {
      isReached = true;
    },
    2,
    false,
  );
  await scheduler.run(() => false, 100);
  expect(scheduler.failure?.message).toBe('broken');
  expect(isReached).toBe(false);
});
