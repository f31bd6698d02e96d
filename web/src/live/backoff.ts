import { limits } from '@yaguts/shared';

/** When to try again (contract, section 6): 3 s × 1.5ⁿ exactly, ten tries, no jitter. */

/**
 * The wait before try number `attempt` (1 is the first after a loss).
 *
 * @returns milliseconds, or undefined when it is time to give up and say `reconnect:failed`
 */
export function reconnectDelayMs(attempt: number): number | undefined {
  if (attempt < 1) throw new RangeError(`attempt ${attempt}: the first is 1`);
  if (attempt > limits.reconnectTries) return undefined;
  return limits.reconnectBaseMs * limits.reconnectFactor ** (attempt - 1);
}

/** A token is renewed before a try once it is past 80 % of its life: CONNECT alone needs it. */
export function isTokenStale(token: { receivedAt: number; expiresAt: number }, now: number): boolean {
  return now >= token.receivedAt + (token.expiresAt - token.receivedAt) * 0.8;
}
