import { type KillLoopResult, runKillLoop } from './kill-loop.ts';
import type { BoardKind, Template } from './stage.ts';

export interface SoakResult {
  readonly loop: KillLoopResult;
  /** Of the platform's process after a collection, MiB, evenly over the soak. */
  readonly rssMib: readonly number[];
  readonly heapMib: readonly number[];
  /** Samples left out of the slopes: caches fill and code is compiled in the first minutes. */
  readonly warmUp: number;
  /** Least squares over the rest, MiB an hour. */
  readonly rssSlope: number;
  readonly heapSlope: number;
}

const sampleCount = 60;
const minEveryMs = 5_000;
/** A dispenser killed every so many seconds, all of them together. */
const killEveryS = 3;
const cutsPerS = 5;
/** Or half of the soak, where that is shorter. */
const warmUpMs = 10 * 60_000;
/** In place of a day: see platform-process.ts. */
const keptMs = 60_000;

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
  const memoryEveryMs = Math.max(minEveryMs, (seconds * 1_000) / sampleCount);
  const loop = await runKillLoop({
    ...options,
    seconds,
    kills: Math.max(1, Math.round(seconds / killEveryS)),
    cuts: Math.round(seconds * cutsPerS),
    platformShare: 0,
    env: { PROOF_KEPT_MS: String(keptMs) },
    memoryEveryMs,
    onMemory({ rss, heapUsed }) {
      rssMib.push(rss / 1_048_576);
      heapMib.push(heapUsed / 1_048_576);
    },
  });
  const hours = memoryEveryMs / 3_600_000;
  const warmUp = Math.min(Math.round(warmUpMs / memoryEveryMs), Math.floor(heapMib.length / 2));
  const slope = (all: readonly number[]): number => slopeOf(all.slice(warmUp), hours);
  return { loop, rssMib, heapMib, warmUp, rssSlope: slope(rssMib), heapSlope: slope(heapMib) };
}

/** Growth per unit of `step`, by least squares; 0 for fewer than three samples. */
export function slopeOf(samples: readonly number[], step: number): number {
  if (samples.length < 3) return 0;
  const meanX = (samples.length - 1) / 2;
  const meanY = samples.reduce((sum, y) => sum + y, 0) / samples.length;
  let above = 0;
  let below = 0;
  for (const [x, y] of samples.entries()) {
    above += (x - meanX) * (y - meanY);
    below += (x - meanX) ** 2;
  }
  return above / below / step;
}
