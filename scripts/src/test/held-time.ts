import type { ComposeOptions } from '../compose.ts';

/**
 * The platform's clock in the hand of a test, which puts it forward instead of waiting. In between it stands
 * still: how fast the machine is makes nothing due.
 */
export interface HeldTime {
  /** For `openHouse({ held })`. Timers run when the test says so, and only then. */
  readonly held: Required<Pick<NonNullable<ComposeOptions['held']>, 'now' | 'every'>>;
  /** Puts the clock forward and runs, to its end, every timer that has become due. */
  pass(ms: number): Promise<void>;
}

export function holdTime(): HeldTime {
  let now = Date.now();
  const timers = new Set<{ ms: number; run: () => Promise<unknown> }>();
  return {
    held: {
      now: () => now,
      every(ms, run) {
        const timer = { ms, run };
        timers.add(timer);
        return () => void timers.delete(timer);
      },
    },
    async pass(ms) {
      now += ms;
      for (const timer of timers) if (timer.ms <= ms) await timer.run();
    },
  };
}
