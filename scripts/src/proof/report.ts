import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Sqlite } from '@yaguts/api';
import { readable } from '../bench/figures.ts';
import type { LoadFigures } from '../bench/run-load.ts';
import type { PlatformFigures, Scenario } from '../bench/scenarios.ts';
import { version } from '../compose.ts';
import { root } from '../root.ts';
import type { BadInputResult } from './bad-input.ts';
import type { ControlResult } from './controls.ts';
import type { KillLoopResult } from './kill-loop.ts';
import type { PagesFigures } from './pages.ts';
import type { SoakResult } from './soak.ts';

export interface Load {
  readonly scenario: Scenario;
  readonly platform: PlatformFigures;
  readonly aedes: LoadFigures | undefined;
  readonly pages: PagesFigures | undefined;
}

/** Everything a run has found. A part that was not run is undefined and named under `skipped`. */
export interface Proof {
  readonly machine: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly seconds: number;
  readonly loop: KillLoopResult | undefined;
  readonly soak: SoakResult | undefined;
  readonly loads: readonly Load[];
  readonly badInput: BadInputResult | undefined;
  readonly controls: readonly ControlResult[];
  /** Parts that fell over, and what they said. */
  readonly failed: readonly string[];
  /** What was not run, and why. */
  readonly skipped: readonly string[];
}

/** The sums that must be zero, over every part that was run. */
export interface Zeros {
  readonly lost: number;
  readonly doubled: number;
  readonly wrongEstoque: number;
  readonly earlyAcks: number;
  readonly doublePours: number;
  /** Everything else that the oracle holds against the run. */
  readonly other: readonly string[];
}

export function zerosOf({ loop, soak, loads, badInput, failed }: Proof): Zeros {
  const parts = [loop, soak?.loop, badInput].filter((part) => part !== undefined);
  const sum = (of: (part: (typeof parts)[number]) => readonly string[]): number =>
    parts.reduce((total, part) => total + of(part).length, 0);
  const ofLoads = (of: (figures: PlatformFigures) => number): number =>
    loads.reduce((total, { platform }) => total + of(platform), 0);
  return {
    lost: sum(({ verdict }) => verdict.lost) + ofLoads(({ lost }) => lost),
    doubled: sum(({ verdict }) => verdict.doubled) + ofLoads(({ doubled }) => doubled),
    wrongEstoque: sum(({ verdict }) => verdict.wrongEstoque) + ofLoads(({ wrongEstoque }) => wrongEstoque),
    earlyAcks: sum(({ earlyAcks }) => earlyAcks),
    doublePours: sum(({ verdict }) => verdict.doublePours),
    other: [
      ...failed,
      ...parts.flatMap(({ troubles, verdict }) => [...troubles, ...verdict.unsound]),
      ...loads.flatMap(({ platform, pages }) => [
        ...(platform.putAside > 0 ? [`${platform.putAside} put aside`] : []),
        ...(pages?.seen.some((count) => count < platform.entries) ? ['a page has missed entries'] : []),
      ]),
    ],
  };
}

/** A soak of an hour or more is judged by its heap; a shorter one says too little about an hour. */
const judgedFromSeconds = 3_600;
const maxSlopeMibPerHour = 1;

/** What does not hold; empty when the proof stands. */
export function faultsOf(proof: Proof): string[] {
  const { lost, doubled, wrongEstoque, earlyAcks, doublePours, other } = zerosOf(proof);
  const counted = {
    lost,
    doubled,
    'wrong estoque': wrongEstoque,
    'early acks': earlyAcks,
    'double pours': doublePours,
  };
  const { soak } = proof;
  const grows = soak && soak.loop.seconds >= judgedFromSeconds && soak.heapSlope > maxSlopeMibPerHour;
  return [
    ...Object.entries(counted).flatMap(([name, count]) => (count > 0 ? [`${name}: ${count}`] : [])),
    ...other,
    ...proof.controls.flatMap(({ name, holds, skipped, product }) =>
      holds || skipped !== undefined
        ? []
        : [
            product.length > 0
              ? `the product fails the story of "${name}"`
              : `the control "${name}" survives`,
          ],
    ),
    ...(grows ? [`the heap grows by ${readable(soak.heapSlope)} MiB an hour`] : []),
  ];
}

