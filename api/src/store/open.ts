import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '@yaguts/shared';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { checkDatabase } from './backup-worker.ts';
import { backupFolder, databaseFile, makeBackup } from './backups.ts';
import type { Database, Orm } from './database.ts';
import { Sqlite, type SqliteFile } from './driver.ts';
import { prepareLate } from './prepare-late.ts';
import * as schema from './schema/index.ts';
import { driveSync, type Tx } from './transaction.ts';

export type { Database, Orm } from './database.ts';

export const migrationsFolder: string = fileURLToPath(new URL('../../drizzle', import.meta.url));
/** 3.51.3 repaired a reset of the WAL that could lose commits. */
const minSqlite = [3, 51, 3] as const;

export interface DatabaseOptions {
  readonly dir: string;
  readonly migrations?: string | undefined;
  /** The folder is locked already, by another thread of this process. */
  readonly isLocked?: boolean;
}

/**
 * Opens the database of a data folder, making it when there is none. One process at a time; pending
 * migrations are applied after a backup.
 *
 * @throws AppError "unavailable" when another process has it open, or it is damaged
 * @throws AppError "conflict" when a newer version of the platform has written it
 * @throws Error when a setting that durability rests on does not hold
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const unlock = options.isLocked ? () => {} : lockFolder(options.dir);
  let file: SqliteFile | undefined;
  try {
    const path = databaseFile(options.dir);
    // Before SQLite makes it: the log beside it takes the mode that the file has at that moment.
    closeSync(openSync(path, 'a', 0o600));
    file = new Sqlite(path);
    configure(file);
    await migrateAfterBackup(file, options.dir, options.migrations ?? migrationsFolder);
    chmodSync(path, 0o600);
    const opened = file;
    return databaseOf(file, path, () => {
      try {
        opened.pragma('wal_checkpoint(TRUNCATE)');
      } finally {
        // What a full or failing disk did not let into the file stays in the log, for the next start.
        opened.close();
        unlock();
      }
    });
  } catch (error) {
    file?.close();
    unlock();
    if (!isDamage(error)) throw error;
    const advice = 'restore a backup with npm run restore -- FILE (they lie in its folder backups)';
    throw new AppError(
      'unavailable',
      `The database in ${options.dir} is damaged (${error.message}): ${advice}`,
      {
        cause: error,
      },
    );
  }
}

/**
 * One more connection to a database that {@link openDatabase} has open, for reading alone: a long question holds
 * up neither the event loop nor the writer. What was committed before a question is in its answer.
 */
export function openReader(dir: string): Database {
  const path = databaseFile(dir);
  const file = new Sqlite(path, { readonly: true, fileMustExist: true });
  setAndCheck(file, 'busy_timeout', '250', 250);
  return databaseOf(file, path, () => file.close());
}

/**
 * Takes a data folder for this process, making it when there is none; answers what lets it go. The lock is SQLite's own on a file beside the
 * database: the system drops it however the process ends.
 *
 * @throws AppError "unavailable" when another process has it
 */
export function lockFolder(dir: string): () => void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, 'yaguts.lock');
  let lock: SqliteFile | undefined;
  try {
    lock = new Sqlite(path, { timeout: 0 });
    chmodSync(path, 0o600);
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock?.close();
    const { code, message } = cause as Error & { code?: string };
    const sentence = /^SQLITE_(BUSY|LOCKED)/.test(code ?? '')
      ? `Another process has the data folder ${dir} open; stop it first`
      : `The data folder ${dir} cannot be written: ${message}`;
    throw new AppError('unavailable', sentence, { cause });
  }
  const held = lock;
  return () => held.close();
}

function configure(file: SqliteFile): void {
  const version = (file.prepare('select sqlite_version() as v').get() as { v: string }).v;
  if (isOlder(version.split('.').map(Number), minSqlite)) {
    throw new Error(`SQLite ${version} is too old; ${minSqlite.join('.')} or newer is needed`);
  }
  // Set and read back at each open: the second open of a WAL file runs NORMAL unless told, and NORMAL loses
  // acked commits at a power cut.
  setAndCheck(file, 'journal_mode', 'WAL', 'wal');
  setAndCheck(file, 'synchronous', 'FULL', 2);
  setAndCheck(file, 'foreign_keys', 'ON', 1);
  setAndCheck(file, 'busy_timeout', '250', 250);
  // 16 MiB of log before it is moved into the file, not 4: hot pages are moved once for four times the commits.
  setAndCheck(file, 'wal_autocheckpoint', '4000', 4_000);
}

