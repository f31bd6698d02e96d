/** Chance that can be had again: the same seed gives the same schedule. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform between two whole numbers, both included. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** A generator of its own, so that who draws first in one place changes nothing in another. */
  fork(): Random;
}

/** Mulberry32: 32 bits of state, enough for schedules and never for secrets. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const random: Random = {
    next,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability) => next() < probability,
    pick: (list) => {
      if (list.length === 0) throw new RangeError('nothing to pick from');
      return list[Math.floor(next() * list.length)] as never;
    },
    fork: () => seeded(Math.floor(next() * 4_294_967_296)),
  };
  return random;
}
