import { afterEach, beforeEach, expect, test } from 'vitest';
import { mao, org } from '../store/test-store.ts';
import { completeV02 } from './complete-v02.ts';
import { nextJobV02 } from './next-job-v02.ts';
import { openWithDevice, type WithDevice } from './test-device.ts';

let t: WithDevice;
beforeEach(async () => {
  t = await openWithDevice();
});
afterEach(() => t.close());

test('firmware v0.2 claims its job over HTTP, gets the same until its complete, and completes by position', async () => {
  const { job_id } = await t.makeJob({ fase: 'na_fila', liberado: true, seq: null });
  const device = { org, device: mao };
  expect(await nextJobV02(t.deps, { org, device: 'outra' })).toBeUndefined();
  expect(await nextJobV02(t.deps, device)).toMatchObject({ job_id, seq: 1, itens: [{}, {}, {}] });
  expect(await nextJobV02(t.deps, device)).toMatchObject({ job_id, seq: 1 });
  expect(t.job(job_id)).toMatchObject({ status: 'running', iniciado_em: 100 });
  expect(t.types()).toEqual(['agent:execution:start']);

  const body = {
    ...{ itens_completados: 2, itens_falhados: 1, itens_cancelados: 0 },
    execution_logs: [
      { segundos: 1, status: 'done', quantidade_g: 2, tempero: 'Sal' },
      { segundos: 2, status: 'failed', error: 'timeout' },
      { segundos: 1, status: 'done' },
    ],
  };
  const out = {
    ok: true,
    job_id,
    status: 'done_partial',
    itens_completados: 2,
    itens_falhados: 1,
    itens_cancelados: 0,
  };
  expect(await completeV02(t.deps, { ...device, job_id }, body)).toEqual(out);
  expect(await completeV02(t.deps, { ...device, job_id }, body)).toEqual(out);
  expect(t.tables().movimentos.filter(({ tipo }) => tipo === 'saida')).toHaveLength(2);
  expect(await nextJobV02(t.deps, device)).toBeUndefined();

  const other = structuredClone(body);
  other.execution_logs[1] = { segundos: 2, status: 'done' } as never;
  await expect(completeV02(t.deps, { ...device, job_id }, other)).rejects.toMatchObject({ code: 'conflict' });
  await expect(completeV02(t.deps, { ...device, job_id: 77 }, body)).rejects.toMatchObject({
    code: 'not_found',
  });
  await expect(completeV02(t.deps, { org, device: 'outra', job_id }, body)).rejects.toMatchObject({
    code: 'not_found',
  });
});

test('what firmware v0.2 leaves out of its account is closed recusado; what cannot be read is refused whole', async () => {
  const { job_id } = await t.running();
  const device = { org, device: mao, job_id };
  const counts = { itens_completados: 1, itens_falhados: 0, itens_cancelados: 0 };
  const bad = {
    ...counts,
    execution_logs: [
      { segundos: 1, status: 'done' },
      { segundos: 'x', status: 'done' },
    ],
  };
  await expect(completeV02(t.deps, device, bad)).rejects.toMatchObject({
    code: 'invalid',
    faults: [{ path: 'execution_logs.1.segundos' }],
  });
  expect(t.tables().entries).toEqual([]);
  const foreign = { ...counts, token: '0000000000000000', execution_logs: [] };
  await expect(completeV02(t.deps, device, foreign)).rejects.toMatchObject({ code: 'conflict' });
  const short = { ...counts, execution_logs: [{ segundos: 1, status: 'done' }] };
  expect(await completeV02(t.deps, device, short)).toMatchObject({
    status: 'done_partial',
    itens_falhados: 2,
  });
  expect(t.tables().entries.map(({ error }) => error)).toEqual([
    null,
    'recusado sem relato',
    'recusado sem relato',
  ]);
});
