import { parseArgs } from 'node:util';
import { readable, renderTable } from './bench/figures.ts';
import { type Machine, machine, type Target, target, targetTable, write } from './bench/result.ts';
import type { LoadFigures } from './bench/run-load.ts';
import {
  measureAedes,
  measurePlatform,
  measureSqlite,
  type PlatformFigures,
  type Scenario,
} from './bench/scenarios.ts';
import type { SqliteCeiling } from './bench/sqlite-process.ts';
import { benchWeb } from './bench/web.ts';

const usage = `npm run bench -- [web] [--quick] [--entries N]

Entries acked per second and the time from publish to ack, beside bare aedes and bare SQLite in the same run.

  web          instead: the page in a real browser, from the motor to the pixel
  --entries N  entries of the run with 200 devices (200000)
  --quick      a twentieth of everything: to see that it runs, not to quote`;

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

/** What a run writes to bench-results/. */
export interface BenchResult {
  readonly machine: Machine;
  readonly sqlite: SqliteCeiling;
  readonly saturation: readonly Measured[];
  readonly paced: Measured;
  readonly wholeJobs: { readonly scenario: Scenario; readonly platform: PlatformFigures };
  readonly targets: readonly Target[];
}
/**
 * `npm run bench`: prints a table and writes a JSON file. Figures are printed, never judged; a lost or doubled
 * entry, or a wrong estoque, ends with 1.
 *
 * @param argv arguments after the program's name
 */
export async function main(argv: readonly string[]): Promise<void> {
  let entries: number;
  let isWeb: boolean;
  let isQuick: boolean;
  try {
    const options = {
      quick: { type: 'boolean' },
      entries: { type: 'string' },
      help: { type: 'boolean' },
    } as const;
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (values.help) return console.log(usage);
    const [what, ...others] = positionals;
    if (others.length > 0 || (what !== undefined && what !== 'web'))
      throw new Error(`what is "${positionals.join(' ')}"?`);
    isWeb = what === 'web';
    isQuick = values.quick === true;
    entries = Number(values.entries ?? fullEntries) / (values.quick ? 20 : 1);
    if (!(entries >= 1)) throw new Error(`--entries ${values.entries}: expected a number above 0`);
  } catch (error) {
    console.error(`bench: ${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  try {
    if (isWeb) await benchWeb({ isQuick });
    else await run(entries);
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}

async function run(entries: number): Promise<void> {
  const result = await measure(entries);
  console.log(`\n${report(result)}`);
  console.log(`\nWritten to ${write(result)}`);
  const runs = [...result.saturation, result.paced, result.wholeJobs].map(({ platform }) => platform);
  const isExact = runs.every(
    ({ lost, doubled, wrongEstoque, putAside }) => lost + doubled + wrongEstoque + putAside === 0,
  );
  if (!isExact) process.exitCode = 1;
}

async function measure(entries: number): Promise<BenchResult> {
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
  return { machine: machine(), ...measured, targets: targetsOf(measured) };
}

/** Bare aedes is so much faster that it gets more entries, or its run would be over before it is warm. */
async function both(name: string, scenario: Scenario, aedesEntries: number): Promise<Measured> {
  const aedes = await step(`${name}, bare aedes`, () => measureAedes({ ...scenario, entries: aedesEntries }));
  const platform = await step(`${name}, the platform`, () => measurePlatform(scenario));
  return { scenario, platform, aedes };
}

const devicesText = (count: number): string => (count === 1 ? '1 device' : `${count} devices`);

async function step<T>(name: string, run: () => Promise<T>): Promise<T> {
  process.stderr.write(`  … ${name}\n`);
  return await run();
}

function targetsOf({ saturation: runs, paced }: Pick<BenchResult, 'saturation' | 'paced'>): Target[] {
  const one = runs[0] as Measured;
  const many = runs.at(-1) as Measured;
  const ofAedes = many.platform.perSecond / many.aedes.perSecond;
  const ofMany = one.platform.perSecond / many.platform.perSecond;
  const all = [...runs, paced].map(({ platform }) => platform);
  const wrong = all.reduce((sum, it) => sum + it.lost + it.doubled + it.wrongEstoque + it.putAside, 0);
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

/** The whole report as text. */
export function report({
  machine: where,
  sqlite,
  saturation: runs,
  paced,
  wholeJobs,
  targets,
}: BenchResult): string {
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
    String(platform.lost + platform.doubled + platform.wrongEstoque + platform.putAside),
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
    Object.values(where).join(', '),
    `SQLite alone: ${readable(sqlite.perSecond)} entries/s in batches of 64, FULL, ${readable(sqlite.statementsPerEntry)} statements an entry`,
    '',
    renderTable(head, rows),
    '',
    targetTable(targets),
  ].join('\n');
}
