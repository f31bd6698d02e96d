const hour = 3_600_000;
const day = 24 * hour;

/** What rotation keeps: the newest backup of each of so many hours, days and weeks (UTC, weeks from Monday). */
export const rotation = [
  { keep: 24, slotOf: (at: number) => Math.floor(at / hour) },
  { keep: 7, slotOf: (at: number) => Math.floor(at / day) },
  // 1 January 1970 was a Thursday.
  { keep: 4, slotOf: (at: number) => Math.floor((at + 3 * day) / (7 * day)) },
] as const;

/**
 * Which backups to keep. Slots without a backup do not count, so that a platform that was off for a month
 * still finds its last ones.
 *
 * @param times when each was made, epoch ms, in any order
 */
export function backupsToKeep(times: readonly number[]): Set<number> {
  const newestFirst = [...times].sort((a, b) => b - a);
  const kept = new Set<number>();
  for (const { keep, slotOf } of rotation) {
    const slots = new Set<number>();
    for (const at of newestFirst) {
      const slot = slotOf(at);
      if (slots.has(slot)) continue;
      if (slots.size === keep) break;
      slots.add(slot);
      kept.add(at);
    }
  }
  return kept;
}
