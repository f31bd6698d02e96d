import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '@yaguts/shared';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { Sqlite, type SqliteFile } from './driver.ts';
import * as schema from './schema/index.ts';
import { driveSync, type Tx } from './transaction.ts';

export type Orm = BetterSQLite3Database<typeof schema>;

/** An open database: the query builder to prepare with, and the two ways to run a body. */
export interface Database {
  readonly orm: Orm;
  /** Runs a body inside BEGIN IMMEDIATE; resolves after the commit is on the disk, rejects with nothing changed. */
  write<T>(body: () => Tx<T>): Promise<T>;
  /** Runs a body of reads in one snapshot. */
  read<T>(body: () => Tx<T>): Promise<T>;
  /** Bytes of the write-ahead log moved back into the file; also what a clean stop does. */
  checkpoint(): Promise<void>;
  /** A consistent copy in one file, made while others go on writing. */
  backup(file: string): Promise<void>;
  close(): Promise<void>;
}

export const migrationsFolder: string = fileURLToPath(new URL('../../drizzle', import.meta.url));
/** 3.51.3 repaired a reset of the WAL that could lose commits. */
const minSqlite = [3, 51, 3] as const;

/**
 * Opens the database of a data folder, making it when there is none. One process at a time; pending
 * migrations are applied after a backup.
 *
 * @throws AppError "unavailable" when another process has it open
 * @throws AppError "conflict" when a newer version of the platform has written it
 * @throws Error when a setting that durability rests on does not hold
 */
export async function openDatabase(options: { dir: string; migrations?: string }): Promise<Database> {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  const unlock = lockFolder(options.dir);
  let file: SqliteFile | undefined;
  try {
    file = new Sqlite(join(options.dir, 'yaguts.db'));
    configure(file);
    await migrateAfterBackup(file, options.dir, options.migrations ?? migrationsFolder);
    chmodSync(join(options.dir, 'yaguts.db'), 0o600);
    return databaseOf(file, unlock);
  } catch (error) {
    file?.close();
    unlock();
    throw error;
  }
}

/** The lock is SQLite's own on a file beside the database: the system drops it however the process ends. */
function lockFolder(dir: string): () => void {
  const lock = new Sqlite(join(dir, 'yaguts.lock'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new AppError('unavailable', `Another process has the data folder ${dir} open; stop it first`, {
      cause,
    });
  }
  return () => lock.close();
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
  if (stored !== undefined) await file.backup(freeName(join(dir, `before-migration-${stored}.db`)));
  migrate(drizzle({ client: file }), { migrationsFolder: folder });
}

function storedMigration(file: SqliteFile): number | undefined {
  const table = file
    .prepare("select 1 from sqlite_master where type = 'table' and name = '__drizzle_migrations'")
    .get();
  if (!table) return undefined;
  const row = file.prepare('select max(created_at) as at from __drizzle_migrations').get() as { at: unknown };
  return row.at === null ? undefined : Number(row.at);
}

function freeName(path: string): string {
  let name = path;
  for (let n = 2; existsSync(name); n++) name = path.replace(/\.db$/, `-${n}.db`);
  return name;
}

function databaseOf(file: SqliteFile, unlock: () => void): Database {
  const orm: Orm = drizzle({ client: file, schema });
  const begin = { write: file.prepare('BEGIN IMMEDIATE'), read: file.prepare('BEGIN') };
  const commit = file.prepare('COMMIT');
  const rollback = file.prepare('ROLLBACK');
  const inTransaction = <T>(kind: 'write' | 'read', body: () => Tx<T>): T => {
    begin[kind].run();
    try {
      const result = driveSync(body());
      commit.run();
      return result;
    } catch (error) {
      // A full disk may have rolled back already.
      if (file.inTransaction) rollback.run();
      throw error;
    }
  };
  return {
    orm,
    write: async (body) => inTransaction('write', body),
    read: async (body) => inTransaction('read', body),
    checkpoint: async () => void file.pragma('wal_checkpoint(TRUNCATE)'),
    backup: async (to) => void (await file.backup(to)),
    close: async () => {
      if (!file.open) return;
      file.pragma('wal_checkpoint(TRUNCATE)');
      file.close();
      unlock();
    },
  };
}
