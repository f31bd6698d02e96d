import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { openThreadedStore } from '@yaguts/api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectExact } from './exactness.ts';
import { openHouse, type TestHouse } from './fixture.ts';
import { until } from './storage-house.ts';

// A thread of the database ends under a running platform, and what would start it again fails: what people and
// machines are told meanwhile, and that nothing is missing when it is there again.

let house: TestHouse;
/** The workers that live, by the name of their thread. */
let workers: Map<string, Worker>;
/** While true, no thread can be started. */
let isBarred: boolean;
beforeEach(async () => {
  workers = new Map();
  isBarred = false;
  const module = new URL('../../../api/dist/store/thread-worker.js', import.meta.url);
  house = await openHouse({
    openStore: (options) =>
      openThreadedStore({
        ...options,
        spawn(workerData, name) {
          if (isBarred) return new Worker('throw new Error("no memory for it")', { eval: true });
          const worker = new Worker(module, { workerData, name, execArgv: [] });
          workers.set(name, worker);
          return worker;
        },
      }),
  });
});
afterEach(() => house.close());

async function end(name: string): Promise<void> {
  isBarred = true;
  const worker = workers.get(name) as Worker;
  const exit = once(worker, 'exit');
  void worker.terminate();
  await exit;
}

/** Status and line of the database on /readyz. */
async function ready(): Promise<string> {
  const answer = await fetch(`${house.running.origin}/readyz`);
  const { checks } = (await answer.json()) as { checks: Record<string, string> };
  return `${answer.status} ${checks.database}`;
}

test.each([
  ['writer', '503 cannot commit: ', () => house.order({ device: 'mao' })],
  ['reader', '503 cannot read: ', () => house.api.call('GET', '/api/devices/mao/queue')],
])(
  'the %s of the database has ended: /readyz says why, its calls are refused, and it goes on when it is back',
  async (name, said, call) => {
    const board = await house.board();
    const { job_id } = await house.order({ device: 'mao' });
    const job = await board.start(job_id);
    await end(name);
    await until(ready).toBe(
      `${said}The ${name} of the database has ended (no memory for it); it is started again`,
    );
    await expect(call()).rejects.toMatchObject({ status: 503, problem: { code: 'unavailable' } });
    isBarred = false;
    await until(ready).toBe('200 ok');
    await board.finish(job);
    expect(await house.job(job_id)).toMatchObject({ status: 'done', itens_completados: 4 });
    await expectExact(house, 'mao', [job_id]);
  },
);

test('a report that waits for the writer is acked once it is back, on the same connection or the next', async () => {
  let board = await house.board(house.kitchen.idle, 'threads');
  const { job_id } = await house.order({ device: 'mao' });
  const job = await board.start(job_id);
  const report = (): void => void board.report(job, 1).catch(() => {});
  await end('writer');
  report();
  isBarred = false;
  // One that has waited 5 s for its commit ends its connection: then it is for the board to come again.
  await until(async () => {
    if (!board.client.connected) {
      board = await house.board(house.kitchen.idle, 'threads');
      report();
    }
    return board.acks(job_id).flatMap(({ itens }) => itens);
  }).toContain(1);
  await board.finish(job, [1]);
  expect((await house.job(job_id)).execution_logs).toHaveLength(4);
  await expectExact(house, 'mao', [job_id]);
});
