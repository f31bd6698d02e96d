import { type KillLoopResult, runKillLoop } from './kill-loop.ts';
import type { BoardKind, Template } from './stage.ts';

export interface SoakResult {
  readonly loop: KillLoopResult;
  /** Of the platform's process after a collection, MiB, evenly over the soak. */
  readonly rssMib: readonly number[];
  readonly heapMib: readonly number[];
  /** Least squares over the second half: the first one fills caches. MiB an hour. */
  readonly rssSlope: number;
  readonly heapSlope: number;
}

const samples = 60;
const minEveryMs = 5_000;
/** A dispenser killed every so many seconds, all of them together. */
const killEveryS = 3;
const cutsPerS = 5;

/**
 * Faults for a long time on one living platform: dispensers die, connections are cut, jobs are ordered. The
 * platform is never killed, or its memory would say nothing.
 */
export async function runSoak(options: {
  readonly template: Template;
  readonly kinds: readonly BoardKind[];
  readonly minutes: number;
  readonly seed: number;
  readonly progress?: (text: string) => void;
}): Promise<SoakResult> {
  const seconds = options.minutes * 60;
  const rssMib: number[] = [];
  const heapMib: number[] = [];
  const memoryEveryMs = Math.max(minEveryMs, (seconds * 1_000) / samples);
  const loop = await runKillLoop({
    ...options,
    seconds,
    kills: Math.max(1, Math.round(seconds / killEveryS)),
    cuts: Math.round(seconds * cutsPerS),
    platformShare: 0,
    memoryEveryMs,
    onMemory({ rss, heapUsed }) {
      rssMib.push(rss / 1_048_576);
      heapMib.push(heapUsed / 1_048_576);
    },
  });
  const hours = memoryEveryMs / 3_600_000;
  return { loop, rssMib, heapMib, rssSlope: slopeOf(rssMib, hours), heapSlope: slopeOf(heapMib, hours) };
}

/** Growth per unit of `step`, by least squares over the second half of the samples; 0 for fewer than three. */
export function slopeOf(all: readonly number[], step: number): number {
  const half = all.slice(Math.floor(all.length / 2));
  if (half.length < 3) return 0;
  const meanX = (half.length - 1) / 2;
  const meanY = half.reduce((sum, y) => sum + y, 0) / half.length;
  let above = 0;
  let below = 0;
  for (const [x, y] of half.entries()) {
    above += (x - meanX) * (y - meanY);
    below += (x - meanX) ** 2;
  }
  return above / below / step;
}
