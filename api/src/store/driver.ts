import { createRequire } from 'node:module';
import type BetterSqlite3 from 'better-sqlite3';

const require = createRequire(import.meta.url);
// better-sqlite3 13 brings ready binaries but needs Node-API 10 and crashes without it; 12.9 serves Node 20.
const napi = Number(process.versions.napi) >= 10;
const load = (name: string): typeof BetterSqlite3 => require(name) as typeof BetterSqlite3;

/** The SQLite driver that runs on this Node. */
export const Sqlite: typeof BetterSqlite3 = load(napi ? 'better-sqlite3-napi' : 'better-sqlite3');
export type SqliteFile = BetterSqlite3.Database;
