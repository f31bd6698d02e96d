import { type ExecutionLogEntry, type JobDocument, topic } from '@yaguts/shared';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { demoOrg } from '../demo/kitchen.ts';
import { httpClient } from '../http-client.ts';
import { openEar } from './ear.ts';
import { expectExact } from './exactness.ts';
import { openHouse, type TestHouse } from './fixture.ts';
import type { HandBoard } from './hand-board.ts';

// What the platform does with the words of a board, whatever they are (reliability, section 2).

interface Aside {
  readonly topic: string;
  readonly code: string;
  readonly vezes: number;
}

let house: TestHouse;
let board: HandBoard;
const jobs: number[] = [];
beforeAll(async () => {
  house = await openHouse({ env: { YAGUTS_DEVICE_BURST: '2000' } });
  board = await house.board();
});
afterAll(() => house.close());

let job: JobDocument;
beforeEach(async () => {
  const { job_id } = await house.order({ device: 'mao' });
  jobs.push(job_id);
  job = await board.start(job_id);
});

afterEach(async () => {
  // A test that has failed must not leave its job in the way of the next.
  const { terminado_em } = await house.job(job.job_id);
  if (terminado_em === null) await house.api.call('POST', `/api/jobs/${job.job_id}/close`, {});
});

const logTopic = (jobId: number, itemOrdem: number): string =>
  topic('jobLog', { org: demoOrg, device: 'mao', job_id: jobId, item_ordem: itemOrdem });

/** What was put aside for a person to see, of one job. */
async function asides(jobId: number): Promise<Aside[]> {
  const { rows } = await house.api.call<{ rows: Aside[] }>('GET', '/api/rejected-messages');
  return rows.filter((row) => row.topic.includes(`/jobs/${jobId}/`) || row.topic.endsWith(` ${jobId}`));
}

/** The retained entry is gone from the broker: it would block the board's journal, or haunt a reconnect. */
async function expectCleared(jobId: number, itemOrdem: number): Promise<void> {
  const watcher = await house.person();
  let isRetained = false;
  const cleared = new Promise<void>((resolve) =>
    watcher.on('message', (name, payload) => {
      if (name !== logTopic(jobId, itemOrdem)) return;
      isRetained = payload.length > 0;
      if (!isRetained) resolve();
    }),
  );
  await watcher.subscribeAsync(logTopic(jobId, itemOrdem), { qos: 1 });
  // Retained messages of one filter come before those of the next.
  await house.message(watcher, 'serverState', {});
  if (isRetained) await cleared;
  await watcher.endAsync(true);
}

test('a hundred reports of the same job over MQTT and HTTP at once: one row each, each sender answered', async () => {
  const { job_id, itens } = job;
  const { username, password } = house.kitchen.idle;
  const device = httpClient(house.running.origin, { token: `${username}:${password}` });
  const execution_logs = itens.map(({ item_ordem }) => board.entry(job, item_ordem));
  const account = { itens_completados: 4, itens_falhados: 0, execution_logs };
  // As many accounts as the v0.2 path lets through at once; the rest are entries.
  const overHttp = Array.from({ length: 10 }, () =>
    device.call('POST', `/devices/me/jobs/${job_id}/complete`, account),
  );
  const overMqtt = Array.from({ length: 90 }, (_, i) => board.report(job, (i % 4) + 1));
  const answers = await Promise.all(overHttp);
  await Promise.all(overMqtt);
  for (const answer of answers)
    expect(answer).toEqual({
      ...{ ok: true, job_id, status: 'done' },
      ...{ itens_completados: 4, itens_falhados: 0, itens_cancelados: 0 },
    });
  await board.finish(job);
  const acked = new Set(board.acks(job_id).flatMap(({ itens: some }) => some));
  expect([...acked].sort()).toEqual([1, 2, 3, 4]);
  expect(board.acks(job_id).flatMap(({ rejected = [] }) => rejected)).toEqual([]);
  expect(await house.job(job_id)).toMatchObject({ status: 'done', itens_completados: 4 });
  expect((await house.job(job_id)).execution_logs).toHaveLength(4);
  expect(await asides(job_id)).toEqual([]);
  await expectExact(house, 'mao', jobs);
});

test('an entry sent again after its job has ended changes nothing and is acked again', async () => {
  await board.finish(job);
  const before = await house.job(job.job_id);
  const acks = board.acks(job.job_id).length;
  await board.report(job, 2, { uptime_ms: 99_999, boot_id: 'b2' });
  await board.ack(job.job_id, () => board.acks(job.job_id).length > acks);
  expect(await house.job(job.job_id)).toEqual(before);
  await expectCleared(job.job_id, 2);
  await expectExact(house, 'mao', jobs);
});

