import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { DiskFault } from '../faulty-disk.ts';
import { HttpProblem } from '../http-client.ts';
import { itens, openStorageHouse, type StorageHouse, until } from './storage-house.ts';

// The disk fails under a running platform, which has to come through all of this without a restart. In each case:
// no word of thanks for what is not in the database, /readyz red with the reason, recovery by itself once the
// fault ends, and books that are right afterwards.

let at: StorageHouse;
beforeAll(async () => {
  at = await openStorageHouse();
  at.newFolder();
  await at.start();
});
afterEach(async () => {
  at.platform.disk.set({ mode: 'none' });
  at.platform.disk.pretendFree(undefined);
  await at.hangUp();
});
afterAll(() => at.close());

const onFaultyDisk = (title: string, run: () => Promise<void>): void =>
  test(title, async (context) => {
    if (!at.library) return context.skip();
    await run();
  });

const total: readonly (readonly [title: string, fault: DiskFault, reason: RegExp])[] = [
  ['the disk is full', { mode: 'writeFails', error: 'ENOSPC' }, /^503 cannot commit: .*full/],
  [
    'a write is torn where the disk ends',
    { mode: 'tornWrite', error: 'ENOSPC' },
    /^503 cannot commit: .*full/,
  ],
  ['every write fails', { mode: 'writeFails', error: 'EIO' }, /^503 cannot commit: disk I\/O error/],
  ['the file system has gone read-only', { mode: 'writeFails', error: 'EROFS' }, /^503 cannot commit: /],
  ['every fsync fails', { mode: 'syncFails' }, /^503 cannot commit: disk I\/O error/],
];
for (const [title, fault, reason] of total) {
  onFaultyDisk(`${title}: no ack, readyz says so, and all is stored once when it ends`, async () => {
    const job = await at.begin();
    at.platform.disk.set(fault);
    const thanked = at.report(job);
    await at.red(reason);
    // The reports have been tried, or readyz alone would be what failed.
    await until(() => at.platform.disk.hits()).toBeGreaterThan(2);
    expect(thanked).toEqual([]);
    expect(at.ackedItens(job)).toEqual([]);
    expect(at.stored(job)).toEqual([]);
    at.platform.disk.set({ mode: 'none' });
    await at.green();
    await at.tellAgain(job);
    await at.expectSound(job);
  });
}

const partial: readonly (readonly [title: string, fault: DiskFault])[] = [
  ['every third write finds the disk full', { mode: 'writeFails', every: 3, error: 'ENOSPC' }],
  ['every second fsync fails', { mode: 'syncFails', every: 2 }],
  ['every second write is torn', { mode: 'tornWrite', every: 2 }],
];
for (const [title, fault] of partial) {
  onFaultyDisk(`${title}: each ack follows its commit, and nothing is stored twice`, async () => {
    const job = await at.begin();
    // Whenever an ack arrives, what it names is in the database already.
    const early: number[] = [];
    at.board.client.on('message', () => {
      const stored = at.stored(job);
      early.push(...at.ackedItens(job).filter((item) => !stored.includes(item)));
    });
    at.platform.disk.set(fault);
    at.report(job);
    await until(() => at.platform.disk.hits()).toBeGreaterThan(0);
    at.platform.disk.set({ mode: 'none' });
    await at.green();
    await at.tellAgain(job);
    expect(early).toEqual([]);
    await at.expectSound(job);
  });
}

onFaultyDisk('a disk with 20 ms per fsync: one sync serves the reports that came together', async () => {
  const job = await at.begin();
  const commits = (): Promise<number[]> =>
    Promise.all(
      ['bodies', 'batches'].map((name) =>
        at.platform.metric(`yaguts_broker_events_total\\{name="commit_${name}"\\}`),
      ),
    );
  const [bodiesBefore = 0, batchesBefore = 0] = await commits();
  at.platform.disk.set({ mode: 'slowSync', ms: 20 });
  at.report(job);
  await at.tellAgain(job);
  const [bodies = 0, batches = 0] = await commits();
  expect(at.platform.disk.hits()).toBeGreaterThan(0);
  expect(bodies - bodiesBefore).toBeGreaterThanOrEqual(itens(job).length);
  expect(batches - batchesBefore).toBeLessThan(bodies - bodiesBefore);
  expect((await at.platform.ready()).status).toBe(200);
  await at.expectSound(job);
});

onFaultyDisk('below 200 MiB free no new job is taken, and what runs is recorded to its end', async () => {
  const job = await at.begin();
  at.platform.disk.pretendFree(150);
  const refused = await at.order().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(HttpProblem);
  expect((refused as HttpProblem).problem).toMatchObject({ code: 'disco_cheio' });
  expect(await at.platform.ready()).toMatchObject({
    status: 200,
    checks: { disk: expect.stringMatching(/^low: 150 MiB/) },
  });
  expect(await at.platform.metric('yaguts_disk_free_bytes')).toBeLessThan(151 * 1_048_576);
  at.report(job);
  await at.tellAgain(job);
  await at.expectSound(job);
  at.platform.disk.pretendFree(undefined);
  expect((await at.platform.ready()).checks.disk).toBe('ok');
  const { job_id } = await at.order();
  await at.board.finish(await at.board.start(job_id));
});
