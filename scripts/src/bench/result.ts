import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { root } from '../root.ts';
import { readable, renderTable } from './figures.ts';

export interface BenchOptions {
  /** A small run: to see that it runs, and for the budget; not to quote. */
  readonly isQuick: boolean;
  /** Entries of the largest run, where a bench has one. */
  readonly entries?: number;
}

/** Where and when a run took place. */
export type Machine = Readonly<Record<string, string | number>>;

/** One figure beside its aim and, where there is one, its ceiling in the same run; shown, never judged. */
export interface Target {
  readonly name: string;
  readonly wanted: string;
  readonly measured: string;
  readonly reached: boolean;
  /** What it was measured against, such as "bare aedes 24,000/s". */
  readonly beside?: string;
  /** A quotient of two figures of this run, the better the higher: what the budget may hold to a floor. */
  readonly ratio?: number;
}

/** What every bench answers: written to bench-results/ as it is, printed as a table. */
export interface Result {
  readonly machine: Machine;
  readonly targets: readonly Target[];
  /** What was left out and why, or needs a person. */
  readonly notes?: readonly string[];
  /** What makes the run itself fail, such as a lost entry. */
  readonly faults?: readonly string[];
}

export const target = (
  name: string,
  wanted: string,
  measured: string,
  reached: boolean,
  beside?: string,
): Target => ({
  ...{ name, wanted, measured, reached },
  ...(beside !== undefined && { beside }),
});

/** A quotient of two figures of one run that is to reach `atLeast`. */
export const ratioTarget = (name: string, ratio: number, atLeast: number, beside?: string): Target => ({
  ...target(name, `≥ ${readable(atLeast)}`, readable(ratio), ratio >= atLeast, beside),
  ratio,
});

/** A figure that is to stay at or below `atMost`, such as ms. */
export const ceilingTarget = (
  name: string,
  value: number,
  atMost: number,
  unit: string,
  beside?: string,
): Target =>
  target(name, `≤ ${readable(atMost)} ${unit}`, `${readable(value)} ${unit}`, value <= atMost, beside);

/** Figures, each beside its ceiling and its aim; the column of ceilings only where one has one. */
export function targetTable(targets: readonly Target[]): string {
  const hasBeside = targets.some(({ beside }) => beside !== undefined);
  return renderTable(
    ['figure', 'measured', ...(hasBeside ? ['beside'] : []), 'wanted', ''],
    targets.map(({ name, wanted, measured, reached, beside = '–' }) => [
      ...[name, measured, ...(hasBeside ? [beside] : []), wanted],
      reached ? 'reached' : 'not reached',
    ]),
  );
}

/** A result as a person reads it. `detail` stands between the machine and the figures. */
export function resultText({ machine: where, targets, notes = [] }: Result, detail = ''): string {
  return [
    Object.values(where).join(', '),
    ...(detail === '' ? [] : ['', detail]),
    ...(targets.length === 0 ? [] : ['', targetTable(targets)]),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ].join('\n');
}

/** Says on stderr what is being measured. */
export const announceStep = (name: string): void => void process.stderr.write(`  … ${name}\n`);

export function machine(): Machine {
  return {
    cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}`,
    node: `Node ${process.versions.node}`,
    platform: `${process.platform} ${process.arch}`,
    commit: commit(),
    // Of the whole machine, so that a reader knows how quiet it was.
    load: `load ${readable(loadavg()[0] ?? 0)}`,
    at: new Date().toISOString(),
  };
}

function commit(): string {
  try {
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
      stdio,
    }).trim();
  } catch {
    return 'no git';
  }
}

/**
 * Writes a result to bench-results/, named by its time and its bench.
 *
 * @returns the path of the file
 */
export function write(result: Result, bench: string): string {
  const dir = join(root, 'bench-results');
  mkdirSync(dir, { recursive: true });
  const path = join(dir, `${String(result.machine.at).replaceAll(/[:.]/g, '-')}-${bench}.json`);
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`);
  return path;
}
