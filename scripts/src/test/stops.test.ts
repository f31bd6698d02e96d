import type { JobCreated, JobDocument, JobState } from '@yaguts/shared';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { expectExact } from './exactness.ts';
import { openHouse, type TestHouse } from './fixture.ts';
import type { HandBoard } from './hand-board.ts';

// A person changes their mind: cancel in each phase, pause, repeat, close by force.

let house: TestHouse;
let board: HandBoard;
let ordered: number[] = [];
beforeAll(async () => {
  house = await openHouse();
  board = await house.board();
});
afterEach(async () => {
  await expectExact(house, 'mao', ordered);
  for (const jobId of ordered) {
    const { terminado_em, status } = await house.job(jobId);
    if (terminado_em === null) await post(jobId, status === 'running' ? 'close' : 'cancel');
  }
});
afterAll(() => house.close());

async function order(): Promise<JobCreated> {
  const job = await house.order({ device: 'mao' });
  ordered = [...ordered, job.job_id];
  return job;
}
const post = (jobId: number, verb: string, body: object = {}) =>
  house.api.call<JobState>('POST', `/api/jobs/${jobId}/${verb}`, body);
const ended = ({ terminado_em }: JobState): boolean => terminado_em !== null;

/** The board's words for what it did not pour any more. */
async function closeRest(job: JobDocument, from: number, error: string): Promise<void> {
  const rest = job.itens.filter(({ item_ordem }) => item_ordem >= from);
  for (const { item_ordem } of rest)
    await board.report(job, item_ordem, { status: 'failed', error, segundos: 0 });
  await board.finish(
    job,
    job.itens.map(({ item_ordem }) => item_ordem),
  );
}

test('a job that waits in the queue is canceled at once, and its grams are free again', async () => {
  const first = await order();
  const second = await order();
  expect(second.fase).toBe('na_fila');
  expect(await post(second.job_id, 'cancel', { motivo: 'chega' })).toMatchObject({
    ...{ status: 'canceled', fase: 'terminado', itens_cancelados: 4 },
  });
  expect((await house.job(first.job_id)).fase).toBe('ofertado');
});

test('a job that is offered is canceled at once; a board that just asks to start it is told terminado', async () => {
  const { job_id } = await order();
  const { seq, token } = await board.hear('jobsNext', (job) => job.job_id === job_id);
  expect(await post(job_id, 'cancel')).toMatchObject({ status: 'canceled', motivo: 'cancelado' });
  await board.say('jobStart', { job_id }, { seq, token });
  expect(await board.hear('startRejected', (said) => said.seq === seq)).toMatchObject({ code: 'terminado' });
});

test('a job that pours is canceled when its board says so: what was poured stays poured', async () => {
  const { job_id } = await order();
  const job = await board.start(job_id);
  await board.report(job, 1);
  expect(await post(job_id, 'cancel', { motivo: 'panela errada' })).toMatchObject({
    ...{ status: 'running', fase: 'cancelando' },
  });
  const wish = await board.hear('jobCancel', ({ motivo }) => motivo === 'panela errada');
  // Asked twice, the first wish stands.
  expect(await post(job_id, 'cancel', { motivo: 'outra vez' })).toMatchObject({ fase: 'cancelando' });
  await board.say('cancelAccepted', { job_id }, { id: wish.id, item_ordem: 1 });
  await closeRest(job, 2, 'cancelado');
  expect(await house.job(job_id)).toMatchObject({
    ...{ status: 'done_partial', motivo: 'cancelado' },
    ...{ itens_completados: 1, itens_falhados: 0, itens_cancelados: 3 },
  });
});

test('a cancel that comes before the first frasco leaves a canceled job', async () => {
  const { job_id } = await order();
  const job = await board.start(job_id);
  await post(job_id, 'cancel', { motivo: 'cedo' });
  const { id } = await board.hear('jobCancel', ({ motivo }) => motivo === 'cedo');
  await board.say('cancelAccepted', { job_id }, { id, item_ordem: null });
  await closeRest(job, 1, 'cancelado');
  expect(await house.job(job_id)).toMatchObject({ status: 'canceled', itens_cancelados: 4 });
});

