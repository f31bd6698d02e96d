import { topic } from '@yaguts/shared';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { entryOf, mao, org, token } from '../store/test-store.ts';
import { createHandleInbound } from './handle-inbound.ts';
import { at, complete, openWithDevice, type WithDevice } from './test-device.ts';

let t: WithDevice;
beforeEach(async () => {
  t = await openWithDevice();
});
afterEach(() => t.close());

test("another device's job is not acked; a security event is logged", async () => {
  const { job_id } = await t.running();
  await t.hear('jobLog', at(job_id, 1), entryOf(job_id, 1), 'outra');
  await t.hear('jobComplete', { job_id }, complete(job_id), 'outra');
  await t.settled();
  expect(t.all('jobAck')).toEqual([]);
  expect(t.logged.map(({ event }) => event)).toEqual(['security_foreign_job', 'security_foreign_job']);
});

test('a device cannot speak on the topics of another device or org', async () => {
  const { job_id } = await t.running();
  const handle = createHandleInbound(t.deps, { mark: () => undefined, routed: () => undefined });
  const params = { org, device: mao, ...at(job_id, 1) };
  for (const principal of [
    { kind: 'device' as const, org, device: 'outra', credential: 'd:2' },
    { kind: 'device' as const, org: 'fora', device: mao, credential: 'd:3' },
    { kind: 'claim' as const, code: 'abcdefgh', credential: 'c' },
  ]) {
    await handle({
      ...{ principal, topic: topic('jobLog', params), match: { key: 'jobLog', params } },
      payload: Buffer.from(JSON.stringify(entryOf(job_id, 1))),
    });
  }
  expect(t.job(job_id).itens_completados).toBe(0);
  expect(t.logged.map(({ event }) => event)).toEqual(Array(3).fill('security_foreign_topic'));
});

test.each([
  ['not JSON', '{"v":1'],
  ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ['70 KiB', Buffer.alloc(70_000, 'x')],
  ['an array', '[1]'],
  ['wrong types', JSON.stringify({ v: 1, job_id: '1', item_ordem: 'one' })],
  ['another item than its topic', JSON.stringify({ ...entryOf(1, 2), job_id: 1 })],
  ['another job than its topic', JSON.stringify(entryOf(99, 1))],
])('a report with %s is kept for a person and answered from its third copy', async (_, payload) => {
  const { job_id } = await t.running();
  const name = topic('jobLog', { org, device: mao, ...at(job_id, 1) });
  for (let copy = 1; copy <= 3; copy++) {
    await t.hear('jobLog', at(job_id, 1), payload);
    await t.settled();
    expect(t.all('jobAck')).toHaveLength(copy < 3 ? 0 : 1);
  }
  expect(t.last('jobAck')).toMatchObject({
    token,
    itens: [1],
    rejected: [{ item_ordem: 1, code: 'ilegivel' }],
  });
  expect(t.tables().rejected).toMatchObject([{ code: 'ilegivel', vezes: 3, topic: name }]);
  expect(t.cleared).toEqual([name, name, name]);
  // The item can still be told well.
  await t.hear('jobLog', at(job_id, 1), entryOf(job_id, 1));
  expect(t.job(job_id).itens_completados).toBe(1);
});

test('an empty payload is nobody’s report', async () => {
  const { job_id } = await t.running();
  await t.hear('jobLog', at(job_id, 1), Buffer.alloc(0));
  await t.settled();
  expect([t.published, t.logged, t.tables().rejected]).toEqual([[], [], []]);
});

test('answers to commands nobody sent are ignored', async () => {
  await t.hear('commandAccepted', { op: 'pause' }, { id: 'x1' });
  await t.hear('commandRejected', { op: 'pause' }, { id: 'x1', code: 'ocupado', message: '' });
  expect(t.logged.map(({ event }) => event)).toEqual(['command_answer_ignored', 'command_answer_ignored']);
});
