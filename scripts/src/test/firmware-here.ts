import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe } from 'vitest';
import { buildFirmware } from '../firmware-sim.ts';
import { root } from '../root.ts';

const load = async (name: string) =>
  import(/* @vite-ignore */ pathToFileURL(join(root, 'scripts', 'setup', name)).href);

/**
 * Builds the firmware for this machine, one test file at a time.
 *
 * @returns `describe`; without a compiler or make `describe.skip`, after saying so
 * @throws Error in CI, where nothing may be left out
 */
export async function describeWithFirmware(what: string): Promise<typeof describe | typeof describe.skip> {
  const { findProgram } = await load('packages.mjs');
  if (!findProgram('g++', 'clang++') || !findProgram('make')) {
    const missing = `${what} (no C++ compiler or make here: apt-get install -y g++ make)`;
    if (process.env.CI) throw new Error(`CI runs everything, but not ${missing}`);
    process.stdout.write(`NOT RUN: ${missing}\n`);
    return describe.skip;
  }
  const { withLock } = await load('lock.mjs');
  const build = join(root, 'firmware', 'sim', 'build');
  mkdirSync(build, { recursive: true });
  await withLock(join(build, '.lock'), buildFirmware);
  return describe;
}
