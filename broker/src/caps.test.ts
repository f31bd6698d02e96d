import { expect, test } from 'vitest';
import { AddressCaps } from './caps.ts';

const make = () =>
  new AddressCaps({ halfOpenPerAddress: 2, connectsPerAddress: { perSecond: 20, burst: 20 } });

test('an address has so many half-open connections, others their own', () => {
  const caps = make();
  expect([caps.open('a'), caps.open('a'), caps.open('a'), caps.open('b')]).toEqual([true, true, false, true]);
  caps.settle('a', 0);
  expect(caps.open('a')).toBe(true);
});

test('20 CONNECTs pass at once, the following come 50 ms apart', () => {
  const caps = make();
  caps.open('a');
  const turns = Array.from({ length: 23 }, () => caps.turn('a', 1_000));
  expect(turns).toEqual([...Array(20).fill(0), 50, 100, 150]);
  expect(caps.turn('a', 1_000 + 60_000)).toBe(0);
});

test('a quiet address is forgotten', () => {
  const caps = make();
  caps.open('a');
  caps.turn('a', 0);
  caps.settle('a', 0);
  expect(caps.size).toBe(1);
  caps.sweep(50);
  expect(caps.size).toBe(0);
  caps.open('b');
  caps.settle('b', 0);
  expect(caps.size).toBe(0);
});
