import { AppError } from '@yaguts/shared';

/** A token bucket per key, in memory: a restart forgives everybody. */
export interface Buckets {
  /**
   * Takes one token of a key.
   *
   * @throws AppError "rate_limited" with the seconds until there is one
   */
  take(key: string): void;
  /** Gives a token back: what was taken for turned out to cost nothing. */
  give(key: string): void;
}

/** Keys remembered at most: strangers must not fill the memory. Full buckets are forgotten first. */
const maxKeys = 20_000;

/**
 * @param perSecond tokens that flow back in a second
 * @param burst     tokens of a full bucket
 */
export function createBuckets(perSecond: number, burst: number, now: () => number): Buckets {
  const levels = new Map<string, { tokens: number; at: number }>();
  const forgetFull = (at: number): void => {
    for (const [key, level] of levels)
      if (level.tokens + ((at - level.at) / 1_000) * perSecond >= burst) levels.delete(key);
    // All of them busy: an attack of many addresses. Starting anew costs them one burst each.
    if (levels.size >= maxKeys) levels.clear();
  };
  return {
    take(key) {
      const at = now();
      if (levels.size >= maxKeys) forgetFull(at);
      const level = levels.get(key) ?? { tokens: burst, at };
      // A clock set back gives nothing and takes nothing.
      const elapsedS = Math.max(0, at - level.at) / 1_000;
      const tokens = Math.min(burst, level.tokens + elapsedS * perSecond);
      if (tokens < 1) {
        levels.set(key, { tokens, at });
        throw new AppError('rate_limited', undefined, { retryAfterS: (1 - tokens) / perSecond });
      }
      levels.set(key, { tokens: tokens - 1, at });
    },
    give(key) {
      const level = levels.get(key);
      if (level) levels.set(key, { ...level, tokens: Math.min(burst, level.tokens + 1) });
    },
  };
}
