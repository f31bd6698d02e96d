import type { Usage } from './child.ts';
import { percentile } from './figures.ts';
import type { LoadDevice, LoadEvents } from './load.ts';

/** What one run of the load came to. */
export interface LoadFigures {
  readonly entries: number;
  readonly perSecond: number;
  /** Until every connection was open. */
  readonly connectMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU of the process under load, in cores. */
  readonly cores: number;
  readonly peakMib: number;
  /** Heap after a collection, at the start, at each tenth (of long runs) and at the end. */
  readonly heapMib: readonly number[];
}

export interface LoadRun {
  /** Opens every connection; called before the clock starts. */
  readonly connect: (events: LoadEvents) => Promise<readonly LoadDevice[]>;
  readonly entries: number;
  /** Called when all are connected, before anything is measured. */
  readonly ready?: (() => Promise<void>) | undefined;
  /** Called then; what it answers is called right after the last ack. */
  readonly during?: (() => Promise<() => Promise<void>>) | undefined;
  readonly usage: () => Promise<Usage>;
  /** So many entries unacked per device… */
  readonly window?: number;
  /** …or so many entries a second, one device after the other. */
  readonly perSecond?: number;
}

/** A collection for every sample: closer together they would be what is measured. */
const minEntriesPerSample = 2_000;
/** Nothing acked for so long: the rest is lost. */
const stallMs = 30_000;

/** Runs entries through to their acks. Rejects when one is refused or never acked. */
export async function runLoad(run: LoadRun): Promise<LoadFigures> {
  const latencies: number[] = [];
  const heapMib: number[] = [];
  let finish: () => void = () => {};
  let fail: (error: Error) => void = () => {};
  const finished = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  finished.catch(() => {});
  let isOver = false;
  const perSample = Math.max(minEntriesPerSample, Math.ceil(run.entries / 10));
  let sampling = Promise.resolve();
  const sampleHeap = (): void => {
    sampling = sampling.then(async () => void heapMib.push((await run.usage()).heapMib));
    // Awaited at the end of a run that ends well.
    sampling.catch(() => {});
  };

  const connectingAt = performance.now();
  const devices = await run.connect({
    failed(error) {
      if (!isOver) fail(error);
    },
    acked(latencyMs) {
      latencies.push(latencyMs);
      if (latencies.length === run.entries) finish();
      else if (latencies.length % perSample === 0) sampleHeap();
    },
  });
  const connectMs = performance.now() - connectingAt;
  await run.ready?.();
  const before = await run.usage();
  heapMib.push(before.heapMib);
  const watch = watchStall(() => latencies.length, run.entries, fail);
  const endDuring = await run.during?.();
  const startedAt = performance.now();
  const pacer = run.perSecond === undefined ? undefined : pace(devices, run.perSecond);
  if (run.window !== undefined) for (const device of devices) device.open(run.window);
  try {
    await finished;
  } finally {
    isOver = true;
    clearInterval(watch);
    clearInterval(pacer);
  }
  const elapsedMs = performance.now() - startedAt;
  await endDuring?.();
  await sampling;
  const after = await run.usage();
  for (const device of devices) device.close();
  return {
    entries: latencies.length,
    perSecond: (latencies.length / elapsedMs) * 1_000,
    connectMs,
    p50Ms: percentile(latencies, 50),
    p99Ms: percentile(latencies, 99),
    cores: (after.cpuMs - before.cpuMs) / elapsedMs,
    peakMib: after.peakMib,
    heapMib: [...heapMib, after.heapMib],
  };
}

function watchStall(acked: () => number, entries: number, fail: (error: Error) => void): NodeJS.Timeout {
  let last = -1;
  return setInterval(() => {
    if (acked() === last) fail(new Error(`${entries - last} of ${entries} entries were not acked for 30 s`));
    last = acked();
  }, stallMs);
}

/** One entry at a time, evenly; a late timer is caught up with, so that the rate holds. */
function pace(devices: readonly LoadDevice[], perSecond: number): NodeJS.Timeout {
  const startedAt = performance.now();
  let sent = 0;
  return setInterval(
    () => {
      const due = Math.floor(((performance.now() - startedAt) / 1_000) * perSecond);
      while (sent < due) devices[sent++ % devices.length]?.sendOne();
    },
    Math.max(1, 1_000 / perSecond / 4),
  );
}
