import { topic } from '@yaguts/shared';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { frascos } from '../store/schema/index.ts';
import { entryOf, mao, org, token } from '../store/test-store.ts';
import { at, openWithDevice, type WithDevice } from './test-device.ts';

let t: WithDevice;
beforeEach(async () => {
  t = await openWithDevice();
});
afterEach(() => t.close());

test('an entry is acked after its commit, its retained copy cleared, and browsers told', async () => {
  const { job_id } = await t.running();
  await t.hear('jobLog', at(job_id, 1), entryOf(job_id, 1));
  expect(t.job(job_id).itens_completados).toBe(1);
  await t.settled();
  expect(t.last('jobAck')).toEqual({ token, itens: [1], complete: false });
  expect(t.cleared).toEqual([topic('jobLog', { org, device: mao, ...at(job_id, 1) })]);
  expect(t.all('jobEvents')).toMatchObject([
    { seq: 1, type: 'execution_log_entry', data: { item_ordem: 1, status: 'done', segundos: 1.25 } },
  ]);
  expect(t.last('jobState')).toMatchObject({ evento: 1, itens_completados: 1, status: 'running' });
  expect(t.last('estoque', { frasco: 1 })).toMatchObject({ saldo_g: 98, reservado_g: 0, tempero: 'Sal' });
  expect(t.all('estoque')).toHaveLength(1);
});

test('entries of one turn are committed together and acked in one message', async () => {
  const { job_id } = await t.running();
  await Promise.all([1, 2].map((item) => t.hear('jobLog', at(job_id, item), entryOf(job_id, item))));
  await t.settled();
  expect(t.all('jobAck')).toEqual([{ token, itens: [1, 2], complete: false }]);
  expect(t.store.commitCounters()).toMatchObject({ batches: 1, bodies: 2 });
});

test('what one batch changes is published once: events each, snapshot and estoque as they are at the end', async () => {
  const { job_id } = await t.running();
  await Promise.all([1, 2, 3].map((item) => t.hear('jobLog', at(job_id, item), entryOf(job_id, item))));
  await t.settled();
  expect(t.all('jobEvents')).toHaveLength(4);
  expect(t.all('jobState')).toMatchObject([{ status: 'done', evento: 4 }]);
  expect(t.all('estoque')).toHaveLength(3);
});

test('a frasco that falls below its minimum is told to the org', async () => {
  t.store.parts.db.orm.update(frascos).set({ minimo_mg: 99_000 }).run();
  const { job_id } = await t.running();
  await t.hear('jobLog', at(job_id, 2), entryOf(job_id, 2));
  await t.settled();
  expect(t.notified).toEqual([
    { org, type: 'estoque:low', data: { device: mao, frasco: 2, saldo_g: 98, minimo_g: 99 } },
  ]);
  expect(t.last('estoque', { frasco: 2 })).toMatchObject({ baixo: true });
});

test('a failed job is told as an error', async () => {
  const { job_id } = await t.running({ frascos: [1] });
  await t.hear('jobLog', at(job_id, 1), entryOf(job_id, 1, { status: 'failed', error: 'timeout: stuck' }));
  await t.settled();
  expect(t.types()).toEqual(['agent:execution:error', 'task:executed']);
});
