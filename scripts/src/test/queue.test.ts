import type { DeviceState, QueueOut } from '@yaguts/shared';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { expectExact } from './exactness.ts';
import { openHouse, type TestHouse } from './fixture.ts';
import type { HandBoard } from './hand-board.ts';

// One device, one bowl: who pours next, and when.

let house: TestHouse;
let board: HandBoard;
let ordered: number[] = [];
beforeAll(async () => {
  house = await openHouse();
  board = await house.board();
});
afterEach(async () => {
  await expectExact(house, 'mao', ordered);
  await house.api.call('POST', '/api/stop', {});
});
afterAll(() => house.close());

async function order(): Promise<{ job_id: number; fase: string }> {
  const job = await house.order({ device: 'mao', receita: 2 });
  ordered = [...ordered, job.job_id];
  return job;
}
const queue = () => house.api.call<QueueOut>('GET', '/api/devices/mao/queue');
const bowlIsEmpty = () => house.api.call<QueueOut>('POST', '/api/devices/mao/queue/next', {});
const waiting = ({ jobs }: QueueOut): number[] => jobs.map(({ job_id }) => job_id);

async function pour(jobId: number): Promise<void> {
  await board.finish(await board.start(jobId));
}

test('of two jobs the second waits for "tigela vazia", while the first pours and after', async () => {
  const first = await order();
  expect(first.fase).toBe('ofertado');
  const second = await order();
  expect(second.fase).toBe('na_fila');
  await expect(bowlIsEmpty()).rejects.toThrow(/ocupado/);
  await pour(first.job_id);
  expect(await queue()).toMatchObject({
    atual: null,
    espera_tigela: true,
    jobs: [{ job_id: second.job_id }],
  });
  expect(await bowlIsEmpty()).toMatchObject({ atual: { job_id: second.job_id, fase: 'ofertado' }, jobs: [] });
  await pour(second.job_id);
  await expect(bowlIsEmpty()).rejects.toThrow(/fila_vazia/);
});

test('a device set to automatica is given its next job as soon as it is free', async () => {
  await house.api.call('PATCH', '/api/devices/mao', { transicao: 'automatica' });
  const [first, second] = [await order(), await order()];
  await pour(first.job_id);
  await pour(second.job_id);
  expect(await house.job(second.job_id)).toMatchObject({ status: 'done' });
  await house.api.call('PATCH', '/api/devices/mao', { transicao: 'manual' });
});

test('a new order of the queue holds; one that names a job that waits no longer is refused whole', async () => {
  const [first, second, third] = [await order(), await order(), await order()];
  const reorder = (...job_ids: number[]) =>
    house.api.call<QueueOut>('PUT', '/api/devices/mao/queue', { job_ids });
  expect(waiting(await reorder(third.job_id))).toEqual([third.job_id, second.job_id]);
  await expect(reorder(second.job_id, first.job_id)).rejects.toThrow(/stale/);
  expect(waiting(await queue())).toEqual([third.job_id, second.job_id]);
  await pour(first.job_id);
  expect((await bowlIsEmpty()).atual?.job_id).toBe(third.job_id);
  await pour(third.job_id);
  expect((await bowlIsEmpty()).atual?.job_id).toBe(second.job_id);
  await pour(second.job_id);
});

test('a paused queue offers nothing, and goes on where it stood', async () => {
  const pause = (pausada: boolean) =>
    house.api.call<QueueOut>('POST', '/api/devices/mao/queue/pause', { pausada });
  await pause(true);
  const { job_id, fase } = await order();
  expect(fase).toBe('na_fila');
  await expect(bowlIsEmpty()).rejects.toThrow(/conflict/);
  expect(await pause(false)).toMatchObject({ atual: { job_id, fase: 'ofertado' } });
  await pour(job_id);
});

test('an order for a device that is away is offered at its birth', async () => {
  await house.api.call('POST', '/api/devices', { id: 'tarde', nome: 'Chega tarde' });
  const credential = await house.api.call<typeof house.kitchen.idle>(
    'POST',
    '/api/devices/tarde/credentials',
    {},
  );
  await house.api.call('PUT', '/api/devices/tarde/frascos', {
    frascos: ['Páprica', 'Sal', 'Orégano'].map((tempero, i) => ({ frasco: i + 1, tempero, g_por_s: 3 })),
  });
  for (const frasco of [1, 2, 3])
    await house.api.call('POST', '/api/estoque/movimentos', {
      ...{ tipo: 'entrada', device: 'tarde', frasco, quantidade_g: 50 },
    });
  const { job_id, fase } = await house.order({ device: 'tarde', receita: 2 });
  expect(fase).toBe('na_fila');
  const late = await house.board(credential);
  await late.finish(await late.start(job_id));
  await expectExact(house, 'tarde', [job_id]);
  const state = await house.api.call<DeviceState>('GET', '/api/devices/tarde');
  expect(state).toMatchObject({ presence: 'online', job: null, fila: 0 });
});
