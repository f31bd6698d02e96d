import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sealBackup } from './backup-file.ts';
import { databaseFile } from './backups.ts';
import { Sqlite } from './driver.ts';
import { restoreBackup } from './restore.ts';
import { deviceCredentials, devices, frascos, jobs, sessions, tokens, users } from './schema/index.ts';
import { type InlineStore, openStore } from './store.ts';
import { entryOf, from, mao, openTestStore, org, type TestStore } from './test-store.ts';

let house: TestStore;
let reopened: InlineStore | undefined;
beforeEach(async () => {
  house = await openTestStore();
  await house.store.appendAudit(org, { em: 1, quem: 'ana', acao: 'org.make', alvo: 'org:demo' });
});
afterEach(async () => {
  await reopened?.close();
  reopened = undefined;
  await house.close();
});

const at = Date.UTC(2026, 10, 25, 12);
const backup = async (): Promise<string> => (await house.store.backup({ kind: 'manual', now: at })).path;
const restore = (file: string, more: { into?: string; anyway?: boolean } = {}) =>
  restoreBackup({ file, dir: house.dir, now: at + 1_000, ...more });
const open = async (dir = house.dir): Promise<InlineStore> => (reopened = await openStore({ dir }));
/** Everything in the data folder but its backups, so that "nothing has changed" can be said. */
const rest = (): string[] => readdirSync(house.dir).sort();

test('a restore brings back what the backup holds, in a new epoch, with every frasco to be weighed', async () => {
  const job = await house.makeJob();
  await house.store.settleEntry(from(), entryOf(job.job_id, 1));
  const file = await backup();
  await house.store.settleEntry(from(), entryOf(job.job_id, 2));
  const { epoch } = house.store.installation;
  await house.store.close();

  const restored = await restore(file);
  const store = await open();
  expect(restored).toMatchObject({ recontar: 8, dir: house.dir, faults: [] });
  expect(restored.epoch).not.toBe(epoch);
  expect(store.installation).toMatchObject({
    epoch: restored.epoch,
    instance: house.store.installation.instance,
  });
  const { orm } = store.parts.db;
  expect(orm.get(sql`select count(*) as n from execution_logs`)).toEqual({ n: 1 });
  expect(orm.select().from(frascos).where(eq(frascos.recontar, false)).all()).toEqual([]);
  expect(
    orm
      .select()
      .from(devices)
      .all()
      .map((row) => row.birth_epoch),
  ).toEqual(['', '']);
  expect(statSync(databaseFile(house.dir)).mode & 0o777).toBe(0o600);
});

test('what waited is not offered again by itself: it may have been poured since the backup', async () => {
  const offered = await house.makeJob({ liberado: true });
  const other = await house.makeJob({ device: 'outra', fase: 'na_fila' });
  const credential = { org_id: org, device: mao, id: 'c1', hmac: 'b', criado_em: 1 };
  house.store.parts.db.orm.insert(deviceCredentials).values(credential).run();
  const file = await backup();
  await house.store.close();
  expect((await restore(file)).pausados).toEqual(['demo.mao', 'demo.outra']);
  const store = await open();
  const { epoch } = store.installation;
  const rows = store.parts.db.orm.select().from(jobs).all();
  expect(rows.map(({ job_id, fase }) => [job_id, fase])).toEqual([
    [offered.job_id, 'na_fila'],
    [other.job_id, 'na_fila'],
  ]);
  store.parts.db.orm.update(devices).set({ birth_epoch: epoch }).run();
  expect(await store.offerNext(org, mao, { epoch, now: at })).toEqual({ standing: 'nada' });
  await store.pauseQueue(org, mao, false, { em: at, quem: 'ana' });
  expect(await store.offerNext(org, mao, { epoch, now: at })).toHaveProperty('job');
});

test('the restore is a row in each audit chain, and the chain still holds', async () => {
  const file = await backup();
  await house.store.close();
  await restore(file);
  const store = await open();
  expect(await store.verifyAudit(org)).toMatchObject({ rows: 2, broken: undefined });
  const [row] = await store.listAudit(org, { limit: 1 });
  expect(row).toMatchObject({ quem: 'sistema', acao: 'backup.restore' });
  expect(row?.depois).toContain(String(at));
});

