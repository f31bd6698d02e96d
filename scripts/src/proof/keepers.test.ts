import { expect, test } from 'vitest';
import { createKeepers } from './keepers.ts';
import { startProgram, type Victim } from './process.ts';

test('a process that was killed comes back, and its end is no trouble', async () => {
  const troubles: string[] = [];
  const house = createKeepers(troubles);
  const lives: Victim[] = [];
  const keeper = house.keep('a sleeper', () => {
    const victim = startProgram(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {});
    lives.push(victim);
    return { victim, ready: undefined };
  });
  await keeper.up();
  expect(await keeper.kill(0)).toBe(true);
  await keeper.settled();
  expect(lives.length).toBe(2);
  expect(lives.map((life) => life.isAlive())).toEqual([false, true]);
  house.letGo();
  await lives[1]?.kill();
  expect(troubles).toEqual([]);
});

test('a process that ends by itself is told each time, and given up when it never stays', async () => {
  const troubles: string[] = [];
  const house = createKeepers(troubles);
  const start = () => startProgram(process.execPath, ['-e', 'process.exit(3)'], {});
  const keeper = house.keep('a weakling', () => ({ victim: start(), ready: undefined }));
  await keeper.up();
  await expect(house.doomed).rejects.toThrow('a weakling does not stay up');
  house.letGo();
  expect(new Set(troubles)).toEqual(new Set(['a weakling ended with 3']));
});
