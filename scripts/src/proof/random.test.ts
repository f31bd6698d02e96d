import { expect, test } from 'vitest';
import { seeded } from './random.ts';

test('the same seed gives the same schedule, another seed another one', () => {
  const draw = (seed: number): number[] => {
    const random = seeded(seed);
    const forked = random.fork();
    return [random.next(), random.between(1, 1_000), forked.between(1, 1_000)];
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

test('a number between two others may be either of them and nothing outside', () => {
  const random = seeded(1);
  const drawn = new Set(Array.from({ length: 200 }, () => random.between(3, 5)));
  expect([...drawn].sort()).toEqual([3, 4, 5]);
});
