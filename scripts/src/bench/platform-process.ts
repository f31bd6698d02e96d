import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Commits, createBenchPlatform, type Prepared, type Wanted } from './bench-platform.ts';
import { answerParent, type CommonQuestions } from './child.ts';
import type { Verdict } from './verdict.ts';

/** The whole platform as a process of its own. */
export interface PlatformQuestions extends CommonQuestions {
  prepare: { in: Wanted; out: Prepared };
  commits: { in: null; out: Commits };
  verify: { in: null; out: Verdict };
  /** From now on notes how late timers of the main loop are. */
  watchLoop: { in: null; out: null };
  loopDelay: { in: null; out: LoopDelay };
  /** Stops the platform and answers its data folder, which stays until this process ends. */
  halt: { in: null; out: string };
}
export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const platform = createBenchPlatform();
/** A timer of 1 ms; what it is late by is the delay. */
const resolution = 1;
const delay = monitorEventLoopDelay({ resolution });
const lateMs = (ns: number): number => Math.max(0, ns / 1e6 - resolution);

answerParent(
  {
    prepare: platform.prepare,
    verify: platform.verify,
    commits: platform.commits,
    watchLoop() {
      delay.enable();
      delay.reset();
    },
    loopDelay: () => ({
      p50Ms: lateMs(delay.percentile(50)),
      p99Ms: lateMs(delay.percentile(99)),
      maxMs: lateMs(delay.max),
    }),
    async halt() {
      await platform.stop();
      return platform.dataDir;
    },
  },
  async () => {
    await platform.stop();
    platform.remove();
  },
);
