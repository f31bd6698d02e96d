import {
  chmodSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBackup } from './backup-file.ts';
import { backupFolder, databaseFile, listBackups, makeBackup, rotateBackups, stamp } from './backups.ts';
import { Sqlite } from './driver.ts';
import { entryOf, from, mao, openTestStore, org, type TestStore } from './test-store.ts';

let house: TestStore;
beforeEach(async () => {
  house = await openTestStore();
});
afterEach(() => house.close());

const at = Date.UTC(2026, 10, 25, 12);
const make = (now = at) => house.store.backup({ kind: 'yaguts', now });
const modeOf = (path: string): number => statSync(path).mode & 0o777;

test('a backup is one file that only its owner may read, with the epoch and the head of each audit chain', async () => {
  await house.store.appendAudit(org, { em: 1, quem: 'ana', acao: 'job.cancel', alvo: 'job:7' });
  const { head } = await house.store.verifyAudit(org);
  const made = await make();
  expect(readdirSync(backupFolder(house.dir))).toEqual([`yaguts-${stamp(at)}.db`]);
  expect(modeOf(backupFolder(house.dir))).toBe(0o700);
  expect(modeOf(made.path)).toBe(0o600);
  expect(await openBackup(made.path)).toMatchObject({
    feito_em: at,
    epoch: house.store.installation.epoch,
    audit: [[org, { n: 1, hash: head }]],
  });
});

test('SQLite reads a backup as it is, and what was committed before it is in it', async () => {
  const job = await house.makeJob();
  await house.store.settleEntry(from(), entryOf(job.job_id, 1));
  const { path } = await make();
  const copy = new Sqlite(path, { readonly: true });
  expect(copy.prepare('select item_ordem from execution_logs').all()).toEqual([{ item_ordem: 1 }]);
  expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
  copy.close();
  expect(readdirSync(backupFolder(house.dir))).toHaveLength(1);
});

test('a backup made while entries are being committed holds a prefix of them, whole', async () => {
  const jobs = await Promise.all(
    Array.from({ length: 60 }, () => house.makeJob({ status: 'done', fase: 'fim' } as never)),
  );
  let isMade = false;
  const making = make().finally(() => {
    isMade = true;
  });
  let committed = 0;
  for (const { job_id } of jobs) {
    for (let item = 1; item <= 3; item++) {
      await house.store.settleEntry(from(mao, 100 + committed), entryOf(job_id, item));
      committed++;
    }
    if (isMade) break;
  }
  const copy = new Sqlite((await making).path, { readonly: true });
  const times = copy
    .prepare('select recebido_em as em from execution_logs order by em')
    .pluck()
    .all() as number[];
  expect(times).toEqual(times.map((_, i) => 100 + i));
  expect(times.length).toBeLessThanOrEqual(committed);
  expect(copy.prepare("select count(*) from estoque_mov where tipo = 'saida'").pluck().get()).toBe(
    times.length,
  );
  copy.close();
});

test('a backup cut off at any place, or with one bit changed anywhere, is refused with a sentence', async () => {
  const { path } = await make();
  const whole = readFileSync(path);
  const bad = join(house.dir, 'bad.db');
  for (const size of [0, 1, 100, 4_096, whole.length >> 1, whole.length - 100, whole.length - 1]) {
    copyFileSync(path, bad);
    truncateSync(bad, size);
    await expect(openBackup(bad), `${size} bytes`).rejects.toThrow(/cut off|shorter/);
  }
  for (let place = 0; place < 64; place++) {
    const bytes = Buffer.from(whole);
    const index = Math.floor((place * (whole.length - 1)) / 63);
    bytes[index]! ^= 1 << (place % 8);
    writeFileSync(bad, bytes);
    await expect(openBackup(bad), `byte ${index}`).rejects.toMatchObject({ code: 'invalid' });
  }
  writeFileSync(bad, whole);
  expect(await openBackup(bad)).toMatchObject({ feito_em: at });
});

test('a copy that is not sound never becomes a backup, and is noted as damage until a check finds it gone', async () => {
  await house.store.checkpoint();
  const path = databaseFile(house.dir);
  const before = readFileSync(path);
  const root = new Sqlite(path, { readonly: true });
  const page = root
    .prepare("select rootpage from sqlite_master where name = 'estoque_mov'")
    .pluck()
    .get() as number;
  root.close();
  const broken = Buffer.from(before).fill(0xa5, (page - 1) * 4_096, page * 4_096);
  writeFileSync(path, broken);
  await expect(make()).rejects.toThrow(/not sound/);
  expect(readdirSync(backupFolder(house.dir))).toEqual([]);
  expect(await house.store.damage()).toMatch(/page|malformed/);
  writeFileSync(path, before);
  expect(await house.store.damage()).toBeUndefined();
  expect((await make()).bytes).toBeGreaterThan(before.length);
});

test('a backup without room for it is refused before it begins, and one that was given up leaves nothing', async () => {
  await expect(
    house.store.backup({ kind: 'yaguts', now: at, spareBytes: Number.MAX_SAFE_INTEGER / 2 }),
  ).rejects.toMatchObject({ code: 'disco_cheio' });
  const abort = new AbortController();
  const given = house.store.backup({ kind: 'yaguts', now: at, signal: abort.signal });
  abort.abort();
  await expect(given).rejects.toThrow('given up');
  expect(readdirSync(backupFolder(house.dir))).toEqual([]);
});

test('what a killed backup left is removed by the next one once it is old', async () => {
  await make();
  const part = join(backupFolder(house.dir), `yaguts-${stamp(at)}.db.part`);
  writeFileSync(part, 'half');
  const now = Date.now();
  await make(now);
  expect(readdirSync(backupFolder(house.dir))).toContain(`yaguts-${stamp(at)}.db.part`);
  utimesSync(part, new Date(now - 3_600_001), new Date(now - 3_600_001));
  await make(now + 1);
  expect(readdirSync(backupFolder(house.dir))).not.toContain(`yaguts-${stamp(at)}.db.part`);
});

test("rotation takes the clock's own backups only; a person's stay until the person removes them", async () => {
  const folder = backupFolder(house.dir);
  await house.store.backup({ kind: 'manual', now: at - 400 * 86_400_000 });
  for (const minutes of [0, 1, 2]) await make(at + minutes * 60_000);
  expect(await rotateBackups(folder)).toBe(2);
  expect((await listBackups(folder)).map(({ kind, em }) => [kind, em])).toEqual([
    ['yaguts', at + 2 * 60_000],
    ['manual', at - 400 * 86_400_000],
  ]);
  expect(await house.store.lastBackup()).toBe(at + 2 * 60_000);
});

test('a backup goes to a folder of its own and works on a data folder that nobody has open', async () => {
  const folder = join(house.dir, 'elsewhere');
  await house.store.close();
  chmodSync(databaseFile(house.dir), 0o600);
  const made = await makeBackup({ source: databaseFile(house.dir), folder, kind: 'manual', now: at });
  expect(await openBackup(made.path)).toMatchObject({ epoch: house.store.installation.epoch });
  expect(readdirSync(house.dir).filter((name) => /-(wal|shm)$/.test(name))).toEqual([]);
});
