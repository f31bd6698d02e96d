import { afterEach, beforeEach, expect, test } from 'vitest';
import { entryOf, mao, token } from '../store/test-store.ts';
import { at, complete, openWithDevice, type WithDevice } from './test-device.ts';

let t: WithDevice;
beforeEach(async () => {
  t = await openWithDevice();
});
afterEach(() => t.close());

test('the last entry ends the job: execution_complete, jobs/next emptied, the org is told', async () => {
  const { job_id } = await t.running();
  for (const item of [1, 2, 3]) await t.hear('jobLog', at(job_id, item), entryOf(job_id, item));
  await t.settled();
  expect(t.all('jobEvents').map((event) => event?.seq)).toEqual([1, 2, 3, 4]);
  expect(t.all('jobEvents').at(-1)).toMatchObject({ type: 'execution_complete', data: { status: 'done' } });
  expect(t.last('jobsNext')).toBeNull();
  expect(t.types()).toEqual(['agent:execution:complete', 'task:executed']);
  t.forget();
  await t.hear('jobComplete', { job_id }, complete(job_id));
  await t.settled();
  expect(t.last('jobAck')).toEqual({ token, itens: [], complete: true });
  expect(t.types()).toEqual([]);
});

test('a complete with entries missing is not acked complete and its retained copy stays', async () => {
  const { job_id } = await t.running();
  await t.hear('jobComplete', { job_id }, complete(job_id, { execution_logs: [entryOf(job_id, 2)] }));
  await t.settled();
  expect(t.all('jobAck')).toEqual([{ token, itens: [2], complete: false }]);
  expect(t.cleared).toEqual([]);
  t.forget();
  await t.hear('jobComplete', { job_id }, complete(job_id));
  await t.settled();
  expect(t.all('jobAck')).toEqual([]);
});

test('a report put aside is acked with its own token, with the code, and the org is told', async () => {
  const { job_id } = await t.running();
  const foreign = { token: '0000000000000000' };
  await t.hear('jobLog', at(job_id, 1), entryOf(job_id, 1, foreign));
  await t.hear('jobComplete', { job_id: 400 }, complete(400, { ...foreign }));
  await t.settled();
  expect(t.all('jobAck')).toEqual([
    { ...foreign, itens: [1], complete: false, rejected: [{ item_ordem: 1, code: 'token' }] },
    { ...foreign, itens: [], complete: true },
  ]);
  expect(t.last('estoque', { frasco: 1 })).toMatchObject({ recontar: true });
  expect(t.notified).toMatchObject([
    { type: 'device:alert', data: { device: mao, code: 'reportes_de_lado', motivo: 'token' } },
    { type: 'device:alert', data: { motivo: 'desconhecido' } },
  ]);
  expect(t.cleared).toHaveLength(2);
});