test('an entry that contradicts the stored one is kept aside, told to the org and acked; the first stands', async () => {
  const ear = await openEar(house, 'events/device:alert');
  await board.report(job, 1);
  await board.report(job, 1, { status: 'failed', error: 'timeout' });
  const ack = await board.ack(job.job_id, ({ rejected }) => rejected !== undefined);
  expect(ack).toMatchObject({ token: job.token, rejected: [{ item_ordem: 1, code: 'contradicao' }] });
  const told = await ear.next(
    ({ payload }) => (payload.data as { motivo?: string }).motivo === 'contradicao',
  );
  expect(told.payload.data).toMatchObject({ device: 'mao', motivo: 'contradicao', job_id: job.job_id });
  await ear.close();
  expect(await asides(job.job_id)).toMatchObject([{ code: 'contradicao', vezes: 1 }]);
  expect((await house.job(job.job_id)).itens[0]).toMatchObject({ estado: 'done', error: null });
  await expectCleared(job.job_id, 1);
  await board.finish(job, [1]);
  await expectExact(house, 'mao', jobs);
});

test.each<[string, string, number, Partial<ExecutionLogEntry>]>([
  ['with a wrong token', 'token', 1, { token: '0123456789abcdef' }],
  ['of another frasco than planned', 'item', 1, { frasco: 8 }],
  ['of an item the job does not have', 'item', 9, {}],
])('a report %s is kept aside and acked with its own token', async (_, code, itemOrdem, changes) => {
  await board.report(job, itemOrdem, changes);
  const { token } = board.entry(job, itemOrdem, changes);
  const ack = await board.ack(job.job_id, ({ rejected }) => rejected !== undefined);
  expect(ack).toMatchObject({ token, itens: [itemOrdem], rejected: [{ item_ordem: itemOrdem, code }] });
  expect(await asides(job.job_id)).toMatchObject([{ code, vezes: 1 }]);
  expect((await house.job(job.job_id)).execution_logs).toEqual([]);
  await expectCleared(job.job_id, itemOrdem);
  // The board moves on: an item put aside has no entry, and the api closes it for a person to look at.
  const done = itemOrdem === 1 && code === 'item' ? [1] : [];
  await board.finish(job, done);
  const { status, itens } = await house.job(job.job_id);
  expect(status).toBe(done.length > 0 ? 'done_partial' : 'done');
  if (done.length > 0) expect(itens[0]?.error).toMatch(/^recusado/);
  await expectExact(house, 'mao', jobs);
});

test('a report of a job that nobody knows is kept aside and acked with its own token', async () => {
  const stray = { ...job, job_id: job.job_id + 500, token: 'feedfacecafebeef' };
  await board.report(stray, 1);
  expect(await board.ack(stray.job_id)).toMatchObject({
    token: stray.token,
    itens: [1],
    rejected: [{ item_ordem: 1, code: 'desconhecido' }],
  });
  expect(await asides(stray.job_id)).toMatchObject([{ code: 'desconhecido' }]);
  await board.finish(job);
});

test("another device's job is left alone: no row, no ack, and a person can see who tried", async () => {
  const other = await house.board(house.kitchen.pouring);
  const account = { v: 1 as const, itens_completados: 4, itens_falhados: 0, itens_cancelados: 0 };
  await other.report(job, 1);
  await other.say('jobComplete', { job_id: job.job_id }, { ...job, ...account, execution_logs: [] });
  // Answered in the order they came: when this one is acked, those before were dealt with.
  await other.report({ ...job, job_id: job.job_id + 900, token: 'feedfacecafebeef' }, 1);
  await other.ack(job.job_id + 900);
  expect(other.acks(job.job_id)).toEqual([]);
  expect((await asides(job.job_id)).map(({ code }) => code)).toEqual(['alheio', 'alheio']);
  expect((await house.job(job.job_id)).execution_logs).toEqual([]);
  await other.close();
  await board.finish(job);
  await expectExact(house, 'mao', jobs);
});

test('an unreadable report is acked at the third identical copy, counted in one row, its item closed recusado', async () => {
  const garbled = JSON.stringify(board.entry(job, 1)).replace('"done"', '"dona"');
  await board.sayRaw(logTopic(job.job_id, 1), garbled);
  await board.sayRaw(logTopic(job.job_id, 1), garbled);
  // A sign in between: the acks of one board come in the order of its reports.
  await board.report(job, 2);
  await board.ack(job.job_id, ({ itens }) => itens.includes(2));
  expect(board.acks(job.job_id).flatMap(({ itens }) => itens)).not.toContain(1);
  await board.sayRaw(logTopic(job.job_id, 1), garbled);
  expect(await board.ack(job.job_id, ({ itens }) => itens.includes(1))).toMatchObject({
    token: job.token,
    rejected: [{ item_ordem: 1, code: 'ilegivel' }],
  });
  expect(await asides(job.job_id)).toMatchObject([{ code: 'ilegivel', vezes: 3 }]);
  await expectCleared(job.job_id, 1);
  await board.finish(job, [1, 2]);
  const ended = await house.job(job.job_id);
  expect(ended).toMatchObject({ status: 'done_partial', itens_completados: 3, itens_falhados: 1 });
  expect(ended.itens[0]?.error).toMatch(/^recusado/);
  await expectExact(house, 'mao', jobs);
});

test('an entry garbled on the way and whole the next time is stored as if nothing had been', async () => {
  await board.sayRaw(logTopic(job.job_id, 1), '{"v":1,"job_id":');
  await board.finish(job);
  expect(await house.job(job.job_id)).toMatchObject({ status: 'done', itens_completados: 4 });
  await expectExact(house, 'mao', jobs);
});
