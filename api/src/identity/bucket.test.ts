import { expect, test } from 'vitest';
import { createBuckets } from './bucket.ts';

const clock = () => {
  let now = 0;
  return { now: () => now, advance: (ms: number) => (now += ms) };
};

test('a full bucket is a burst, then tokens come back at their rate', () => {
  const time = clock();
  const buckets = createBuckets(2, 3, time.now);
  for (let n = 0; n < 3; n++) buckets.take('a');
  expect(() => buckets.take('a')).toThrow(
    expect.objectContaining({ code: 'rate_limited', retryAfterS: 0.5 }),
  );
  buckets.take('b');
  time.advance(500);
  buckets.take('a');
  expect(() => buckets.take('a')).toThrow();
  time.advance(60_000);
  for (let n = 0; n < 3; n++) buckets.take('a');
  expect(() => buckets.take('a')).toThrow();
});

test('a clock that is set back gives nothing and takes nothing', () => {
  const time = clock();
  const buckets = createBuckets(1, 1, time.now);
  buckets.take('a');
  time.advance(-3_600_000);
  expect(() => buckets.take('a')).toThrow();
  time.advance(1_000);
  buckets.take('a');
});

test('no more than 20,000 callers are remembered: beyond, everybody starts anew', () => {
  const buckets = createBuckets(1, 1, clock().now);
  buckets.take('known');
  for (let n = 0; n < 19_999; n++) buckets.take(`stranger-${n}`);
  expect(() => buckets.take('known')).not.toThrow();
  expect(() => buckets.take('known')).toThrow();
});
