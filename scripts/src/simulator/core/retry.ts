import { limits } from '@yaguts/shared';

/** When each unanswered message goes out again: 2, 4, 8, 16, 30, 60 s after the last time, ± 20 %, for ever. */
export interface RetrySchedule {
  /** True for what was never sent, and for what has waited long enough. */
  due(key: string, now: number): boolean;
  /** Notes that it went out just now. */
  sent(key: string, now: number): void;
  answered(key: string): void;
  /** A new connection: everything is due at once and starts from 2 s again. */
  restart(): void;
  /** The earliest moment at which something already sent is due again; undefined when nothing is. */
  nextAt(): number | undefined;
}

/** @param random uniform in [0, 1) */
export function createRetrySchedule(random: () => number): RetrySchedule {
  const waits = limits.reportScheduleS;
  const pending = new Map<string, { step: number; at: number }>();
  return {
    due: (key, now) => (pending.get(key)?.at ?? now) <= now,
    sent(key, now) {
      const step = pending.has(key) ? Math.min((pending.get(key)?.step ?? 0) + 1, waits.length - 1) : 0;
      const waitMs = (waits[step] ?? 60) * 1_000 * (0.8 + 0.4 * random());
      pending.set(key, { step, at: now + Math.round(waitMs) });
    },
    answered: (key) => void pending.delete(key),
    restart: () => pending.clear(),
    nextAt: () => (pending.size === 0 ? undefined : Math.min(...[...pending.values()].map(({ at }) => at))),
  };
}
