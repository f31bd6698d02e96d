import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { AppError } from '@yaguts/shared';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { databaseFile } from './backups.ts';
import { Sqlite } from './driver.ts';
import { createEngine } from './engine.ts';
import { openDatabase } from './open.ts';
import { checkArchive } from './org-import.ts';
import { reads } from './reads.ts';
import { openStore, type Store, type StoreNews } from './store.ts';
import { writeArchive } from './test-archive.ts';
import { entryOf, from, mao, openTestStore, org } from './test-store.ts';
import { startThread } from './thread.ts';
import { packError, packGroup, unpackError, unpackGroup } from './thread-messages.ts';
import { openThreadedStore } from './threaded-store.ts';

let dir: string;
let store: Store | undefined;
/** Workers in the order of their birth, by name. */
let workers: { name: string; worker: Worker }[];
let news: StoreNews[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'yaguts-threads-'));
  workers = [];
  news = [];
});
afterEach(async () => {
  await store?.close();
  store = undefined;
  rmSync(dir, { recursive: true, force: true });
});

/** The store of the test's folder on threads, with a hand on them. */
async function open(): Promise<Store> {
  const { Worker: RealWorker } = await import('node:worker_threads');
  const module = new URL('../../dist/store/thread-worker.js', import.meta.url);
  store = await openThreadedStore({
    dir,
    now: () => 7,
    spawn: (workerData, name) => {
      const worker = new RealWorker(module, { workerData, name, execArgv: [] });
      workers.push({ name, worker });
      return worker;
    },
  });
  store.watch((told) => void news.push(told));
  return store;
}

/** A kitchen with a job of three items, made inline beforehand in the same folder. */
async function furnish(): Promise<number> {
  const house = await openTestStore();
  const { job_id } = await house.makeJob();
  await house.store.close();
  rmSync(dir, { recursive: true });
  dir = house.dir;
  return job_id;
}
const end = async (name: string): Promise<void> => {
  const found = workers.findLast((one) => one.name === name);
  await found?.worker.terminate();
};
/** Resolves when it was told; looked at again and again, for nothing is sent to a test. */
const told = (event: string) =>
  vi.waitFor(() => expect(news.map((one) => one.event)).toContain(event), { timeout: 100_000 });

test('entries are committed on another thread, with the same outcomes and in the same order', async () => {
  const job_id = await furnish();
  const threaded = await open();
  const origin = from(mao, 100, { any: 'bytes' });
  const [first, again, other] = await Promise.all([
    threaded.settleEntry(origin, entryOf(job_id, 1)),
    threaded.settleEntry(origin, entryOf(job_id, 1)),
    threaded.settleEntry(origin, entryOf(job_id, 9)),
  ]);
  expect(first).toMatchObject({ kind: 'stored', change: { started: true, ended: false } });
  expect(again).toEqual({ kind: 'repeat' });
  expect(other).toMatchObject({ kind: 'aside', code: 'item' });
  expect(threaded.commitCounters()).toMatchObject({ batches: 1, bodies: 3, waiting: 0 });
  const state = await threaded.jobState(org, job_id);
  expect(state).toMatchObject({ status: 'running', itens_completados: 1 });
});

test('what was committed is in every answer that is asked for afterwards', async () => {
  const job_id = await furnish();
  const threaded = await open();
  for (const item of [1, 2, 3]) {
    await threaded.settleEntry(from(), entryOf(job_id, item));
    expect((await threaded.jobState(org, job_id))?.itens_completados).toBe(item);
  }
});

test('a report that is no UTF-8 comes over byte by byte', async () => {
  await furnish();
  const threaded = await open();
  const payload = Buffer.from([0x7b, 0xff, 0x00, 0x3c]);
  const answer = await threaded.fileUnreadable({ ...from(), payload }, { detalhe: 'no JSON' });
  expect(answer).toEqual({ token: null });
  expect(await threaded.rejectedMessages(org)).toMatchObject([{ inicio: payload, code: 'ilegivel' }]);
});

