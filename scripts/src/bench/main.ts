import { readable, renderTable } from './figures.ts';
import { announceStep, type BenchOptions, machine, type Result, type Target, target } from './result.ts';
import type { LoadFigures } from './run-load.ts';
import {
  measureAedes,
  measurePlatform,
  measureSqlite,
  type PlatformFigures,
  type Scenario,
} from './scenarios.ts';
import type { SqliteCeiling } from './sqlite-process.ts';

const fullEntries = 200_000;
/** Unacked entries per device: below the 64 retained topics that a device may have, 4,096 in all. */
const saturation = [
  { devices: 1, window: 32, share: 0.05 },
  { devices: 20, window: 32, share: 0.2 },
  { devices: 200, window: 16, share: 1 },
] as const;
const pacedPerSecond = 50;
const pacedSeconds = 30;

interface Measured {
  readonly scenario: Scenario;
  readonly platform: PlatformFigures;
  readonly aedes: LoadFigures;
}

/** What the bench "main" writes to bench-results/. */
export interface MainResult extends Result {
  readonly sqlite: SqliteCeiling;
  readonly saturation: readonly Measured[];
  readonly paced: Measured;
  readonly wholeJobs: { readonly scenario: Scenario; readonly platform: PlatformFigures };
}

/** Entries acked per second at saturation and the time from publish to ack, each beside its ceilings. */
export async function measureMain({
  isQuick,
  entries: wanted = fullEntries,
}: BenchOptions): Promise<MainResult> {
  const entries = wanted / (isQuick ? 20 : 1);
  const sqlite = await step('SQLite alone, the same statements', () =>
    measureSqlite(Math.min(entries, 20_000)),
  );
  const saturated: Measured[] = [];
  for (const { devices, window, share } of saturation) {
    const scenario = { devices, window, entries: entries * share };
    saturated.push(await both(`${devicesText(devices)} at saturation`, scenario, Math.max(entries, 20_000)));
  }
  const seconds = Math.min(pacedSeconds, Math.max(3, entries / 1_000));
  const slow = { devices: 10, perSecond: pacedPerSecond, entries: pacedPerSecond * seconds };
  const paced = await both(`${pacedPerSecond} entries a second`, slow, slow.entries);
  const whole = { devices: 20, window: 24, entries: entries * 0.1, wholeJobs: true };
  const wholeJobs = {
    scenario: whole,
    platform: await step('20 devices taking whole jobs', () => measurePlatform(whole)),
  };
  const measured = { sqlite, saturation: saturated, paced, wholeJobs };
  return {
    machine: machine(),
    ...measured,
    targets: targetsOf(measured),
    faults: faultsOf([...saturated, paced, wholeJobs].map(({ platform }) => platform)),
  };
}

/** Bare aedes is so much faster that it gets more entries, or its run would be over before it is warm. */
async function both(name: string, scenario: Scenario, aedesEntries: number): Promise<Measured> {
  const aedes = await step(`${name}, bare aedes`, () => measureAedes({ ...scenario, entries: aedesEntries }));
  const platform = await step(`${name}, the platform`, () => measurePlatform(scenario));
  return { scenario, platform, aedes };
}

const devicesText = (count: number): string => (count === 1 ? '1 device' : `${count} devices`);

async function step<T>(name: string, run: () => Promise<T>): Promise<T> {
  announceStep(name);
  return await run();
}

const wrongOf = ({ lost, doubled, wrongEstoque, putAside }: PlatformFigures): number =>
  lost + doubled + wrongEstoque + putAside;

function faultsOf(runs: readonly PlatformFigures[]): string[] {
  const wrong = runs.reduce((sum, run) => sum + wrongOf(run), 0);
  return wrong === 0 ? [] : [`${wrong} entries lost, doubled or put aside, or frascos with a wrong estoque`];
}

type Figures = Pick<MainResult, 'sqlite' | 'saturation' | 'paced' | 'wholeJobs'>;

function targetsOf({ saturation: runs, paced }: Figures): Target[] {
  const one = runs[0] as Measured;
  const many = runs.at(-1) as Measured;
  const ofAedes = many.platform.perSecond / many.aedes.perSecond;
  const ofMany = one.platform.perSecond / many.platform.perSecond;
  const wrong = [...runs, paced].reduce((sum, { platform }) => sum + wrongOf(platform), 0);
  const { heapMib, entries } = many.platform;
  // The first tenth fills caches and buffers.
  const growth = (((heapMib.at(-1) ?? 0) - (heapMib[1] ?? 0)) / entries) * 1_048_576;
  return [
    target(
      'p99 publish to ack at 50 entries/s',
      '≤ 25 ms',
      `${readable(paced.platform.p99Ms)} ms`,
      paced.platform.p99Ms <= 25,
    ),
    target('200 devices ÷ bare aedes', '≥ 0.25', readable(ofAedes), ofAedes >= 0.25),
    target('1 device ÷ 200 devices', '≥ 0.33', readable(ofMany), ofMany >= 1 / 3),
    target('lost, doubled, put aside, wrong estoque', '0', String(wrong), wrong === 0),
    target(
      `heap per entry over ${readable(entries)}`,
      '< 20 bytes',
      `${readable(growth)} bytes`,
      growth < 20,
    ),
  ];
}

/** One row for each run. */
export function mainTable({ sqlite, saturation: runs, paced, wholeJobs }: Figures): string {
  const row = (
    name: string,
    { scenario, platform }: Pick<Measured, 'scenario' | 'platform'>,
    aedes?: LoadFigures,
  ) => [
    name,
    scenario.window === undefined ? '–' : String(scenario.window),
    readable(platform.perSecond),
    aedes ? readable(aedes.perSecond) : '–',
    aedes ? readable(platform.perSecond / aedes.perSecond) : '–',
    readable(platform.perSecond / sqlite.perSecond),
    `${readable(platform.p50Ms)} / ${readable(platform.p99Ms)}`,
    aedes ? `${readable(aedes.p50Ms)} / ${readable(aedes.p99Ms)}` : '–',
    `${readable(platform.batchMean)} / ${platform.batchLargest}`,
    readable(platform.cores),
    readable(platform.peakMib),
    String(wrongOf(platform)),
  ];
  const head = [
    'load',
    'window',
    'entries/s',
    'aedes/s',
    '÷ aedes',
    '÷ SQLite',
    'p50 / p99 ms',
    'aedes ms',
    'batch / max',
    'cores',
    'peak MiB',
    'wrong',
  ];
  const rows = [
    ...runs.map((run) => row(devicesText(run.scenario.devices), run, run.aedes)),
    row(`50 entries/s, ${paced.scenario.devices} devices`, paced, paced.aedes),
    row(`whole jobs, ${wholeJobs.scenario.devices} devices`, wholeJobs),
  ];
  return [
    `SQLite alone: ${readable(sqlite.perSecond)} entries/s in batches of 64, FULL, ${readable(sqlite.statementsPerEntry)} statements an entry`,
    '',
    renderTable(head, rows),
  ].join('\n');
}
