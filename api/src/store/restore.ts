import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@yaguts/shared';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { type BackupManifest, openBackup, syncFile, syncFolder } from './backup-file.ts';
import { databaseFile, stamp } from './backups.ts';
import { chainStart, hashOf } from './chain.ts';
import { Sqlite, type SqliteFile } from './driver.ts';
import { isDamage, lockFolder, migrationsFolder, storedMigration } from './open.ts';
import { type DatabaseFaults, verifyDatabase } from './verify-database.ts';

export interface Restored {
  readonly manifest: BackupManifest;
  /** The data folder that holds it now. */
  readonly dir: string;
  /** Where the database that was there before lies, with its write-ahead log; undefined when there was none. */
  readonly aside: string | undefined;
  readonly epoch: string;
  /** Frascos that are to be weighed. */
  readonly recontar: number;
  readonly sessoes: number;
  /** Devices whose queue waits for a person: what waited when the backup was made may have been poured since. */
  readonly pausados: readonly string[];
  /**
   * What had been revoked, disabled or removed since the backup and is live again, by name; undefined when the
   * database before cannot be read (or is not there), so that nobody knows.
   */
  readonly vivos: readonly string[] | undefined;
  /** What does not add up and was taken anyway. */
  readonly faults: readonly string[];
}

export interface RestoreWanted {
  /** The backup. */
  readonly file: string;
  /** The data folder, whose keys stay: a backup does not hold them. */
  readonly dir: string;
  /** Another folder to restore into, absent or empty; the keys are copied there and `dir` stays as it is. */
  readonly into?: string | undefined;
  /** Takes a database that can be read though its sums do not add up: better than none. */
  readonly anyway?: boolean;
  readonly now: number;
}

/**
 * Restores a backup while the platform is stopped. It is unpacked into a folder of its own beside the database,
 * held to everything a database must be (structure, foreign keys, ledger, audit), given a new epoch, and only
 * then takes the place of the database by one rename: whenever the power goes, `yaguts.db` is wholly the old
 * one or wholly the new one. The data folder itself is not renamed, for it may be a mounted volume.
 *
 * @throws AppError "unavailable" while the platform runs, "invalid" for a backup that is damaged or not sound,
 *         "conflict" for one of a newer version or a folder that is not empty. Nothing is changed then
 */
export async function restoreBackup(wanted: RestoreWanted): Promise<Restored> {
  const { file, dir, into, now } = wanted;
  const target = into ?? dir;
  if (into !== undefined) await prepareFolder(into, dir);
  else await mkdir(dir, { recursive: true, mode: 0o700 });
  // With --into the platform may go on running: nothing of it is touched.
  const unlock = lockFolder(target);
  const work = join(target, `restore-${stamp(now)}`);
  try {
    await mkdir(work, { mode: 0o700 });
    const fresh = databaseFile(work);
    const manifest = await openBackup(file, fresh);
    const before = await lookAtBefore(databaseFile(dir), work);
    const changed = prepareDatabase(fresh, wanted, manifest, before);
    await syncFile(fresh);
    if (before && into === undefined) settle(databaseFile(dir));
    const aside = await swap(fresh, target, now);
    return { manifest, dir: target, aside, ...changed };
  } finally {
    await rm(work, { recursive: true, force: true });
    unlock();
  }
}

async function prepareFolder(into: string, dir: string): Promise<void> {
  await mkdir(into, { recursive: true, mode: 0o700 });
  if ((await readdir(into)).length > 0)
    throw new AppError('conflict', `${into} is not empty: name a new folder to restore into`);
  await chmod(into, 0o700);
  const keys = join(dir, 'keys');
  if (existsSync(keys)) await cp(keys, join(into, 'keys'), { recursive: true, preserveTimestamps: true });
}

/** What had been taken out of use: each question names things by what a person knows them by. */
const outOfUse: readonly { readonly table: string; readonly rows: string }[] = [
  {
    table: 'device_credentials',
    rows: `select 'credential ' || id || ' of the device ' || org_id || '.' || device as nome from device_credentials
      where revogado_em is not null`,
  },
  {
    table: 'tokens',
    rows: `select 'token "' || nome || '" (' || id || ') of ' || user_id as nome from tokens
      where revogado_em is not null`,
  },
  {
    table: 'users',
    rows: `select 'account of ' || user_id as nome from users where desativado_em is not null`,
  },
  {
    table: 'devices',
    rows: `select 'device ' || org_id || '.' || device as nome from devices where removido_em is not null`,
  },
];

const namesIn = (db: SqliteFile): string[] =>
  outOfUse
    .filter(({ table }) => hasTable(db, table))
    .flatMap(({ rows }) => db.prepare(rows).pluck().all() as string[]);

/**
 * The names of what is out of use in the database there is; undefined when there is none, or none that can be
 * read. Looked up in a copy, for SQLite repairs what it opens, and a damaged database is kept aside as it is.
 */
async function lookAtBefore(path: string, work: string): Promise<string[] | undefined> {
  if (!existsSync(path)) return undefined;
  const copy = join(work, 'before.db');
  let db: SqliteFile | undefined;
  try {
    for (const end of ['', '-wal']) if (existsSync(path + end)) await cp(path + end, copy + end);
    db = new Sqlite(copy, { fileMustExist: true });
    return namesIn(db);
  } catch {
    return undefined;
  } finally {
    db?.close();
  }
}

/** Moves the write-ahead log of a sound database into it, so that it can be put aside as one file. */
function settle(path: string): void {
  const db = new Sqlite(path, { fileMustExist: true });
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
}

