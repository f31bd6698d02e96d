import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type * as schema from './schema/index.ts';
import type { Tx } from './transaction.ts';

export type Orm = BetterSQLite3Database<typeof schema>;

/** An open database: the query builder to prepare with, and the two ways to run a body. */
export interface Database {
  readonly orm: Orm;
  /** The database's file. */
  readonly path: string;
  /** Runs a body inside BEGIN IMMEDIATE; resolves after the commit is on the disk, rejects with nothing changed. */
  write<T>(body: () => Tx<T>): Promise<T>;
  /** Runs a body of reads in one snapshot. */
  read<T>(body: () => Tx<T>): Promise<T>;
  /** Bytes of the write-ahead log moved back into the file; also what a clean stop does. */
  checkpoint(): Promise<void>;
  /**
   * Damage of the file that a transaction or a backup has met; undefined when there is none, or when a check
   * of the whole file finds it gone.
   */
  damage(): Promise<string | undefined>;
  /** Notes damage that was met elsewhere. */
  suspect(damage: string): void;
  close(): Promise<void>;
}
