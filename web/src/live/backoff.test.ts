import { expect, test } from 'vitest';
import { isTokenStale, reconnectDelayMs } from './backoff.ts';

test('the waits are 3 s × 1.5ⁿ exactly, ten of them, then it gives up', () => {
  const waits = Array.from({ length: 11 }, (_, i) => reconnectDelayMs(i + 1));
  expect(waits.slice(0, 4)).toEqual([3_000, 4_500, 6_750, 10_125]);
  expect(waits[9]).toBe(3_000 * 1.5 ** 9);
  expect(waits[10]).toBeUndefined();
});

test('the first try after a loss is number 1', () => {
  expect(() => reconnectDelayMs(0)).toThrow(RangeError);
});

test('a token is stale from 80 % of its life on', () => {
  const token = { receivedAt: 1_000, expiresAt: 2_000 };
  expect(isTokenStale(token, 1_799)).toBe(false);
  expect(isTokenStale(token, 1_800)).toBe(true);
});
