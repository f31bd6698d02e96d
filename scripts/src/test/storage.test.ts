import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { databaseFile, Sqlite } from '@yaguts/api';
import { type ExecutionLogEntry, encode, type JobDocument, topic } from '@yaguts/shared';
import mqtt from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startChild } from './child.ts';
import { openStorageHouse, type StorageHouse } from './storage-house.ts';

// Storage faults that take a process with them, or stand outside it: kills on a full disk, somebody else's lock,
// a damaged page, a disk that is really small, a folder that cannot be written.

let at: StorageHouse;
let disks = 0;
beforeAll(async () => {
  at = await openStorageHouse();
});
beforeEach(() => at.newFolder());
afterEach(() => at.endAll());
afterAll(() => at.close());

const onFaultyDisk = (title: string, run: () => Promise<void>): void =>
  test(title, async (context) => {
    if (!at.library) return context.skip();
    await run();
  });

/** A platform with the dispenser connected and a job begun. */
async function begin(): Promise<JobDocument> {
  await at.start();
  return at.begin();
}

/** Resolves when the platform has closed the dispenser's connection. */
const letDown = () => new Promise<void>((resolve) => at.board.client.once('close', () => resolve()));

onFaultyDisk(
  'killed on a full disk: what was acked is there at the next start, the rest is sent again',
  async () => {
    const job = await begin();
    await at.board.report(job, 1);
    await at.board.ack(job.job_id, ({ itens }) => itens.includes(1));
    at.platform.disk.set({ mode: 'tornWrite', error: 'ENOSPC' });
    at.report(job);
    await at.red(/full/);
    at.platform.child.process.kill('SIGKILL');
    await at.platform.child.ended;
    expect(at.ackedItens(job)).toEqual([1]);
    await at.start();
    await at.green();
    expect(at.stored(job)).toEqual([1]);
    await at.connect();
    at.report(job);
    await at.tellAgain(job);
    await at.expectSound(job);
  },
);

onFaultyDisk(
  'stopped while every fsync fails: it ends, and the next start has all that was acked',
  async () => {
    const job = await begin();
    at.report(job);
    await at.tellAgain(job);
    at.platform.disk.set({ mode: 'syncFails' });
    at.platform.child.process.kill('SIGTERM');
    await at.platform.child.ended;
    await at.start();
    await at.green();
    await at.connect();
    await at.expectSound(job);
  },
);

test('another process holds the write lock for 10 s: the device is let down twice, then all is stored once', async () => {
  const job = await begin();
  const script = `const { createRequire } = require('node:module');
    const Sqlite = createRequire(process.cwd() + '/api/package.json')(Number(process.versions.napi) >= 10 ? 'better-sqlite3-napi' : 'better-sqlite3');
    const db = new Sqlite(${JSON.stringify(databaseFile(at.dir))});
    db.exec('BEGIN IMMEDIATE');
    console.log('held');
    setInterval(() => {}, 60_000);`;
  const holder = startChild(process.execPath, ['-e', script]);
  at.adopt(holder);
  await holder.says(/held/);
  const thanked = at.report(job);
  // A report that cannot be committed for 5 s ends its connection; the next one has the same fate.
  const gone = letDown();
  await at.red(/^503 cannot commit: database is locked/);
  await gone;
  expect(thanked).toEqual([]);
  expect(at.board.acks(job.job_id)).toEqual([]);
  expect(await untilClosed(at.board.entry(job, 1))).not.toContain('puback');
  holder.process.kill('SIGKILL');
  await holder.ended;
  await at.green();
  await at.tellAgain(job);
  await at.expectSound(job);
});

/** Connects anew and sends one report; answers which packets came before the platform closed the connection. */
async function untilClosed(entry: ExecutionLogEntry): Promise<string[]> {
  const { org, device, client_id, username, password } = at.house.kitchen.idle;
  const client = mqtt.connect(at.platform.mqttUrl, {
    ...{ protocolVersion: 4, clientId: client_id, username, password, reconnectPeriod: 0 },
  });
  const packets: string[] = [];
  client.on('error', () => {});
  client.on('packetreceive', ({ cmd }) => packets.push(cmd));
  const { job_id, item_ordem } = entry;
  const name = topic('jobLog', { org, device, job_id, item_ordem });
  client.once('connect', () => client.publish(name, encode('jobLog', entry), { qos: 1, retain: true }));
  await new Promise<void>((resolve) => client.once('close', () => resolve()));
  return packets;
}

