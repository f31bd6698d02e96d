import { afterEach, beforeEach, expect, test } from 'vitest';
import { entryOf, org } from '../store/test-store.ts';
import { at, openWithDevice, type WithDevice } from './test-device.ts';

let t: WithDevice;
beforeEach(async () => {
  t = await openWithDevice();
});
afterEach(() => t.close());

test("a cancel is decided by the device's answer", async () => {
  const asked = { fase: 'cancelando', cancel_id: 'c1', cancel_motivo: '', cancel_expira_em: 9_000 } as const;
  const { job_id } = await t.running(asked);
  await t.hear('cancelAccepted', { job_id }, { id: 'other', item_ordem: 1 });
  expect(t.job(job_id)).toMatchObject({ versao: 1 });
  await t.hear('cancelRejected', { job_id }, { id: 'c1', code: 'terminado', message: '' });
  expect(t.job(job_id)).toMatchObject({ status: 'running', fase: 'dispensando', cancel_id: null });
  await t.store.cancelJob(
    org,
    job_id,
    { id: 'c2', motivo: '', expiraEm: 9_000 },
    { quem: 'ana', em: 1, endereco: '' },
  );
  await t.hear('cancelAccepted', { job_id }, { id: 'c2', item_ordem: 1 });
  expect(t.job(job_id)).toMatchObject({ status: 'running', motivo: 'cancelado' });
  for (const item of [1, 2, 3]) {
    const word = item === 1 ? {} : { status: 'failed' as const, error: 'cancelado' };
    await t.hear('jobLog', at(job_id, item), entryOf(job_id, item, word));
  }
  expect(t.job(job_id)).toMatchObject({ status: 'done_partial', itens_cancelados: 2, motivo: 'cancelado' });
});
