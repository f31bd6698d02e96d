import { limits } from '@yaguts/shared';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoOrg } from '../demo/kitchen.ts';
import { openEar } from './ear.ts';
import { expectExact } from './exactness.ts';
import { openHouse, type TestHouse } from './fixture.ts';
import type { HandBoard } from './hand-board.ts';
import { holdTime } from './held-time.ts';

// What time alone makes due; the test holds the platform's clock.

const second = 1_000;
const minute = 60 * second;
const time = holdTime();
const ordered: number[] = [];
let house: TestHouse;
let board: HandBoard;
beforeAll(async () => {
  house = await openHouse({ held: time.held });
  board = await house.board();
});
afterAll(() => house.close());

async function order(): Promise<number> {
  const { job_id } = await house.order({ device: 'mao' });
  ordered.push(job_id);
  return job_id;
}

test('a job without a word for its item and 30 s is flagged sem_noticias, which the next report clears', async () => {
  const ear = await openEar(house, 'events/device:alert');
  const job = await board.start(await order());
  await time.pass((job.itens[0]?.ms ?? 0) + limits.stepSilenceMs - second);
  expect(await house.job(job.job_id)).toMatchObject({ sem_noticias: false });
  await time.pass(2 * second);
  expect(await house.job(job.job_id)).toMatchObject({ status: 'running', sem_noticias: true });
  const alert = await ear.next(({ payload }) => (payload.data as { code?: string }).code === 'sem_noticias');
  expect(alert.payload.data).toMatchObject({ job_id: job.job_id });
  await ear.close();
  await board.report(job, 1);
  expect(await house.job(job.job_id)).toMatchObject({ sem_noticias: false, itens_completados: 1 });
  await board.finish(job, [1]);
  expect(await house.job(job.job_id)).toMatchObject({ status: 'done' });
});

test('a wish to cancel is sent again until it is answered, and given up after ten minutes', async () => {
  const job = await board.start(await order());
  const { job_id } = job;
  const wishes: string[] = [];
  board.client.on('message', (name) => name.endsWith(`/${job_id}/cancel`) && wishes.push(name));
  await house.api.call('POST', `/api/jobs/${job_id}/cancel`, { motivo: 'sem resposta' });
  await time.pass(2 * second);
  await time.pass(2 * second);
  await time.pass(10 * minute);
  expect(await house.job(job_id)).toMatchObject({ status: 'running', fase: 'dispensando' });
  // The ack comes after everything that was sent before it.
  await board.finish(job);
  expect(wishes).toHaveLength(3);
  expect(await house.job(job_id)).toMatchObject({ status: 'done', itens_completados: 4 });
});

test('jobs that nobody poured expire after a day, offered or waiting, and their grams are free again', async () => {
  const [offered, waiting] = [await order(), await order()];
  const { seq, token } = await board.hear('jobsNext', ({ job_id }) => job_id === offered);
  await time.pass(limits.jobExpiryMs - minute);
  expect(await house.job(waiting)).toMatchObject({ status: 'queued' });
  await time.pass(2 * minute);
  for (const jobId of [offered, waiting])
    expect(await house.job(jobId)).toMatchObject({ status: 'canceled', motivo: 'expirado' });
  await expectExact(house, 'mao', ordered);
  await board.say('jobStart', { job_id: offered }, { seq, token });
  expect(await board.hear('startRejected', (said) => said.seq === seq)).toMatchObject({ code: 'terminado' });
});

test('the snapshot of a job leaves the broker a day after its end; the job stays', async () => {
  const jobId = await order();
  await board.finish(await board.start(jobId));
  const watcher = await house.person();
  await house.message(
    watcher,
    'jobState',
    { org: demoOrg, job_id: jobId },
    ({ terminado_em }) => !!terminado_em,
  );
  const cleared = new Promise<void>((resolve) =>
    watcher.on('message', (name, payload) => {
      if (name.endsWith(`/jobs/${jobId}/state`) && payload.length === 0) resolve();
    }),
  );
  await time.pass(limits.retainedJobMs + 10 * minute);
  await cleared;
  expect(await house.job(jobId)).toMatchObject({ status: 'done' });
});
