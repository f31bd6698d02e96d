import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { root } from './root.ts';

/** What a faulty disk does; numbers as in faulty-disk.cpp. */
const modes = { none: 0, syncFails: 1, writeFails: 2, tornWrite: 3, slowSync: 4 } as const;

export interface DiskFault {
  readonly mode: keyof typeof modes;
  /** Every n-th call; each by default. */
  readonly every?: number;
  /** Why it fails; EIO by default. */
  readonly error?: 'EIO' | 'ENOSPC' | 'EROFS';
  /** Of a slow sync. */
  readonly ms?: number;
}

/** A disk between a process and its database, in the hand of a test or a bench. */
export interface FaultyDisk {
  /** For the process that is to have this disk. */
  readonly env: NodeJS.ProcessEnv;
  /** From now on; counts of hits begin anew. */
  set(fault: DiskFault): void;
  /** What the system says is free; undefined: the truth. */
  pretendFree(mib: number | undefined): void;
  /** Calls that were made to fail, or to wait, since the fault was set. */
  hits(): number;
  /** Syncs of the database since the start. */
  syncs(): number;
}

/** Compiles the disk into a folder; undefined where that cannot be done (no Linux, no compiler). */
export function buildFaultyDisk(dir: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const library = join(dir, 'faulty-disk.so');
  const source = join(root, 'scripts', 'src', 'faulty-disk.cpp');
  const args = ['-std=c++17', '-D_GNU_SOURCE', '-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'];
  const { status, error, stderr } = spawnSync('g++', args, { encoding: 'utf8' });
  if (error) return undefined;
  if (status !== 0) throw new Error(`faulty-disk.cpp does not compile:\n${stderr}`);
  return library;
}

/** @param prefix path that the names of its files begin with */
export function openFaultyDisk(library: string, dir: string, prefix: string): FaultyDisk {
  const page = join(dir, 'faulty-disk.page');
  writeFileSync(page, Buffer.alloc(4_096));
  const words = (at: number, values: readonly number[]): void => {
    const file = openSync(page, 'r+');
    writeSync(file, Buffer.from(Uint32Array.from(values).buffer), 0, values.length * 4, at * 4);
    closeSync(file);
  };
  const word = (at: number): number => {
    const file = openSync(page, 'r');
    const read = Buffer.alloc(4);
    readSync(file, read, 0, 4, at * 4);
    closeSync(file);
    return new Uint32Array(read.buffer, read.byteOffset, 1)[0] as number;
  };
  return {
    env: { LD_PRELOAD: library, FAULTY_DISK_PAGE: page, FAULTY_DISK_PREFIX: prefix },
    set({ mode, every = 1, error = 'EIO', ms }) {
      words(4, [0, 0]);
      words(1, [every, ms ?? constants.errno[error]]);
      words(0, [modes[mode]]);
    },
    pretendFree: (mib) => words(3, [mib ?? 0]),
    hits: () => word(5),
    syncs: () => word(6),
  };
}
