import type { Clock } from './core/ports.ts';

export const clockKinds = ['real', 'none', '1970', '+1h', '-1h'] as const;
/** What the device believes about the time; `none` has no clock until `start/accepted` brings one. */
export type ClockKind = (typeof clockKinds)[number];

const hourMs = 3_600_000;

/** @returns a clock that starts at 0 now; its epoch is wrong in the way asked for */
export function createClock(kind: ClockKind): Clock {
  const bootAt = performance.now();
  const ms = (): number => Math.floor(performance.now() - bootAt);
  const epochs: Readonly<Record<ClockKind, () => number | null>> = {
    real: () => Date.now(),
    none: () => null,
    '1970': ms,
    '+1h': () => Date.now() + hourMs,
    '-1h': () => Date.now() - hourMs,
  };
  return { ms, epochMs: epochs[kind] };
}