test('an expected failure comes over with its code and its faults, any other with its name', async () => {
  const threaded = await open();
  await expect(threaded.planOrder(org, {} as never, 0)).rejects.toBeInstanceOf(Error);
  await expect(threaded.saveReceita('nobody', 3, {} as never, {} as never)).rejects.toMatchObject({
    name: expect.any(String),
  });
  const fault = { path: 'a.b', message: 'is wrong' };
  const app = unpackError(packError(new AppError('invalid', 'No', { faults: [fault], retryAfterS: 3 })));
  expect(app).toBeInstanceOf(AppError);
  expect(app).toMatchObject({ code: 'invalid', message: 'No', faults: [fault], retryAfterS: 3 });
  const plain = unpackError(packError(Object.assign(new TypeError('odd'), { code: 'SQLITE_FULL' })));
  expect(plain).toMatchObject({ name: 'TypeError', message: 'odd', code: 'SQLITE_FULL' });
  expect(unpackError(packError('a word')).message).toBe('a word');
});

test('a group crosses as it was, reports and other calls', () => {
  const origin = from(mao, 5, { text: 'é"\n' });
  const calls = [
    { name: 'settleEntry', args: [origin, entryOf(1, 1)] },
    { name: 'keepEvents', args: [[{ id: 'x' }]] },
  ];
  expect(unpackGroup(packGroup(calls))).toEqual(calls);
});

test('a second opening of the folder is refused while threads hold it, and allowed afterwards', async () => {
  const threaded = await open();
  await expect(openThreadedStore({ dir })).rejects.toMatchObject({ code: 'unavailable' });
  await threaded.close();
  store = undefined;
  await (await openStore({ dir })).close();
});

test('what keeps the database from being opened is said as it is on one thread', async () => {
  await open();
  await store?.close();
  store = undefined;
  const file = new Sqlite(join(dir, 'yaguts.db'));
  file.exec('update __drizzle_migrations set created_at = created_at + 1000000000000');
  file.close();
  await expect(openThreadedStore({ dir })).rejects.toThrow(/newer version/);
  await expect(openThreadedStore({ dir })).rejects.toMatchObject({ code: 'conflict' });
});

test('a writer that ends loses nothing that was acknowledged, and what waited is committed by the next', async () => {
  const job_id = await furnish();
  const threaded = await open();
  await threaded.settleEntry(from(), entryOf(job_id, 1));
  const gone = end('writer');
  const waiting = threaded.settleEntry(from(), entryOf(job_id, 2));
  await gone;
  // Stored by the thread that ended or by the one that came: once.
  expect(['stored', 'repeat']).toContain((await waiting).kind);
  await told('back');
  expect(news[0]).toMatchObject({ event: 'ended', thread: 'writer' });
  await threaded.settleEntry(from(), entryOf(job_id, 3));
  expect(await threaded.jobState(org, job_id)).toMatchObject({ itens_completados: 3, status: 'done' });
  expect(await threaded.wrongSaldos(org)).toEqual([]);
});

test('while a thread is away its calls fail as unavailable, and /readyz has a reason', async () => {
  const threaded = await open();
  for (const [name, call] of [
    ['writer', () => threaded.proveCommit(1)],
    ['reader', () => threaded.jobState(org, 1)],
  ] as const) {
    news.length = 0;
    const worker = workers.findLast((one) => one.name === name)?.worker as Worker;
    const exit = once(worker, 'exit');
    void worker.terminate();
    await exit;
    await expect(call()).rejects.toMatchObject({ code: 'unavailable', message: /started again/ });
    await told('back');
    await call();
  }
});

test('a thread that is closed while it is away does not come back', async () => {
  const threaded = await open();
  const worker = workers.find((one) => one.name === 'writer')?.worker as Worker;
  const exit = once(worker, 'exit');
  void worker.terminate();
  await exit;
  await threaded.close();
  store = undefined;
  await (await openStore({ dir })).close();
  expect(news.map(({ event }) => event)).toEqual(['ended']);
});