function setAndCheck(file: SqliteFile, pragma: string, value: string, expected: string | number): void {
  file.pragma(`${pragma} = ${value}`);
  const now = file.pragma(pragma, { simple: true });
  if (now !== expected) throw new Error(`SQLite keeps ${pragma} at ${now}; ${expected} is needed`);
}

const isOlder = (version: readonly number[], than: readonly number[]): boolean => {
  const at = than.findIndex((part, i) => part !== version[i]);
  return at >= 0 && (version[at] ?? 0) < (than[at] as number);
};

async function migrateAfterBackup(file: SqliteFile, dir: string, folder: string): Promise<void> {
  const known = readMigrationFiles({ migrationsFolder: folder });
  const newest = known.at(-1)?.folderMillis ?? 0;
  const stored = storedMigration(file);
  if (stored !== undefined && stored > newest) {
    throw new AppError(
      'conflict',
      `The data folder ${dir} was written by a newer version of Yaguts; start that version, or restore a backup made by this one`,
    );
  }
  if (stored === newest) return;
  if (stored !== undefined) {
    const source = databaseFile(dir);
    await makeBackup({ source, folder: backupFolder(dir), kind: 'before-migration', now: Date.now() });
  }
  migrate(drizzle({ client: file }), { migrationsFolder: folder });
}

/** The newest migration that a database has had; undefined for a new one. */
export function storedMigration(file: SqliteFile): number | undefined {
  const table = file
    .prepare("select 1 from sqlite_master where type = 'table' and name = '__drizzle_migrations'")
    .get();
  if (!table) return undefined;
  const row = file.prepare('select max(created_at) as at from __drizzle_migrations').get() as { at: unknown };
  return row.at === null ? undefined : Number(row.at);
}

function databaseOf(file: SqliteFile, path: string, close: () => void): Database {
  const orm: Orm = prepareLate(drizzle({ client: file, schema }));
  const begin = { write: file.prepare('BEGIN IMMEDIATE'), read: file.prepare('BEGIN') };
  const commit = file.prepare('COMMIT');
  const rollback = file.prepare('ROLLBACK');
  let met: string | undefined;
  let checking: Promise<string | undefined> | undefined;
  const inTransaction = <T>(kind: 'write' | 'read', body: () => Tx<T>): T => {
    begin[kind].run();
    try {
      const result = driveSync(body());
      commit.run();
      return result;
    } catch (error) {
      // A full disk may have rolled back already.
      if (file.inTransaction) rollback.run();
      if (isDamage(error)) met = error.message;
      throw error;
    }
  };
  /** Whether what was met is still there: a bad read may have been the cable's, or a person has repaired it. */
  const lookAgain = async (): Promise<string | undefined> => {
    // What this connection keeps in memory may be the very page that was bad.
    file.pragma('shrink_memory');
    const found = await checkDatabase(path).catch((error: Error) => error.message);
    met = found ?? undefined;
    return met;
  };
  return {
    orm,
    path,
    write: async (body) => inTransaction('write', body),
    read: async (body) => inTransaction('read', body),
    checkpoint: async () => void file.pragma('wal_checkpoint(TRUNCATE)'),
    damage() {
      if (met === undefined) return Promise.resolve(undefined);
      checking ??= lookAgain().finally(() => {
        checking = undefined;
      });
      return checking;
    },
    suspect: (damage) => {
      met = damage;
    },
    close: async () => {
      if (file.open) close();
    },
  };
}

/** The file says of itself that it is broken; no other try will go better. */
export const isDamage = (error: unknown): error is Error =>
  /^SQLITE_(CORRUPT|NOTADB)/.test(String((error as { code?: unknown } | null)?.code));
