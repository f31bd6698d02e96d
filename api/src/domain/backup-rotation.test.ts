import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backupsToKeep } from './backup-rotation.ts';

const quarter = 15 * 60_000;
const hour = 4 * quarter;
const day = 24 * hour;
/** A Wednesday at noon. */
const now = Date.UTC(2026, 10, 25, 12);

test('after months of a backup every 15 minutes, 24 hours, 7 days and 4 weeks of them are left', () => {
  let kept: number[] = [];
  for (let at = now - 90 * day; at <= now; at += quarter) kept = [...backupsToKeep([...kept, at])];
  const ages = kept.map((at) => now - at).sort((a, b) => a - b);
  expect(ages[0]).toBe(0);
  expect(ages.filter((age) => age < day)).toHaveLength(24);
  expect(ages.filter((age) => age >= day).map((age) => Math.ceil(age / day))).toEqual([
    // The last one before each midnight, then of each Sunday.
    ...[2, 3, 4, 5, 6],
    ...[10, 17],
  ]);
});

test('the newest backup is always kept, and what rotation kept once it would keep again', () => {
  const times = fc.uniqueArray(fc.integer({ min: now - 400 * day, max: now }), { minLength: 1 });
  fc.assert(
    fc.property(times, (made) => {
      const kept = backupsToKeep(made);
      expect(kept.has(Math.max(...made))).toBe(true);
      expect(kept.size).toBeLessThanOrEqual(24 + 7 + 4);
      expect(backupsToKeep([...kept])).toEqual(kept);
    }),
  );
});

test('backups of a platform that was off for a year are not thrown away', () => {
  const old = [now - 365 * day, now - 365 * day - hour, now - 370 * day];
  expect(backupsToKeep(old)).toEqual(new Set(old));
});