/** Verifies the unpacked database, then ends what must not live on in it; all or nothing. */
function prepareDatabase(
  path: string,
  wanted: RestoreWanted,
  manifest: BackupManifest,
  before: readonly string[] | undefined,
): Pick<Restored, 'epoch' | 'recontar' | 'sessoes' | 'pausados' | 'vivos' | 'faults'> {
  const db = new Sqlite(path, { fileMustExist: true });
  try {
    const faults = verified(db, wanted, manifest);
    db.pragma('synchronous = FULL');
    const still = new Set(namesIn(db));
    const epoch = randomBytes(8).toString('hex');
    const renew = db.transaction(() => {
      db.prepare("update meta set valor = ? where chave = 'epoch'").run(epoch);
      const sessoes = db.prepare('delete from sessions').run().changes;
      // Codes and invitations may have been used since: each opens once, and only once.
      for (const table of ['mqtt_tokens', 'codes', 'invites'].filter((name) => hasTable(db, name)))
        db.prepare(`delete from ${table}`).run();
      // What was poured since is not in this ledger.
      const recontar = db.prepare('update frascos set recontar = 1, versao = versao + 1').run().changes;
      // No offer before a device has said who it is in this epoch.
      db.prepare("update devices set birth_epoch = '', versao = versao + 1").run();
      const pausados = holdQueues(db);
      for (const { org_id } of db.prepare('select org_id from orgs').all() as { org_id: string }[])
        appendAudit(db, org_id, wanted.now, { feito_em: manifest.feito_em, epoch });
      return { epoch, recontar, sessoes, pausados };
    });
    return { ...renew.immediate(), faults, vivos: before?.filter((name) => !still.has(name)) };
  } finally {
    db.close();
  }
}

/**
 * Nothing that waited is offered until a person lets the queue go on: the device may have poured it after the
 * backup, and its ring, which says so, comes after its birth, when an offer would already be on the way.
 */
function holdQueues(db: SqliteFile): string[] {
  db.prepare(
    "update jobs set fase = 'na_fila', versao = versao + 1 where status = 'queued' and fase = 'ofertado'",
  ).run();
  return db
    .prepare(
      `update devices set fila_pausada = 1 where exists
        (select 1 from jobs j where j.org_id = devices.org_id and j.device = devices.device and j.status = 'queued')
        returning org_id || '.' || device`,
    )
    .pluck()
    .all() as string[];
}

/** Refuses what must not be restored; answers the faults that the person wants to live with. */
function verified(
  db: SqliteFile,
  { file, anyway }: RestoreWanted,
  { versao, audit }: BackupManifest,
): readonly string[] {
  const { newer, structure, sums } = look(db, audit);
  if (newer)
    throw new AppError(
      'conflict',
      `${file} was made by version ${versao} of Yaguts, which is newer than this one: install that version, then restore`,
    );
  if (structure.length === 0 && (sums.length === 0 || anyway)) return sums;
  const list = [...structure, ...sums].map((fault) => `  - ${fault}`).join('\n');
  throw new AppError('invalid', `${file} is not sound; use another backup:\n${list}`);
}

function look(db: SqliteFile, heads: BackupManifest['audit']): DatabaseFaults & { newer: boolean } {
  try {
    const newest = readMigrationFiles({ migrationsFolder }).at(-1)?.folderMillis ?? 0;
    if ((storedMigration(db) ?? 0) > newest) return { newer: true, structure: [], sums: [] };
    return { newer: false, ...verifyDatabase(db, heads) };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { newer: false, structure: [error.message], sums: [] };
  }
}

function appendAudit(db: SqliteFile, org_id: string, em: number, depois: object): void {
  const last = db.prepare('select n, hash from audit where org_id = ? order by n desc limit 1').get(org_id) as
    | { n: number; hash: string }
    | undefined;
  const row = {
    ...{ org_id, n: (last?.n ?? 0) + 1, em, quem: 'sistema', acao: 'backup.restore', alvo: `org:${org_id}` },
    ...{ endereco: '', antes: null, depois: JSON.stringify(depois), prev: last?.hash ?? chainStart },
  };
  db.prepare(
    `insert into audit (org_id, n, em, quem, acao, alvo, endereco, antes, depois, prev, hash)
     values (@org_id, @n, @em, @quem, @acao, @alvo, @endereco, @antes, @depois, @prev, @hash)`,
  ).run({ ...row, hash: hashOf(row) });
}

const hasTable = (db: SqliteFile, name: string): boolean =>
  db.prepare("select 1 from sqlite_master where type = 'table' and name = ?").get(name) !== undefined;

/** Puts the old database aside and the fresh one in its place; answers where the old one lies. */
async function swap(fresh: string, dir: string, now: number): Promise<string | undefined> {
  const place = databaseFile(dir);
  let aside: string | undefined;
  if (existsSync(place)) {
    aside = join(dir, `before-restore-${stamp(now)}`);
    await mkdir(aside, { mode: 0o700 });
    // A second name for the same file, where the file system has such a thing: the place is never empty.
    await link(place, databaseFile(aside)).catch(() => cp(place, databaseFile(aside as string)));
    await syncFile(databaseFile(aside));
  }
  // SQLite would play an old write-ahead log into the new database.
  for (const end of ['-wal', '-shm', '-journal']) await putAside(`${place}${end}`, aside);
  await rename(fresh, place);
  await syncFolder(dir);
  return aside;
}

async function putAside(path: string, aside: string | undefined): Promise<void> {
  const size = await stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
  if (size === undefined) return;
  if (aside === undefined || size === 0) await rm(path);
  else await rename(path, join(aside, path.slice(path.lastIndexOf('yaguts.db'))));
}
