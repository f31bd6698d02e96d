import { readFileSync } from 'node:fs';
import { chmod, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '@yaguts/shared';
import { backupsToKeep } from '../domain/backup-rotation.ts';
import { sealBackup, syncFolder } from './backup-file.ts';
import { type CopyFacts, copyDatabase, UnsoundCopy } from './backup-worker.ts';

/**
 * Backups of a data folder, in `backups` inside it. Their names say why and when they were made (UTC, to the
 * millisecond); a name without `.part` is a copy that was checked, sealed and synced.
 */

/** `yaguts` is made by the clock and rotated; a person's own and those before migrations stay. */
export type BackupKind = 'yaguts' | 'manual' | 'before-migration';

export interface BackupMade {
  readonly path: string;
  readonly em: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly facts: CopyFacts;
}

export interface BackupWanted {
  /** The database, open or not. */
  readonly source: string;
  /** Where to: made with mode 0700. */
  readonly folder: string;
  readonly kind: BackupKind;
  readonly now: number;
  /** Bytes that must stay free beside the copy. */
  readonly spareBytes?: number;
  readonly signal?: AbortSignal;
}

export interface BackupStore {
  /**
   * Makes a backup of the open database in `backups` of its folder.
   *
   * @throws what {@link makeBackup} throws; a copy that is not sound is also noted as damage
   */
  backup(wanted: Omit<BackupWanted, 'source' | 'folder'>): Promise<BackupMade>;
  /** When the last good backup was made, of whatever kind; undefined when there is none. */
  lastBackup(): Promise<number | undefined>;
  /** Removes what rotation does not keep; answers how many. */
  rotateBackups(): Promise<number>;
}

/** @param db the open database, to be told of damage */
export function backupStore(db: { readonly path: string; suspect(damage: string): void }): BackupStore {
  const folder = backupFolder(dirname(db.path));
  return {
    async backup(wanted) {
      try {
        return await makeBackup({ ...wanted, source: db.path, folder });
      } catch (error) {
        if (error instanceof UnsoundCopy) db.suspect(error.message);
        throw error;
      }
    },
    lastBackup: async () => (await listBackups(folder))[0]?.em,
    rotateBackups: () => rotateBackups(folder),
  };
}

/** The version of this package, written into each backup. */
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** The database's file in a data folder. */
export const databaseFile = (dir: string): string => join(dir, 'yaguts.db');
/** Where a data folder keeps its backups. */
export const backupFolder = (dir: string): string => join(dir, 'backups');

/** What is left of a backup that was killed is old after an hour: a living one still grows. */
const staleMs = 3_600_000;

/**
 * Makes one backup: copy, quick_check, seal, sync, rename. A file with the final name is therefore whole.
 *
 * @throws AppError "disco_cheio" when there is no room for it; whatever SQLite or the disk say. Nothing is left
 */
export async function makeBackup(wanted: BackupWanted): Promise<BackupMade> {
  const { source, folder, kind, now, spareBytes = 0, signal } = wanted;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await removeStale(folder, now);
  await refuseWithoutRoom(source, folder, spareBytes);
  const path = join(folder, `${kind}-${stamp(now)}.db`);
  const part = `${path}.part`;
  // Made here, for SQLite would make it readable for others.
  await (await open(part, 'wx', 0o600)).close();
  try {
    const facts = await copyDatabase(source, part, signal);
    const sha256 = await sealBackup(part, {
      ...facts,
      feito_em: now,
      versao: version,
      audit: [...facts.audit] as never,
    });
    await rename(part, path);
    await syncFolder(folder);
    return { path, em: now, bytes: (await stat(path)).size, sha256, facts };
  } catch (error) {
    for (const name of [part, `${part}-journal`, `${part}-wal`, `${part}-shm`])
      await rm(name, { force: true });
    throw error;
  }
}

/** The backups in a folder, newest first. */
export async function listBackups(folder: string): Promise<{ path: string; kind: BackupKind; em: number }[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .flatMap((name) => {
      const [, kind, at] = /^(yaguts|manual|before-migration)-(\d{8}T\d{9}Z)\.db$/.exec(name) ?? [];
      const em = timeOf(at ?? '');
      return Number.isNaN(em) ? [] : [{ path: join(folder, name), kind: kind as BackupKind, em }];
    })
    .sort((a, b) => b.em - a.em);
}

/** Removes what rotation does not keep; answers how many. */
export async function rotateBackups(folder: string): Promise<number> {
  const made = (await listBackups(folder)).filter(({ kind }) => kind === 'yaguts');
  const kept = backupsToKeep(made.map(({ em }) => em));
  const gone = made.filter(({ em }) => !kept.has(em));
  for (const { path } of gone) await rm(path, { force: true });
  return gone.length;
}

/** `20261124T230639123Z` */
export const stamp = (at: number): string => new Date(at).toISOString().replaceAll(/[-:.]/g, '');

function timeOf(text: string): number {
  const [, y, mo, d, h, mi, s, ms] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(text) ?? [];
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}.${ms}Z`);
}

async function refuseWithoutRoom(source: string, folder: string, spareBytes: number): Promise<void> {
  const sizes = await Promise.all(
    [source, `${source}-wal`].map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  const { bavail, bsize } = await statfs(folder);
  const needs = sizes[0]! + sizes[1]! + spareBytes;
  const free = bavail * bsize;
  if (free >= needs) return;
  const mib = (bytes: number): number => Math.ceil(bytes / 1_048_576);
  throw new AppError(
    'disco_cheio',
    `A backup needs ${mib(needs)} MiB free in ${dirname(folder)}; ${mib(free)} MiB are`,
  );
}

async function removeStale(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/\.part(-journal|-wal|-shm)?$/.test(name)) continue;
    const path = join(folder, name);
    const age = await stat(path).then(
      ({ mtimeMs }) => now - mtimeMs,
      () => 0,
    );
    if (age > staleMs) await rm(path, { force: true });
  }
}
