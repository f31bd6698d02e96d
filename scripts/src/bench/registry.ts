import type { BenchOptions, Result } from './result.ts';

/** One named bench. It measures and answers; printing, writing and the budget are the command's. */
export interface Bench {
  readonly name: string;
  readonly summary: string;
  /** Loaded when it runs, so that a bench without a browser needs none. */
  readonly load: () => Promise<BenchRun>;
}
export interface BenchRun {
  readonly measure: (options: BenchOptions) => Promise<Result>;
  /** Tables of its own, shown above the figures. */
  readonly detail?: (result: never) => string;
  /** Writes the figures that the README shows. */
  readonly toReadme?: (result: never) => void;
}

/** Every bench of `npm run bench -- NAME`, in the order of the help. */
export const benches: readonly Bench[] = [
  {
    name: 'main',
    summary: 'entries acked per second and publish to ack, beside bare aedes and bare SQLite',
    async load() {
      const [{ measureMain }, { mainTable }] = await Promise.all([
        import('./main.ts'),
        import('./main-table.ts'),
      ]);
      return { measure: measureMain, detail: mainTable };
    },
  },
  {
    name: 'broker',
    summary: 'our broker beside bare aedes and mosquitto, crowds, and an honest pair beside hostile cases',
    load: async () => ({ measure: (await import('./broker/measure.ts')).measureBroker }),
  },
  {
    name: 'slow-disk',
    summary: 'every fsync takes 20 ms: entries per second, event loop, HTTP meanwhile',
    load: async () => ({ measure: (await import('./slow-disk.ts')).measureSlowDisk }),
  },
  {
    name: 'live',
    summary: 'from publish to a browser at 200 entries a second; a backlog drained',
    load: async () => ({ measure: (await import('./live.ts')).measureLive }),
  },
  {
    name: 'history',
    summary: 'what the pages of history and jobs ask, over 100,000 jobs with a million entries',
    async load() {
      const { measureHistory, historyTable } = await import('./history.ts');
      return { measure: measureHistory, detail: historyTable };
    },
  },
  {
    name: 'grow',
    summary: 'cost against connected devices, jobs stored and retained messages',
    async load() {
      const { measureGrow, growTable, writeGrowth } = await import('./grow.ts');
      return { measure: measureGrow, detail: growTable, toReadme: writeGrowth };
    },
  },
  {
    name: 'crowd',
    summary:
      'a thousand browsers of twenty organisations on a hundred running jobs: losses, crossings, memory, stats',
    async load() {
      const { measureCrowd, crowdTable } = await import('./crowd.ts');
      return { measure: measureCrowd, detail: crowdTable };
    },
  },
  {
    name: 'web',
    summary: 'the page in a real browser, from the motor to the pixel',
    load: async () => ({ measure: (await import('./web.ts')).measureWeb }),
  },
];
