import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { root } from '../root.ts';
import { controlList } from './control-list.ts';

interface Ran {
  readonly seeds: number;
  readonly kills: number;
  readonly cuts: number;
  readonly jobs: number;
  readonly entries: number;
  readonly acks: number;
  readonly hashes: readonly string[];
  readonly failed: readonly { readonly seed: number; readonly faults: readonly string[] }[];
}

/** A world takes over the timers of its whole process: it gets one of its own. */
function seeds(...args: string[]): Promise<Ran> {
  const program = `import(${JSON.stringify(pathToFileURL(join(root, 'scripts', 'dist', 'seeds.js')).href)})
    .then(({ main }) => main(process.argv.slice(1)))`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--eval', program, '--', ...args, '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (part: Buffer) => {
      said += part;
    });
    child.on('error', reject);
    child.on('close', () => {
      try {
        resolve(JSON.parse(said) as Ran);
      } catch {
        reject(new Error(`no result, but: ${said}`));
      }
    });
  });
}

/** All of them where nobody waits; the first of them in a person's own run. */
const total = process.env.CI ? 2_000 : 400;
const limitMs = 1_800_000;

test(
  `${total} seeded stories of kills, cuts and power losses keep every invariant`,
  async () => {
    // Two processes, for two cores; which seed is played where changes nothing.
    const half = total / 2;
    const parts = await Promise.all([
      seeds('--from', '1', '--count', String(half)),
      seeds('--from', String(half + 1), '--count', String(half)),
    ]);
    expect(parts.flatMap(({ failed }) => failed)).toEqual([]);
    const sum = (name: 'seeds' | 'kills' | 'cuts' | 'jobs' | 'entries'): number =>
      parts.reduce((all, part) => all + part[name], 0);
    expect(sum('seeds')).toBe(total);
    // Stories in which nothing happens would prove nothing.
    expect(sum('kills')).toBeGreaterThan(total / 2);
    expect(sum('cuts')).toBeGreaterThan(total / 4);
    expect(sum('jobs')).toBeGreaterThan(total);
    expect(sum('entries')).toBeGreaterThan(total);
  },
  limitMs,
);

test(
  'a seed played again in another process takes the very same steps',
  async () => {
    const [first, again] = await Promise.all([seeds('--seed', '7'), seeds('--from', '6', '--count', '2')]);
    expect(first.hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    // In the second process another story came before it.
    expect(again.hashes[1]).toBe(first.hashes[0]);
    expect(again.hashes[0]).not.toBe(first.hashes[0]);
  },
  limitMs,
);

test.each(controlList)(
  'without its rule, $name is seen by one of the first 60 seeds',
  async ({ name, shows }) => {
    const { failed } = await seeds('--control', name, '--count', '60');
    expect(failed.flatMap(({ faults }) => faults).filter((fault) => fault.startsWith(shows))).not.toEqual([]);
  },
  limitMs,
);