test('the database that was there lies aside whole, and its write-ahead log is not played into the new one', async () => {
  const file = await backup();
  const job = await house.makeJob();
  await house.store.settleEntry(from(), entryOf(job.job_id, 1));
  // As a kill leaves it: the log holds commits that the file does not.
  const wal = readFileSync(`${databaseFile(house.dir)}-wal`);
  const main = readFileSync(databaseFile(house.dir));
  expect(wal.length).toBeGreaterThan(0);
  await house.store.close();
  writeFileSync(databaseFile(house.dir), main);
  writeFileSync(`${databaseFile(house.dir)}-wal`, wal);

  const { aside } = await restore(file);
  const old = new Sqlite(databaseFile(aside as string), { readonly: true });
  expect(old.prepare('select count(*) from execution_logs').pluck().get()).toBe(1);
  old.close();
  const store = await open();
  expect(store.parts.db.orm.get(sql`select count(*) as n from execution_logs`)).toEqual({ n: 0 });
});

test('a database damaged beyond reading is replaced all the same, and kept as it is', async () => {
  const file = await backup();
  await house.store.close();
  writeFileSync(databaseFile(house.dir), 'not a database at all');
  writeFileSync(`${databaseFile(house.dir)}-wal`, 'nor a log');
  const { aside, vivos } = await restore(file);
  expect(vivos).toBeUndefined();
  expect(readFileSync(databaseFile(aside as string), 'utf8')).toBe('not a database at all');
  expect(readFileSync(`${databaseFile(aside as string)}-wal`, 'utf8')).toBe('nor a log');
  await open();
});

test('sessions end with a restore; what was revoked, disabled or removed since is named, for it is live again', async () => {
  const { orm } = house.store.parts.db;
  const base = { org_id: org, criado_em: 1 };
  orm
    .insert(users)
    .values({ ...base, user_id: 'rui', nome: 'Rui', role: 'admin', permissoes: [] })
    .run();
  orm
    .insert(sessions)
    .values({ ...base, id: 's', user_id: 'rui', visto_em: 1, expira_em: 9e12 })
    .run();
  orm
    .insert(tokens)
    .values({ ...base, id: 't1', user_id: 'rui', nome: 'leitor', hmac: 'a' })
    .run();
  orm
    .insert(deviceCredentials)
    .values({ ...base, device: mao, id: 'c1', hmac: 'b' })
    .run();
  orm
    .insert(deviceCredentials)
    .values({ ...base, device: mao, id: 'c0', hmac: 'c', revogado_em: 5 })
    .run();
  const file = await backup();
  orm.update(tokens).set({ revogado_em: 10 }).run();
  orm.update(deviceCredentials).set({ revogado_em: 10 }).run();
  orm.update(users).set({ desativado_em: 10 }).run();
  orm.update(devices).set({ removido_em: 10 }).where(eq(devices.device, 'outra')).run();
  await house.store.close();

  const { sessoes, vivos } = await restore(file);
  expect(sessoes).toBe(1);
  expect(vivos).toEqual([
    'credential c1 of the device demo.mao',
    'token "leitor" (t1) of rui',
    'account of rui',
    'device demo.outra',
  ]);
  const store = await open();
  expect(store.parts.db.orm.select().from(sessions).all()).toEqual([]);
});

test('into another folder: the keys come along, and the data folder stays as it is', async () => {
  const file = await backup();
  mkdirSync(join(house.dir, 'keys'));
  writeFileSync(join(house.dir, 'keys', 'pepper'), 'p', { mode: 0o600 });
  const into = join(house.dir, 'other');
  const before = rest();
  // The platform may go on meanwhile.
  await restore(file, { into });
  expect(rest()).toEqual([...before, 'other'].sort());
  expect(readFileSync(join(into, 'keys', 'pepper'), 'utf8')).toBe('p');
  expect(statSync(join(into, 'keys', 'pepper')).mode & 0o777).toBe(0o600);
  const store = await open(into);
  expect(store.installation.epoch).not.toBe(house.store.installation.epoch);
});