test('a cancel that the board refuses changes nothing: the job pours on to its end', async () => {
  const { job_id } = await order();
  const job = await board.start(job_id);
  await post(job_id, 'cancel', { motivo: 'tarde' });
  const { id } = await board.hear('jobCancel', ({ motivo }) => motivo === 'tarde');
  await board.say('cancelRejected', { job_id }, { id, code: 'terminado', message: '' });
  expect(await house.jobWhen(job_id, ({ fase }) => fase === 'dispensando')).toMatchObject({ motivo: null });
  await board.finish(job);
  expect(await house.job(job_id)).toMatchObject({ status: 'done', itens_completados: 4 });
});

test('a job that has ended cannot be canceled, paused or closed any more', async () => {
  const { job_id } = await order();
  await board.finish(await board.start(job_id));
  for (const verb of ['cancel', 'pause', 'resume', 'close'])
    await expect(post(job_id, verb), verb).rejects.toMatchObject({
      status: 409,
      problem: { code: 'terminal' },
    });
});

test('a retry is a new job of the items that are not done, and the old one stays as it was', async () => {
  const { job_id } = await order();
  const job = await board.start(job_id);
  await board.report(job, 1);
  await closeRest(job, 2, 'rele: frasco 5 not moving');
  const before = await house.job(job_id);
  expect(before).toMatchObject({ status: 'done_partial', itens_falhados: 3 });
  const again = await post(job_id, 'retry');
  ordered.push(again.job_id);
  const second = await house.job(again.job_id);
  expect(second).toMatchObject({ origem_job_id: job_id, metodo: 'repeticao', status: 'queued' });
  expect(second.itens.map(({ tempero }) => tempero)).toEqual(
    before.itens.slice(1).map((item) => item.tempero),
  );
  await board.finish(await board.start(again.job_id));
  expect(await house.job(again.job_id)).toMatchObject({ status: 'done', itens_completados: 3 });
  expect(await house.job(job_id)).toEqual({ ...before, repeticoes: expect.anything() });
  await expect(post(again.job_id, 'retry')).rejects.toMatchObject({ problem: { code: 'not_retryable' } });
});

test('a job closed by force takes what its board still reports: late, marked, and its grams leave', async () => {
  const { job_id } = await order();
  const job = await board.start(job_id);
  await board.report(job, 1);
  expect(await post(job_id, 'close', { motivo: 'tigela olhada' })).toMatchObject({
    ...{ status: 'done_partial', motivo: 'fechado_a_forca', itens_completados: 1, itens_cancelados: 3 },
  });
  await expectExact(house, 'mao', ordered);
  await board.report(job, 2);
  await board.ack(job_id, ({ itens }) => itens.includes(2));
  const late = await house.job(job_id);
  expect(late).toMatchObject({ status: 'done_partial', itens_completados: 2, itens_cancelados: 2 });
  expect(late.itens.map(({ tardio }) => tardio)).toEqual([false, true, false, false]);
  await expectExact(house, 'mao', ordered);
  await board.finish(job, [1, 2]);
  expect(await house.job(job_id)).toMatchObject({ status: 'done_partial', itens_completados: 4 });
});

test('a simulated dispenser pauses between frascos and goes on when told to', async () => {
  // Slow, so that the wish comes while it pours on a busy machine too.
  const simulator = await house.simulator({ parameters: { frasco_delay_ms: 1_500 } });
  const { job_id } = await house.order();
  await house.jobWhen(job_id, ({ fase }) => fase === 'dispensando');
  await post(job_id, 'pause');
  const paused = await house.jobWhen(job_id, ({ fase }) => fase === 'pausado');
  expect(paused).toMatchObject({ status: 'running', sem_noticias: false });
  await expect(post(job_id, 'pause')).rejects.toMatchObject({ problem: { code: 'conflict' } });
  await post(job_id, 'resume');
  expect(await house.jobWhen(job_id, ended)).toMatchObject({ status: 'done', itens_completados: 4 });
  await simulator.result(job_id);
  await expectExact(house, 'cozinha', [job_id]);
});
