import { readable, renderTable } from './figures.ts';
import { ceilingTarget, ratioTarget, type Target, target } from './result.ts';
import type { LoadFigures } from './run-load.ts';
import type { PlatformFigures, Scenario } from './scenarios.ts';
import type { SqliteCeiling } from './sqlite-process.ts';

/** One load, on the platform and on what it is compared with. */
export interface Measured {
  readonly scenario: Scenario;
  readonly platform: PlatformFigures;
  /** Bare aedes: its PUBACK frees an entry. */
  readonly aedes: LoadFigures;
  /** mosquitto with a worker that commits and acks one by one; undefined where it is not installed. */
  readonly plain?: LoadFigures;
  /** mosquitto with a worker that acks and stores nothing. */
  readonly nothing?: LoadFigures;
}

/** What the bench "main" has measured. */
export interface MainFigures {
  readonly sqlite: SqliteCeiling;
  /** At saturation, by rising number of devices. */
  readonly saturation: readonly Measured[];
  readonly paced: Measured;
  readonly wholeJobs: { readonly scenario: Scenario; readonly platform: PlatformFigures };
}

/** Entries of a run that are not as they must be, and frascos that do not add up. */
export const wrongOf = ({ lost, doubled, wrongEstoque, putAside }: PlatformFigures): number =>
  lost + doubled + wrongEstoque + putAside;

const rate = (what: string, { perSecond }: LoadFigures): string => `${what} ${readable(perSecond)}/s`;

/** Every figure that has an aim. */
export function mainTargets({ saturation: runs, paced, wholeJobs }: MainFigures): Target[] {
  const one = runs[0] as Measured;
  const many = runs.at(-1) as Measured;
  const wrong = [...runs, paced, wholeJobs].reduce((sum, { platform }) => sum + wrongOf(platform), 0);
  return [
    ...runs.filter(({ scenario }) => scenario.devices > 1).flatMap(rivalTargets),
    ...pacedTargets(paced),
    ratioTarget(
      `${many.scenario.devices} devices ÷ bare aedes`,
      many.platform.perSecond / many.aedes.perSecond,
      0.4,
      rate('aedes', many.aedes),
    ),
    ratioTarget(
      `1 device ÷ ${many.scenario.devices} devices`,
      one.platform.perSecond / many.platform.perSecond,
      0.5,
      rate(`${many.scenario.devices} devices`, many.platform),
    ),
    target('lost, doubled, put aside, wrong estoque', '0', String(wrong), wrong === 0),
    ...heapTargets(many.platform),
  ];
}

/** What stays of each entry in the heap; a run too short to tell has no such figure. */
function heapTargets({ heapMib, entries }: PlatformFigures): Target[] {
  if (heapMib.length < 10) return [];
  // The first tenth fills caches and buffers.
  const growth = (((heapMib.at(-1) ?? 0) - (heapMib[1] ?? 0)) / entries) * 1_048_576;
  return [ceilingTarget(`heap per entry over ${readable(entries)}`, growth, 20, 'bytes')];
}

function rivalTargets({ scenario, platform, plain, nothing }: Measured): Target[] {
  if (!plain || !nothing) return [];
  return [
    ratioTarget(
      `${scenario.devices} devices ÷ plain worker`,
      platform.perSecond / plain.perSecond,
      3,
      rate('mosquitto, plain worker', plain),
    ),
    ratioTarget(
      `${scenario.devices} devices ÷ worker that stores nothing`,
      platform.perSecond / nothing.perSecond,
      1,
      rate('mosquitto, stores nothing', nothing),
    ),
  ];
}

function pacedTargets({ scenario, platform, aedes, plain }: Measured): Target[] {
  const at = `at ${scenario.perSecond} entries/s`;
  const p99 = ceilingTarget(
    `p99 publish to ack ${at}`,
    platform.p99Ms,
    25,
    'ms',
    `aedes, PUBACK ${readable(aedes.p99Ms)} ms`,
  );
  if (!plain) return [p99];
  return [
    p99,
    ...(['p50Ms', 'p99Ms'] as const).map((key) =>
      ratioTarget(
        `plain worker's ${key.slice(0, 3)} ÷ the platform's ${at}`,
        plain[key] / platform[key],
        1,
        `${readable(plain[key])} ÷ ${readable(platform[key])} ms`,
      ),
    ),
  ];
}

/** One row for each run. */
export function mainTable({ sqlite, saturation: runs, paced, wholeJobs }: MainFigures): string {
  const quotient = (platform: LoadFigures, other: LoadFigures | undefined): string[] =>
    other ? [readable(other.perSecond), readable(platform.perSecond / other.perSecond)] : ['–', '–'];
  const row = (name: string, run: Pick<Measured, 'scenario' | 'platform'> & Partial<Measured>): string[] => [
    name,
    run.scenario.window === undefined ? '–' : String(run.scenario.window),
    readable(run.platform.perSecond),
    ...quotient(run.platform, run.aedes),
    ...quotient(run.platform, run.plain),
    ...quotient(run.platform, run.nothing),
    readable(run.platform.perSecond / sqlite.perSecond),
    ...[run.platform, run.aedes, run.plain].map((it) =>
      it ? `${readable(it.p50Ms)} / ${readable(it.p99Ms)}` : '–',
    ),
    `${readable(run.platform.batchMean)} / ${run.platform.batchLargest}`,
    readable(run.platform.cores),
    readable(run.platform.peakMib),
    String(wrongOf(run.platform)),
  ];
  const head = [
    ...['load', 'window', 'entries/s', 'aedes/s', '÷', 'plain/s', '÷', 'nothing/s', '÷', '÷ SQLite'],
    ...['p50 / p99 ms', 'aedes ms', 'plain ms', 'batch / max', 'cores', 'peak MiB', 'wrong'],
  ];
  const devices = ({ scenario }: Measured): string =>
    scenario.devices === 1 ? '1 device' : `${scenario.devices} devices`;
  return [
    `SQLite alone: ${readable(sqlite.perSecond)} entries/s in batches of 64, FULL, ${readable(sqlite.statementsPerEntry)} statements an entry`,
    'plain: mosquitto and a worker with one commit and one ack per entry; nothing: one that stores nothing',
    '',
    renderTable(head, [
      ...runs.map((run) => row(devices(run), run)),
      row(`${paced.scenario.perSecond} entries/s, ${devices(paced)}`, paced),
      row(`whole jobs, ${wholeJobs.scenario.devices} devices`, wholeJobs),
    ]),
  ].join('\n');
}
