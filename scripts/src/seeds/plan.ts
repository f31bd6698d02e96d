import type { Random } from '../proof/random.ts';
import { type ClockKind, clockKinds } from '../simulator/simulated-clock.ts';
import type { Weather } from './network.ts';
import { templateEpochMs } from './template.ts';

/** What the seed decides before anything happens; what goes wrong later is decided on the way. */
export interface Plan {
  readonly epochMs: number;
  readonly weather: Weather;
  /** Acts of each cook. */
  readonly acts: number;
  readonly platformKills: number;
  readonly boardKills: number;
  readonly partitions: number;
  readonly boards: readonly BoardHabits[];
  /** Messages of somebody hostile with the credential of a board that is not there; 0: nobody. */
  readonly hostile: number;
}
export interface BoardHabits {
  readonly clock: ClockKind;
  readonly failing: readonly number[];
  readonly duplicates: number;
  readonly reorders: boolean;
  /** Its flash is changed for a new one at its first restart. */
  readonly losesJournal: boolean;
  /** It stands in the kitchen, and somebody may order on it. */
  readonly isThere: boolean;
}

const day = 86_400_000;
/** A signed 32-bit count of seconds ends a minute later. */
const beforeRollover = Date.UTC(2038, 0, 19, 3, 13, 8);

/** @param boards how many there are */
export function planOf(random: Random, boards: number): Plan {
  // Most stories have one or two boards: what goes wrong needs few, and thousands of stories need to be short.
  const there = random.pick([1, 1, 2, 2, 3]);
  const first = random.between(0, boards - 1);
  return {
    epochMs: random.chance(0.1) ? beforeRollover : templateEpochMs + random.between(1, 365) * day,
    weather: {
      delayMs: random.pick([5, 40, 250]),
      cut: random.pick([0, 1 / 400, 1 / 100, 1 / 40]),
      split: random.pick([0, 0.2, 0.6]),
    },
    acts: random.between(1, 4),
    platformKills: random.pick([0, 0, 0, 1, 1, 1, 1, 2]),
    boardKills: random.between(0, 3),
    partitions: random.pick([0, 0, 1, 2]),
    hostile: random.chance(0.25) ? random.between(3, 12) : 0,
    boards: Array.from({ length: boards }, (_, i) => ({
      clock: random.pick(clockKinds),
      failing: random.chance(0.2) ? [random.between(0, 2)] : [],
      duplicates: random.chance(0.25) ? 1 : 0,
      reorders: random.chance(0.2),
      losesJournal: random.chance(0.08),
      isThere: (i - first + boards) % boards < there,
    })),
  };
}
