import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHouse, type TestHouse } from './fixture.ts';

let house: TestHouse;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const ended = (job: { terminado_em: number | null }): boolean => job.terminado_em !== null;

test('a receita is poured, every frasco is committed and its grams leave the estoque', async () => {
  const before = await house.estoque('cozinha', 2);
  const simulator = await house.simulator();
  const { job_id } = await house.order();
  const job = await house.jobWhen(job_id, ended);
  await simulator.result(job_id);
  expect(job.status).toBe('done');
  expect(job.itens.map(({ estado }) => estado)).toEqual(['done', 'done', 'done', 'done']);
  const after = await house.estoque('cozinha', 2);
  expect(before.saldo_g - after.saldo_g).toBeCloseTo(2.5, 6);
  expect(after.reservado_g).toBe(0);
  await simulator.stop();
});

test('one frasco that fails makes the job done_partial, and estoque is taken only for what is done', async () => {
  const before = await Promise.all([2, 5].map((frasco) => house.estoque('cozinha', frasco)));
  const simulator = await house.simulator({ parameters: { frasco_delay_ms: 20, fail_frasco_indices: [1] } });
  const { job_id } = await house.order();
  const job = await house.jobWhen(job_id, ended);
  expect(job).toMatchObject({
    status: 'done_partial',
    itens_completados: 3,
    itens_falhados: 1,
    itens_cancelados: 0,
  });
  const after = await Promise.all([2, 5].map((frasco) => house.estoque('cozinha', frasco)));
  expect(before[0]!.saldo_g - after[0]!.saldo_g).toBeCloseTo(2.5, 6);
  expect(before[1]!.saldo_g - after[1]!.saldo_g).toBe(0);
  await simulator.result(job_id);
  await simulator.stop();
});
