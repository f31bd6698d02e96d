import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { realTimers } from './timers.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a timer never runs twice at once, and a failure does not end it', async () => {
  const logged: string[] = [];
  const every = realTimers((event) => void logged.push(event));
  let runs = 0;
  let finish: () => void = () => undefined;
  const stop = every(1_000, () => {
    runs++;
    if (runs === 2) return Promise.reject(new Error('the disk is away'));
    return new Promise<void>((resolve) => {
      finish = resolve;
    });
  });
  await vi.advanceTimersByTimeAsync(3_000);
  expect(runs).toBe(1);
  finish();
  await vi.advanceTimersByTimeAsync(2_000);
  expect([runs, logged]).toEqual([3, ['timer_failed']]);
  stop();
  finish();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(runs).toBe(3);
});
