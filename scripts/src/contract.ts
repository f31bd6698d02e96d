import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configTable } from '@yaguts/api';
import { firmwareHeaderPath, renderFirmwareHeader, renderTopicTable } from '@yaguts/shared';
import { root } from './root.ts';

/** A file that is rendered from code, whole or between two markers. */
interface Rendered {
  readonly path: string;
  readonly render: (committed: string) => string;
}

/**
 * Replaces what stands between `<!-- name -->` and `<!-- /name -->`.
 *
 * @throws Error when the README has lost its markers
 */
export function between(name: string, text: string, committed: string): string {
  const begin = `<!-- ${name} -->`;
  const end = `<!-- /${name} -->`;
  const from = committed.indexOf(begin);
  const to = committed.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md has lost its markers ${begin} … ${end}`);
  return `${committed.slice(0, from + begin.length)}\n${text}\n${committed.slice(to)}`;
}

function renderConfigTable(): string {
  const rows = configTable.map(
    (row) => `| \`${row.name}\` | ${row.standard === '' ? '' : `\`${row.standard}\``} | ${row.meaning} |`,
  );
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

const rendered: readonly Rendered[] = [
  { path: firmwareHeaderPath, render: renderFirmwareHeader },
  {
    path: 'README.md',
    render: (committed) =>
      between('config', renderConfigTable(), between('topics', renderTopicTable(), committed)),
  },
];

/**
 * What is committed and no longer what the code renders.
 *
 * @returns paths from the root, empty when nothing drifted
 */
export function contractDrift(): string[] {
  return rendered
    .filter(({ path, render }) => {
      const committed = readFileSync(join(root, path), 'utf8');
      return render(committed) !== committed;
    })
    .map(({ path }) => path);
}

/** `npm run contract` writes the rendered files; with `--check` it only compares. */
export async function main(argv: readonly string[]): Promise<void> {
  const drift = contractDrift();
  if (argv.includes('--check')) {
    if (drift.length === 0) return;
    console.error(`Not what the code renders: ${drift.join(', ')}. Run: npm run contract`);
    process.exitCode = 1;
    return;
  }
  for (const { path, render } of rendered) {
    if (!drift.includes(path)) continue;
    writeFileSync(join(root, path), render(readFileSync(join(root, path), 'utf8')));
    console.log(`written: ${path}`);
  }
  if (drift.length === 0) console.log('nothing to write: the rendered files are current');
}
