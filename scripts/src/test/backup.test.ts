import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { databaseFile, openBackup, Sqlite } from '@yaguts/api';
import { afterEach, expect, test } from 'vitest';
import { openHouse, type TestHouse } from './fixture.ts';
import { type HeldTime, holdTime } from './held-time.ts';

// What the platform does for its data by itself, on a clock in the hand of the test.

const minute = 60_000;
let house: TestHouse;
let time: HeldTime;
const open = async (env: Record<string, string> = {}): Promise<void> => {
  time = holdTime();
  house = await openHouse({ held: time.held, env });
};
afterEach(() => house.close());

const data = (): string => join(house.dir, 'data');
const backups = (): string[] =>
  existsSync(join(data(), 'backups')) ? readdirSync(join(data(), 'backups')).sort() : [];
const checks = async (): Promise<Record<string, string>> =>
  (await house.api.call<{ checks: Record<string, string> }>('GET', '/readyz')).checks;
const metrics = async (): Promise<string> => (await fetch(`${house.running.origin}/metrics`)).text();
const walBytes = (): number => statSync(`${databaseFile(data())}-wal`).size;

test('a running platform backs itself up every 15 minutes, and says how old the last good one is', async () => {
  await open();
  expect((await checks()).backup).toBe('none yet');
  expect(await metrics()).toMatch(/^yaguts_backup_age_seconds Nan$/m);
  await time.pass(minute);
  expect(backups()).toHaveLength(1);
  expect((await checks()).backup).toBe('ok, the last good one is 0 min old');
  const first = backups();
  await time.pass(14 * minute);
  expect(backups()).toEqual(first);
  await time.pass(minute);
  // Rotation may have taken the first already: one of each hour stays.
  expect(backups().at(-1)).not.toBe(first.at(-1));
  const newest = join(data(), 'backups', backups().at(-1) as string);
  const { epoch, audit } = await openBackup(newest);
  expect(epoch).toBe(house.running.store.installation.epoch);
  expect(audit.map(([org]) => org)).toEqual(['demo']);
  expect(await metrics()).toMatch(/^yaguts_backup_age_seconds \d/m);
  // The age is known again at once after a restart.
  await house.restart();
  expect((await checks()).backup).toMatch(/^ok, /);
});

test('YAGUTS_BACKUP_MINUTES sets how often, and off makes none', async () => {
  await open({ YAGUTS_BACKUP_MINUTES: 'off' });
  await time.pass(60 * minute);
  expect(backups()).toEqual([]);
  expect((await checks()).backup).toBe('off, none yet');
});

test('the write-ahead log is emptied every hour and at a stop', async () => {
  await open({ YAGUTS_BACKUP_MINUTES: 'off' });
  await house.order({ device: house.kitchen.idle.device });
  expect(walBytes()).toBeGreaterThan(0);
  await time.pass(60 * minute);
  expect(walBytes()).toBe(0);
  await house.order({ device: house.kitchen.idle.device });
  expect(walBytes()).toBeGreaterThan(0);
  await house.running.stop();
  expect(readdirSync(data()).filter((name) => /-(wal|shm)$/.test(name))).toEqual([]);
});

test('a write-ahead log above 64 MiB is said on /readyz until a checkpoint can end', async () => {
  await open({ YAGUTS_BACKUP_MINUTES: 'off' });
  // Somebody holds a snapshot, so nothing can move into the file.
  const reader = new Sqlite(databaseFile(data()));
  reader.exec('begin; select count(*) from jobs');
  const writer = new Sqlite(databaseFile(data()));
  writer.exec(`create table lastro as select zeroblob(${65 * 1_048_576}) as x`);
  expect((await checks()).wal).toMatch(/^large: \d+ MiB/);
  expect(await metrics()).toMatch(/^yaguts_wal_bytes (6[89]|7)\d+/m);
  await time.pass(minute);
  expect((await checks()).wal).toMatch(/^large/);
  reader.close();
  writer.close();
  await time.pass(minute);
  expect((await checks()).wal).toBe('ok');
  expect((await house.api.call<{ status: string }>('GET', '/readyz')).status).toBe('ok');
});