/** The one table. */
export function renderProof(proof: Proof): string {
  const { machine, seed, seconds, loop, soak, loads, badInput, controls, skipped } = proof;
  const zeros = zerosOf(proof);
  const killed = loop ?? soak?.loop;
  const ran = controls.filter((control) => control.skipped === undefined);
  const rows: [string, string][] = [
    ['machine', `${machine.cpu}; ${machine.os}; Node ${machine.node}; SQLite ${machine.sqlite}`],
    ['version', `${machine.version}, commit ${machine.commit}, ${machine.at}`],
    ['seed, duration', `${seed}, ${Math.round(seconds)} s`],
    ...loads.map(({ scenario, platform, aedes, pages }): [string, string] => [
      scenario.perSecond === undefined ? 'load held' : 'load, paced',
      `${scenario.devices} devices, ${readable(platform.perSecond)} entries/s, ack p50 ${readable(platform.p50Ms)} ms, p99 ${readable(platform.p99Ms)} ms${
        aedes ? `; ${readable(platform.perSecond / aedes.perSecond)} of bare aedes` : ''
      }${pages ? `; ${pages.pages} pages (${pages.cutOff} cut off as too slow), the others saw ${readable(pages.seen[0] ?? 0)} of ${readable(platform.entries)} entries or more each, publish to page p50 ${readable(pages.p50Ms)} ms, p99 ${readable(pages.p99Ms)} ms` : ''}`,
    ]),
  ];
  if (killed) rows.push(...rowsOfLoop(killed));
  if (soak) {
    const [first, last] = [soak.rssMib[0] ?? 0, soak.rssMib.at(-1) ?? 0];
    rows.push([
      'memory',
      `RSS ${readable(first)} → ${readable(last)} MiB over ${soak.rssMib.length} samples; slope after ${soak.warmUp} samples of warm-up: RSS ${readable(soak.rssSlope)}, heap ${readable(soak.heapSlope)} MiB/h${soak.loop.seconds < judgedFromSeconds ? ' (too short to be judged by)' : ''}`,
    ]);
  }
  if (badInput) {
    rows.push([
      'bad input',
      `${badInput.packets} mutated packets and ${badInput.payloads} mutated payloads over MQTT, ${badInput.closed} connections closed; ${badInput.honestAcks} acks of the honest device meanwhile; memory +${readable(badInput.growthMib)} MiB`,
    ]);
    const { sent, answers } = badInput.requests;
    const all = Object.values(sent).reduce((sum, count) => sum + count, 0);
    rows.push(['  over HTTP', `${all} requests (${listed(sent)}); answered ${listed(answers)}`]);
  }
  if (controls.length > 0) {
    rows.push([
      'controls',
      `${ran.length} run, ${ran.filter(({ control }) => control.length > 0).length} failed as they must`,
    ]);
    for (const { name, shows, control, product } of ran) {
      rows.push([
        `  ${name}`,
        `${shows}: ${control.length}; the product in the same story: ${product.length}`,
      ]);
    }
  }
  rows.push(
    ['lost', String(zeros.lost)],
    ['doubled', String(zeros.doubled)],
    ['wrong estoque', String(zeros.wrongEstoque)],
    ['early acks', String(zeros.earlyAcks)],
    ['double pours', String(zeros.doublePours)],
    ['other faults', String(zeros.other.length)],
    ['skipped', skipped.length === 0 ? 'nothing' : skipped.join('; ')],
  );
  return leftAligned(rows);
}

function rowsOfLoop({
  kills,
  proxy,
  cutsWanted,
  orders,
  watchers,
  drainMs,
  acks,
  verdict,
}: KillLoopResult): [string, string][] {
  const all = kills.platform + kills.simulator + kills.firmware;
  return [
    [
      'faults survived',
      `${all} SIGKILLs (platform ${kills.platform}, simulator ${kills.simulator}, firmware ${kills.firmware}); ${proxy.cuts} cuts in mid-byte (${cutsWanted} wanted) of ${proxy.connections} connections, ${proxy.silences} of them after silence`,
    ],
    [
      'meanwhile',
      `${orders.http} orders over HTTP, ${orders.mqtt} over MQTT, ${orders.retries} sent again, ${orders.unknown} with an answer unknown, ${orders.cancels} cancels; ${watchers.people} pages opened ${watchers.connections} times, ${watchers.messages} messages to them; ${verdict.jobs} jobs, ${verdict.entries} entries, ${verdict.starts} motor starts, ${acks} acks checked at the moment they were seen`,
    ],
    ['drained', `${readable(drainMs / 1_000)} s after the last fault`],
  ];
}

/** `name count, name count`. */
const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

function leftAligned(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n');
}

/** What it ran on; no host name, no paths. */
export function machine(): Proof['machine'] {
  return {
    cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}`,
    os: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    sqlite: sqliteVersion(),
    version,
    commit: commit(),
    at: new Date().toISOString(),
  };
}

function sqliteVersion(): string {
  const file = new Sqlite(':memory:');
  const found = String(file.prepare('select sqlite_version()').pluck().get());
  file.close();
  return found;
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

/** What stands above the table in the README. */
const readmeMark = '<!-- npm run proof -- --readme -->';

/**
 * A README with this table in the place of its last one.
 *
 * @throws Error when the text has no place for it
 */
export function withTable(readme: string, table: string): string {
  const before = readme.split(readmeMark, 1)[0] ?? '';
  const after = /^\s*```\n[\s\S]*?\n```\n/.exec(readme.slice(before.length + readmeMark.length));
  if (!after) throw new Error(`no table stands under ${readmeMark}`);
  const rest = readme.slice(before.length + readmeMark.length + after[0].length);
  return `${before}${readmeMark}\n\n\`\`\`\n${table}\n\`\`\`\n${rest}`;
}

/** Puts the table into the README of the checkout. */
export function writeReadme(table: string): void {
  const path = join(root, 'README.md');
  writeFileSync(path, withTable(readFileSync(path, 'utf8'), table));
}

/** Writes bench-results/proof.json; answers its path from the root. */
export function writeProof(proof: Proof): string {
  const dir = join(root, 'bench-results');
  mkdirSync(dir, { recursive: true });
  const zeros = zerosOf(proof);
  writeFileSync(
    join(dir, 'proof.json'),
    `${JSON.stringify({ ...proof, zeros, faults: faultsOf(proof) }, null, 2)}\n`,
  );
  return 'bench-results/proof.json';
}