describe('nothing is changed when a restore is refused', () => {
  test('while the platform runs', async () => {
    const file = await backup();
    const before = rest();
    await expect(restore(file)).rejects.toMatchObject({ code: 'unavailable' });
    expect(rest()).toEqual(before);
  });

  test('into a folder that is not empty', async () => {
    const file = await backup();
    await expect(restore(file, { into: join(house.dir, 'backups') })).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  /** A sealed backup of the database after `change`: what a bug, not a bit, would have done. */
  async function forged(change: (db: InstanceType<typeof Sqlite>) => void): Promise<string> {
    const { path, facts } = await house.store.backup({ kind: 'manual', now: at });
    await house.store.close();
    const file = join(house.dir, 'forged.db');
    writeFileSync(file, readFileSync(path));
    const db = new Sqlite(file);
    change(db);
    db.close();
    await sealBackup(file, {
      ...facts,
      feito_em: at,
      versao: '9.9.9',
      audit: facts.audit.map((head) => [...head]),
    });
    return file;
  }
  const refused = async (file: string, message: RegExp): Promise<void> => {
    const before = rest();
    await expect(restore(file)).rejects.toThrow(message);
    expect(rest()).toEqual(before);
    expect(existsSync(databaseFile(house.dir))).toBe(true);
  };

  test('a file that is no backup', async () => {
    await house.store.close();
    writeFileSync(join(house.dir, 'letter'), 'dear reader');
    await refused(join(house.dir, 'letter'), /no backup made by npm run backup/);
    await refused(join(house.dir, 'absent'), /cannot be read/);
  });

  test('a schema that SQLite cannot read', async () => {
    const file = await forged((db) => {
      db.unsafeMode(true);
      db.pragma('writable_schema = ON');
      db.exec("update sqlite_master set sql = 'create nonsense' where name = 'estoque_mov_frasco'");
    });
    await refused(file, /is not sound[\s\S]*malformed/);
  });

  test('a backup of a newer version', async () => {
    const newer = await forged((db) => {
      db.exec("insert into __drizzle_migrations (hash, created_at) values ('x', 99999999999999)");
    });
    await refused(newer, /version 9\.9\.9 of Yaguts, which is newer/);
  });

  test('a ledger that does not add up; and taken anyway when the person says so', async () => {
    const file = await forged((db) => {
      db.exec('update frascos set saldo_mg = saldo_mg + 1 where frasco = 2');
    });
    await refused(file, /saldo of a frasco is not the sum of its movements: demo, mao, 2/);
    expect((await restore(file, { anyway: true })).faults).toHaveLength(2);
  });

  test('a row without its parent', async () => {
    const job = await house.makeJob();
    const file = await forged((db) => {
      db.pragma('foreign_keys = OFF');
      db.prepare('delete from jobs where job_id = ?').run(job.job_id);
    });
    await refused(file, /foreign keys: row \d+ of job_items belongs to no jobs/);
  });

  test('an entry that has left the estoque twice, or never', async () => {
    const job = await house.makeJob();
    await house.store.settleEntry(from(), entryOf(job.job_id, 1));
    const file = await forged((db) => {
      db.exec(`delete from estoque_mov where tipo = 'saida'; update frascos set saldo_mg = 100000;`);
    });
    await refused(file, /has not left the estoque once/);
  });

  test('an audit chain with a row changed, or with its end taken out', async () => {
    const changed = await forged((db) => {
      db.exec("update audit set quem = 'eva'");
    });
    await refused(changed, /the audit of demo does not fit at row 1/);
    const store = await open();
    await store.close();
    const cut = join(house.dir, 'cut.db');
    const { path, facts } = await (await open()).backup({ kind: 'manual', now: at + 5 });
    await reopened?.close();
    writeFileSync(cut, readFileSync(path));
    const db = new Sqlite(cut);
    db.exec('delete from audit');
    db.close();
    await sealBackup(cut, {
      ...facts,
      feito_em: at,
      versao: '1',
      audit: facts.audit.map((head) => [...head]),
    });
    await refused(cut, /does not end where it did/);
  });

  test('an index that does not say what its table says', async () => {
    const file = await forged((db) => {
      db.unsafeMode(true);
      db.pragma('writable_schema = ON');
      const index = db.prepare("select * from sqlite_master where name = 'estoque_mov_frasco'").get();
      db.exec("delete from sqlite_master where name = 'estoque_mov_frasco'");
      db.pragma('writable_schema = RESET');
      db.exec('update estoque_mov set frasco = frasco + 1');
      db.pragma('writable_schema = ON');
      db.prepare('insert into sqlite_master values (@type, @name, @tbl_name, @rootpage, @sql)').run(index);
    });
    await refused(file, /is not sound[\s\S]*estoque_mov_frasco/);
    // Not even when the person insists: nothing in such a file can be trusted.
    await expect(restore(file, { anyway: true })).rejects.toThrow(/is not sound/);
  });
});