test('a page of the ledger is damaged: no ack, readyz says so, and it goes on when the page is whole again', async () => {
  const path = databaseFile(at.dir);
  const db = new Sqlite(path);
  const root = db
    .prepare("select rootpage from sqlite_master where name = 'estoque_mov'")
    .pluck()
    .get() as number;
  const size = db.pragma('page_size', { simple: true }) as number;
  db.close();
  const page = Buffer.alloc(size);
  const file = openSync(path, 'r+');
  readSync(file, page, 0, size, (root - 1) * size);
  writeSync(file, Buffer.alloc(size, 0xa5), 0, size, (root - 1) * size);

  const job = await begin();
  const gone = letDown();
  const thanked = at.report(job);
  await gone;
  await at.red(/^503 damaged: .*; restore a backup$/);
  expect(thanked).toEqual([]);
  expect(at.ackedItens(job)).toEqual([]);
  expect(at.stored(job)).toEqual([]);
  writeSync(file, page, 0, size, (root - 1) * size);
  closeSync(file);
  await at.green();
  await at.tellAgain(job);
  await at.expectSound(job);
});

/** A small disk of its own; undefined where nobody may mount one. */
function smallDisk(
  mib: number,
): { path: string; remount(how: 'ro' | 'rw'): void; unmount(): void } | undefined {
  const path = join(at.house.dir, `disk-${++disks}`);
  mkdirSync(path);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m,mode=700`, 'tmpfs', path]);
  if (mounted.status !== 0) {
    console.warn('NOT RUN: a real small disk needs the right to mount one');
    return undefined;
  }
  return {
    path,
    remount: (how) => expect(spawnSync('mount', ['-o', `remount,${how}`, path]).status).toBe(0),
    unmount: () => void spawnSync('umount', ['-l', path]),
  };
}

test('a real disk of 8 MiB runs full: no ack, readyz says so, and it goes on when there is room again', async (context) => {
  const small = smallDisk(8);
  if (!small) return context.skip();
  try {
    // Ordered while there was room: below 200 MiB no new job is taken.
    const waiting = await begin();
    at.platform.child.process.kill('SIGTERM');
    await at.platform.child.ended;
    at.newFolder(join(small.path, 'data'), at.dir);
    await at.start();
    await at.connect();
    const job = await at.board.start(waiting.job_id);
    fill(join(small.path, 'ballast'));
    const thanked = at.report(job);
    await at.red(/^503 cannot commit: .*(full|disk I\/O error)/);
    expect(thanked).toEqual([]);
    expect(at.ackedItens(job)).toEqual([]);
    rmSync(join(small.path, 'ballast'));
    await at.green();
    await at.tellAgain(job);
    await at.expectSound(job);
  } finally {
    await at.endAll();
    small.unmount();
  }
});

function fill(path: string): void {
  for (const chunk of [65_536, 4_096]) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(chunk), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}

test('a read-only data folder: the start is refused with a sentence, and goes well when it can be written', async (context) => {
  const small = process.getuid?.() === 0 ? smallDisk(16) : undefined;
  if (!small && process.getuid?.() === 0) return context.skip();
  try {
    if (small) at.newFolder(join(small.path, 'data'));
    const shut = (closed: boolean): void =>
      small ? small.remount(closed ? 'ro' : 'rw') : chmodSync(at.dir, closed ? 0o500 : 0o700);
    shut(true);
    const refused = at.launch({});
    expect(await refused.ended).toBe(1);
    expect(refused.output()).toMatch(/cannot be written|read-?only/i);
    expect(refused.output()).not.toMatch(/\n\s+at /);
    shut(false);
    await at.start();
    await at.green();
  } finally {
    await at.endAll();
    small?.unmount();
  }
});
