import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { root } from '../root.ts';
import { renderTable } from './figures.ts';

/** Where and when a run took place. */
export type Machine = Readonly<Record<string, string | number>>;

/** One figure beside its aim; shown, never judged. */
export interface Target {
  readonly name: string;
  readonly wanted: string;
  readonly measured: string;
  readonly reached: boolean;
}

export const target = (name: string, wanted: string, measured: string, reached: boolean): Target => ({
  name,
  wanted,
  measured,
  reached,
});

export const targetTable = (targets: readonly Target[]): string =>
  renderTable(
    ['target', 'wanted', 'measured', ''],
    targets.map(({ name, wanted, measured, reached }) => [
      name,
      wanted,
      measured,
      reached ? 'reached' : 'not reached',
    ]),
  );

export function machine(): Machine {
  return {
    cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}`,
    node: `Node ${process.versions.node}`,
    platform: `${process.platform} ${process.arch}`,
    commit: commit(),
    at: new Date().toISOString(),
  };
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return 'no git';
  }
}

/**
 * Writes a result to bench-results/, named by its time and, when there is more than one kind, by its kind.
 *
 * @returns the path of the file
 */
export function write(result: { readonly machine: Machine }, kind = ''): string {
  const dir = join(root, 'bench-results');
  mkdirSync(dir, { recursive: true });
  const path = join(dir, `${String(result.machine.at).replaceAll(/[:.]/g, '-')}${kind}.json`);
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`);
  return path;
}
