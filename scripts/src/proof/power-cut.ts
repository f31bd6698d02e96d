import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../root.ts';

/** A power cut of the platform's machine, played by what its last syncs have left. */
export interface PowerCut {
  /** Environment of the process whose syncs are to be noted. */
  readonly env: Readonly<Record<string, string>>;
  /** After the process is dead: the database's files become what was last synced of each. */
  strike(): void;
}

const compilers = ['cc', 'gcc', 'clang'];

/**
 * Compiles the library that notes every fsync and fdatasync.
 *
 * @param dir folder of this run, for the library and the copies
 * @returns a sentence where it cannot be played: no Linux, or no C compiler
 */
export function preparePowerCut(dir: string, dataDir: string): PowerCut | string {
  if (process.platform !== 'linux') return `a power cut is played on Linux only, not on ${process.platform}`;
  const library = join(dir, 'power-cut.so');
  const source = join(root, 'scripts', 'src', 'proof', 'power-cut.c');
  const compiled = compilers.some(
    (compiler) =>
      spawnSync(compiler, ['-O1', '-shared', '-fPIC', '-o', library, source, '-ldl']).status === 0,
  );
  if (!compiled) return 'a power cut needs a C compiler (Debian: sudo apt-get install -y gcc libc6-dev)';
  const shadow = join(dir, 'shadow');
  mkdirSync(shadow);
  // The folder was closed cleanly, so its database is on the disk as it stands.
  for (const name of filesOf(dataDir)) copyFileSync(join(dataDir, name), join(shadow, name));
  return {
    env: { LD_PRELOAD: library, YAGUTS_SHADOW: shadow },
    strike() {
      for (const name of filesOf(dataDir)) rmSync(join(dataDir, name));
      for (const name of filesOf(shadow)) {
        // The index of the log is memory, never a file to rely on.
        if (!name.endsWith('-shm')) copyFileSync(join(shadow, name), join(dataDir, name));
      }
    },
  };
}

const filesOf = (dir: string): string[] =>
  existsSync(dir) ? readdirSync(dir).filter((name) => /^yaguts\.db(-wal|-shm)?$/.test(name)) : [];