test('an import that dies with its writer is told as unavailable, and the next writer takes it out', async () => {
  const threads = await open();
  // So long that a machine that is busy elsewhere still meets it in the middle.
  const events = 60_000;
  const file = writeArchive(dir, { events });
  const wanted = { file, facts: await checkArchive(file), org: 'nova', act: { em: 1, quem: 'ana' } };
  const importing = threads.importOrg(wanted);
  const failed = expect(importing).rejects.toMatchObject({ code: 'unavailable' });
  const look = new Sqlite(databaseFile(dir), { readonly: true });
  const there = look.prepare("select count(*) from events where org_id = 'nova'").pluck();
  await vi.waitFor(() => expect(there.get()).toBeGreaterThan(0), { timeout: 100_000, interval: 1 });
  expect(there.get()).toBeLessThan(events);
  await end('writer');
  await failed;
  await told('back');
  expect(await threads.dropHalfImports()).toEqual(['nova']);
  expect(there.get()).toBe(0);
  look.close();
  expect(await threads.importOrg(wanted)).toMatchObject({ org: 'nova' });
});

test('a worker that ends before it is open fails the start with its reason', async () => {
  const { Worker: RealWorker } = await import('node:worker_threads');
  const spawn = () => new RealWorker('throw new Error("no such luck")', { eval: true });
  const work = { dir, now: 0 };
  await expect(startThread({ name: 'writer', work, tell: () => {}, spawn })).rejects.toThrow('no such luck');
  const silent = () => new RealWorker('', { eval: true });
  await expect(startThread({ name: 'writer', work, tell: () => {}, spawn: silent })).rejects.toThrow(
    /did not start: exit code 0/,
  );
});

test('a commit that has to wait holds up neither the event loop nor a question', async () => {
  const job_id = await furnish();
  const threaded = await open();
  const stranger = new Sqlite(join(dir, 'yaguts.db'));
  stranger.exec('BEGIN IMMEDIATE');
  let isSettled = false;
  let turns = 0;
  const settled = threaded.settleEntry(from(), entryOf(job_id, 1)).finally(() => {
    isSettled = true;
  });
  for (let n = 0; n < 5; n++) {
    expect(await threaded.jobState(org, job_id)).toMatchObject({ itens_completados: 0 });
    await new Promise((resolve) => setImmediate(resolve));
    turns++;
  }
  expect([turns, isSettled]).toEqual([5, false]);
  stranger.exec('ROLLBACK');
  stranger.close();
  expect(await settled).toMatchObject({ kind: 'stored' });
});

test('a platform that stops commits what still waits', async () => {
  const job_id = await furnish();
  const threaded = await open();
  const waiting = [1, 2, 3].map((item) => threaded.settleEntry(from(), entryOf(job_id, item)));
  await threaded.close();
  store = undefined;
  expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(['stored', 'stored', 'stored']);
});

test('damage that a backup has met is told by the thread that knows of it', async () => {
  await furnish();
  const threaded = await open();
  expect(await threaded.damage()).toBeUndefined();
  const writer = await startThread({ name: 'other', work: { dir, now: 0 }, tell: () => {} });
  await writer.call('suspect', ['a page is torn']);
  // Looked at again, and found sound: what was met was the cable's.
  expect(await writer.call('damage', [])).toBeUndefined();
  await writer.close();
});

test('no call that the reader answers writes, whatever it is asked', async () => {
  const db = await openDatabase({ dir });
  let writes = 0;
  const counting: typeof db = {
    ...db,
    write: (body) => {
      writes++;
      return db.write(body);
    },
  };
  const { calls } = createEngine(counting, { epoch: 'e', instance: 'i', criado_em: 0 });
  for (const name of reads) {
    const call = calls[name] as (...args: unknown[]) => Promise<unknown>;
    for (const args of [[], ['demo', 'x', 1], ['demo', 1, 1], ['demo', { limit: 1 }, { limit: 1 }]]) {
      await (async () => call(...args))().catch(() => {});
    }
    expect([name, writes]).toEqual([name, 0]);
  }
  await calls.appendAudit('demo', {} as never).catch(() => {});
  expect(writes).toBe(1);
  await db.close();
});
