import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { Sqlite } from './driver.ts';
import { migrationsFolder, openDatabase } from './open.ts';
import { meta } from './schema/index.ts';
import { openStore } from './store.ts';
import { all, get, run } from './transaction.ts';

const folders: string[] = [];
const folder = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'yaguts-store-'));
  folders.push(dir);
  return dir;
};
afterEach(() => {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
});

test('the second open of a database is as durable as the first: WAL, FULL and foreign keys', async () => {
  const dir = folder();
  for (let time = 0; time < 2; time++) {
    const db = await openDatabase({ dir });
    const pragma = (name: string) => db.orm.get<Record<string, unknown>>(sql.raw(`pragma ${name}`));
    expect(pragma('journal_mode')).toEqual({ journal_mode: 'wal' });
    expect(pragma('synchronous')).toEqual({ synchronous: 2 });
    expect(pragma('foreign_keys')).toEqual({ foreign_keys: 1 });
    expect(pragma('busy_timeout')).toEqual({ timeout: 250 });
    await db.close();
    await db.close();
  }
});

test('a control: SQLite alone opens the same file less durable', async () => {
  const dir = folder();
  await (await openDatabase({ dir })).close();
  const bare = new Sqlite(join(dir, 'yaguts.db'));
  expect(bare.pragma('synchronous', { simple: true })).not.toBe(2);
  bare.close();
});

test('a second process is refused while the first has the folder open, and let in after a kill', async () => {
  const dir = folder();
  const db = await openDatabase({ dir });
  await expect(openDatabase({ dir })).rejects.toMatchObject({ code: 'unavailable' });
  await db.close();

  const script = `
    const Sqlite = require(${JSON.stringify(process.versions.napi && Number(process.versions.napi) >= 10 ? 'better-sqlite3-napi' : 'better-sqlite3')});
    new Sqlite(${JSON.stringify(join(dir, 'yaguts.lock'))}).exec('BEGIN EXCLUSIVE');
    process.kill(process.pid, 'SIGKILL');`;
  expect(spawnSync(process.execPath, ['-e', script], { cwd: import.meta.dirname }).signal).toBe('SIGKILL');
  await (await openDatabase({ dir })).close();
});

test('a file that is no database is refused with what to do, and the folder is free again', async () => {
  const dir = folder();
  writeFileSync(join(dir, 'yaguts.db'), 'x'.repeat(8_192));
  for (let time = 0; time < 2; time++)
    await expect(openDatabase({ dir })).rejects.toThrow(/is damaged .*npm run restore/);
});

test('only its owner may read the data folder', async () => {
  const dir = join(folder(), 'data');
  const db = await openDatabase({ dir });
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  expect(statSync(join(dir, 'yaguts.db')).mode & 0o777).toBe(0o600);
  await db.close();
});

/** A copy of the migrations with one more, `when` milliseconds after the newest. */
function withOneMore(statement: string, when: number): string {
  const copy = join(folder(), 'drizzle');
  cpSync(migrationsFolder, copy, { recursive: true });
  const path = join(copy, 'meta', '_journal.json');
  const journal = JSON.parse(readFileSync(path, 'utf8')) as { entries: { when: number }[] };
  const last = journal.entries.at(-1) as { when: number };
  journal.entries.push({
    ...last,
    idx: journal.entries.length,
    when: last.when + when,
    tag: '9999_mais',
  } as never);
  writeFileSync(path, JSON.stringify(journal));
  writeFileSync(join(copy, '9999_mais.sql'), statement);
  return copy;
}

test('a pending migration is applied after a backup; the older program then refuses the newer database', async () => {
  const dir = folder();
  await (await openDatabase({ dir })).close();
  const migrations = withOneMore('CREATE TABLE mais (x integer);', 1_000);
  const db = await openDatabase({ dir, migrations });
  db.orm.run(sql`insert into mais values (1)`);
  await db.close();
  const [backup, ...more] = readdirSync(join(dir, 'backups'));
  expect(backup).toMatch(/^before-migration-.*\.db$/);
  expect(more).toEqual([]);
  await expect(openDatabase({ dir })).rejects.toMatchObject({ code: 'conflict' });
  await (await openDatabase({ dir, migrations })).close();
});

test('a migration that fails leaves the database as it was', async () => {
  const dir = folder();
  await (await openDatabase({ dir })).close();
  const broken = withOneMore('CREATE TABLE mais (x integer);--> statement-breakpoint\nnonsense;', 1_000);
  await expect(openDatabase({ dir, migrations: broken })).rejects.toThrow();
  const db = await openDatabase({ dir });
  expect(db.orm.all(sql`select 1 from sqlite_master where name = 'mais'`)).toEqual([]);
  await db.close();
});

test('a transaction that throws changes nothing, and a body may handle an error of its own', async () => {
  const db = await openDatabase({ dir: folder() });
  const insert = db.orm.insert(meta).values({ chave: 'a', valor: '1' }).prepare();
  const rows = db.orm.select().from(meta).prepare();
  await expect(
    db.write(function* () {
      yield* run(insert);
      throw new Error('half way');
    }),
  ).rejects.toThrow('half way');
  expect(await db.read(() => all(rows))).toEqual([]);
  const answer = await db.write(function* () {
    expect(yield* run(insert)).toBe(1);
    try {
      yield* run(insert);
    } catch {
      return yield* get(rows);
    }
    return undefined;
  });
  expect(answer).toEqual({ chave: 'a', valor: '1' });
  await db.close();
});

test('the epoch of an installation stays the same from open to open', async () => {
  const dir = folder();
  const first = await openStore({ dir, now: () => 5 });
  const { epoch } = first.installation;
  await first.checkpoint();
  await first.close();
  const second = await openStore({ dir });
  expect(second.installation).toMatchObject({ epoch, criado_em: 5 });
  expect(epoch).toMatch(/^[0-9a-f]{16}$/);
  await second.close();
});

test('the committed migrations are what the schema says', () => {
  const out = join(folder(), 'drizzle');
  cpSync(migrationsFolder, out, { recursive: true });
  const kit = join(dirname(fileURLToPath(import.meta.resolve('drizzle-kit'))), 'bin.cjs');
  const schema = join(import.meta.dirname, 'schema', 'index.ts');
  // Relative, because drizzle-kit reads an absolute folder as one below its own.
  const args = ['generate', '--dialect', 'sqlite', '--schema', schema, '--out', relative(process.cwd(), out)];
  const said = spawnSync(process.execPath, [kit, ...args], { encoding: 'utf8' });
  expect(said.stdout + said.stderr, 'run: npx drizzle-kit generate').toContain('No schema changes');
});
