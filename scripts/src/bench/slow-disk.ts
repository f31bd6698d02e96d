import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildFaultyDisk, openFaultyDisk } from '../faulty-disk.ts';
import type { Prepared } from './bench-platform.ts';
import { percentile, readable } from './figures.ts';
import { findMosquitto } from './mosquitto.ts';
import { measurePlain } from './plain-scenario.ts';
import type { LoopDelay } from './platform-process.ts';
import {
  announceStep,
  type BenchOptions,
  ceilingTarget,
  machine,
  type Result,
  ratioTarget,
  type Target,
  target,
} from './result.ts';
import type { LoadFigures } from './run-load.ts';
import { measurePlatform, type PlatformFigures } from './scenarios.ts';

/** The platform under load on one disk. */
export interface DiskFigures {
  readonly platform: PlatformFigures;
  /** Of the process that has broker and HTTP. */
  readonly loop: LoopDelay;
  /** A page of jobs, asked for while entries come in. */
  readonly http: { readonly requests: number; readonly p50Ms: number; readonly p99Ms: number };
  readonly entriesPerSync: number;
}
/** What the bench "slow-disk" writes to bench-results/. */
export interface SlowDiskResult extends Result {
  readonly slow?: DiskFigures;
  readonly fast?: DiskFigures;
  readonly plain?: LoadFigures;
}

const fsyncMs = 20;
const load = { devices: 20, window: 32 } as const;

/** Every fsync of the database takes 20 ms: what the rest of the process feels of it. */
export async function measureSlowDisk({ isQuick }: BenchOptions): Promise<SlowDiskResult> {
  const dir = mkdtempSync(join(tmpdir(), 'yaguts-slow-disk-'));
  try {
    const library = buildFaultyDisk(dir);
    if (!library) {
      const notes = ['A slow fsync needs Linux and a C++ compiler (Debian: sudo apt-get install -y g++)'];
      return { machine: machine(), targets: [], notes };
    }
    // Every process of the bench has its database in a folder that begins so.
    const disk = openFaultyDisk(library, dir, join(tmpdir(), 'yaguts-bench-'));
    const entries = isQuick ? 2_400 : 20_160;
    const run = async (ms: number): Promise<DiskFigures> => {
      announceStep(`the platform with ${ms} ms per fsync`);
      const figures = await measureOn(disk, ms, entries);
      disk.set({ mode: 'none' });
      return figures;
    };
    const fast = await run(0);
    const slow = await run(fsyncMs);
    const mosquitto = findMosquitto();
    let plain: LoadFigures | undefined;
    if (mosquitto) {
      announceStep(`mosquitto and a plain worker with ${fsyncMs} ms per fsync`);
      const slowly = (): void => disk.set({ mode: 'slowSync', ms: fsyncMs });
      // One commit per entry: at most 50 a second.
      const few = { ...load, entries: 480 };
      plain = await measurePlain(few, { mosquitto, stores: true, env: disk.env, beforeLoad: slowly });
    }
    return {
      machine: machine(),
      ...{ slow, fast, ...(plain && { plain }) },
      targets: targetsOf(slow, fast, plain),
      ...(!mosquitto && { notes: ['Without mosquitto, which is not installed here (Debian: mosquitto)'] }),
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function measureOn(
  disk: ReturnType<typeof openFaultyDisk>,
  ms: number,
  entries: number,
): Promise<DiskFigures> {
  let loop: LoopDelay | undefined;
  let http: DiskFigures['http'] | undefined;
  let syncs = 0;
  const platform = await measurePlatform(
    { ...load, entries },
    {
      env: disk.env,
      async during(at, child) {
        if (ms > 0) disk.set({ mode: 'slowSync', ms });
        const before = disk.syncs();
        const endAsking = askAllTheWhile(at);
        await child.ask('watchLoop', null);
        return async () => {
          loop = await child.ask('loopDelay', null);
          syncs = disk.syncs() - before;
          http = await endAsking();
        };
      },
    },
  );
  if (!loop || !http) throw new Error('the load ended before it began');
  return { platform, loop, http, entriesPerSync: platform.entries / syncs };
}

/** One request after the other, 20 ms apart, until it is told to end. */
function askAllTheWhile({ origin, token }: Prepared): () => Promise<DiskFigures['http']> {
  const samples: number[] = [];
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      const startedAt = performance.now();
      const answer = await fetch(`${origin}/api/jobs?limit=5`, {
        headers: { authorization: `Bearer ${token}` },
      });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`GET /api/jobs: ${answer.status}`);
      samples.push(performance.now() - startedAt);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return async () => {
    isOver = true;
    await asking;
    return { requests: samples.length, p50Ms: percentile(samples, 50), p99Ms: percentile(samples, 99) };
  };
}

/** How long a timer of 1 ms takes: never nothing, so that a ratio says something. */
const medianTurnMs = ({ loop }: DiskFigures): number => 1 + loop.p50Ms;

function targetsOf(slow: DiskFigures, fast: DiskFigures, plain: LoadFigures | undefined): Target[] {
  const per = `with ${fsyncMs} ms per fsync`;
  const { perSecond, lost, doubled, wrongEstoque, putAside } = slow.platform;
  const wrong = lost + doubled + wrongEstoque + putAside;
  return [
    target(
      ...([`entries/s ${per}`, '≥ 1,000', readable(perSecond), perSecond >= 1_000] as const),
      `a fast disk ${readable(fast.platform.perSecond)}/s`,
    ),
    ...(plain
      ? [
          ratioTarget(
            ...([`platform ÷ plain worker ${per}`, perSecond / plain.perSecond, 20] as const),
            `mosquitto, plain worker ${readable(plain.perSecond)}/s`,
          ),
        ]
      : []),
    ratioTarget(
      ...([`entries per fsync ${per}`, slow.entriesPerSync, 20] as const),
      `a fast disk ${readable(fast.entriesPerSync)}`,
    ),
    ceilingTarget(
      ...([`event loop p99 ${per}`, slow.loop.p99Ms, 10, 'ms'] as const),
      `a fast disk ${readable(fast.loop.p99Ms)} ms`,
    ),
    // Holds on a busy machine as well: what the disk takes, the loop must not feel. By the median, for a few
    // turns in which the machine was elsewhere make the p99.
    ratioTarget(
      ...([
        `event loop turn, fast disk ÷ ${fsyncMs} ms per fsync`,
        medianTurnMs(fast) / medianTurnMs(slow),
        0.5,
      ] as const),
    ),
    ceilingTarget(
      ...([`HTTP p99 ${per}`, slow.http.p99Ms, 50, 'ms'] as const),
      `a fast disk ${readable(fast.http.p99Ms)} ms`,
    ),
    target('lost, doubled, put aside, wrong estoque', '0', String(wrong), wrong === 0),
  ];
}
