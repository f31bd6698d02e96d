import { expect, test } from 'vitest';
import { packetType } from './frame-guard.ts';
import { Bucket, Pace } from './pace.ts';

const { publish, puback, subscribe, unsubscribe, pingreq } = packetType;

test('a bucket has its burst at once, then so many a second, and never more than its burst', () => {
  const bucket = new Bucket({ perSecond: 20, burst: 2 }, 0);
  bucket.spend(1);
  expect(bucket.waitMs(0)).toBe(0);
  bucket.spend(1);
  expect(bucket.waitMs(0)).toBe(50);
  expect(bucket.waitMs(25)).toBe(25);
  expect(bucket.waitMs(50)).toBe(0);
  bucket.spend(1);
  // A clock that is set back gives nothing.
  expect(bucket.waitMs(0)).toBe(50);
  expect(bucket.waitMs(3_600_000)).toBe(0);
  bucket.spend(2);
  expect(bucket.waitMs(3_600_000)).toBe(50);
});

test('what takes more than is left has to be earned before the next', () => {
  const bucket = new Bucket({ perSecond: 100, burst: 256 }, 0);
  bucket.spend(1_000);
  expect(bucket.waitMs(0)).toBe(7_450);
  expect(bucket.waitMs(7_450)).toBe(0);
});

test('over its rate a PUBLISH waits, other packets do not', () => {
  const pace = new Pace({ publishes: { perSecond: 20, burst: 1 } }, 0);
  pace.passed(publish, 60_000, 0);
  expect(pace.waitMs(publish, 0)).toBe(50);
  expect(pace.waitsFor).toBe('publishes');
  for (const type of [puback, subscribe, unsubscribe, pingreq]) expect(pace.waitMs(type, 0)).toBe(0);
});

test('a filter is one request, and one more for every 64 bytes of its packet; a ping is one', () => {
  const pace = new Pace({ requests: { perSecond: 1_000, burst: 1 } }, 0);
  pace.passed(pingreq, 2, 0);
  expect(pace.waitMs(pingreq, 0)).toBe(1);
  pace.passed(subscribe, 300, 8);
  expect(pace.waitMs(subscribe, 0)).toBe(9);
  pace.passed(unsubscribe, 6_400, 1);
  expect(pace.waitMs(unsubscribe, 0)).toBe(109);
  expect(pace.waitsFor).toBe('requests');
});

test('the bytes of every packet count, acknowledgements too', () => {
  const pace = new Pace({ bytes: { perSecond: 1_000, burst: 10 } }, 0);
  for (const type of [publish, puback, subscribe]) pace.passed(type, 4, 1);
  expect(pace.waitMs(puback, 0)).toBe(3);
  expect(pace.waitsFor).toBe('bytes');
});

test('what is not counted never waits', () => {
  const pace = new Pace({}, 0);
  pace.passed(publish, 1e9, 0);
  expect(pace.waitMs(publish, 0)).toBe(0);
});
