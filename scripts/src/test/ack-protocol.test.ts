import {
  type Birth,
  decode,
  type ExecutionLogEntry,
  type JobAck,
  type JobDocument,
  type PayloadOf,
  type TopicKey,
  topic,
  topicFilter,
} from '@yaguts/shared';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHouse, type TestHouse } from './fixture.ts';

/** The ack protocol over real sockets, played by hand: what a dispenser may rely on, line by line. */

let house: TestHouse;
beforeAll(async () => {
  // The pace of one device is another test's subject.
  house = await openHouse({
    env: { YAGUTS_DEVICE_MESSAGES_PER_SECOND: '100000', YAGUTS_DEVICE_BURST: '100000' },
  });
});
afterAll(() => house.close());

const org = 'demo';
const mao = 'mao';

/** A device that does only what the test says. */
interface Hand {
  say<K extends TopicKey>(key: K, params: object, payload: PayloadOf<K> | string | Buffer): Promise<void>;
  /** Resolves with the next message of a row; each message is handed out once. */
  hear<K extends TopicKey>(key: K, fits?: (payload: PayloadOf<K>) => boolean): Promise<PayloadOf<K>>;
  readonly client: MqttClient;
  leave(): Promise<void>;
}

async function connect(session: number): Promise<Hand> {
  const { idle } = house.kitchen;
  const heard: { topic: string; payload: Buffer }[] = [];
  const waiting = new Set<() => void>();
  const client = mqtt.connect(house.mqttUrl, {
    ...{ clientId: idle.client_id, username: idle.username, password: idle.password },
    ...{ protocolVersion: 4, reconnectPeriod: 50, clean: true },
  });
  client.on('error', () => undefined);
  client.on('message', (name, payload) => {
    heard.push({ topic: name, payload });
    for (const wake of [...waiting]) wake();
  });
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  const hand: Hand = {
    client,
    say: async (key, params, payload) => {
      const body =
        typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload);
      const retain = ['presence', 'birth', 'jobLog', 'jobComplete'].includes(key);
      await client.publishAsync(topic(key, { org, device: mao, ...params } as never), body, {
        qos: 1,
        retain,
      });
    },
    async hear(key, fits = () => true) {
      const like = new RegExp(
        `^${topicFilter(key, { org, device: mao } as never).replaceAll('+', '[^/]+')}$`,
      );
      for (;;) {
        for (const [i, message] of heard.entries()) {
          if (!like.test(message.topic) || message.payload.length === 0) continue;
          const read = decode(key, message.payload);
          if (!read.ok || !fits(read.value)) continue;
          heard.splice(i, 1);
          return read.value;
        }
        await new Promise<void>((resolve) => {
          const wake = () => {
            waiting.delete(wake);
            resolve();
          };
          waiting.add(wake);
        });
      }
    },
    leave: async () => void (await client.endAsync(true)),
  };
  await hand.say('birth', {}, birth);
  await client.subscribeAsync(
    (['jobsNext', 'startAccepted', 'startRejected', 'jobAck', 'jobCancel'] as const).map((key) =>
      topicFilter(key, { org, device: mao }),
    ),
    { qos: 1 },
  );
  await hand.say('presence', {}, { state: 'online', boot_id: 'b1', session });
  return hand;
}

const birth: Birth = {
  ...{ fw_version: '0.3.0', hw: 'hand', schema: 1, journal_id: 'j1', boot_id: 'b1', hi: 0, epoch: null },
  ...{ reset_reason: '', frascos: 8, capabilities: [], active: null },
  limits: { max_itens: 24, max_job_bytes: 3_072, max_step_ms: 180_000 },
};

async function begin(hand: Hand): Promise<JobDocument> {
  const { job_id } = await house.order({ device: mao });
  const job = await hand.hear('jobsNext', (offer) => offer.job_id === job_id);
  await hand.say('jobStart', { job_id }, { seq: job.seq, token: job.token });
  await hand.hear('startAccepted', ({ token }) => token === job.token);
  return job;
}

function entry(
  job: JobDocument,
  item_ordem: number,
  given: Partial<ExecutionLogEntry> = {},
): ExecutionLogEntry {
  const { frasco } = job.itens[item_ordem - 1] as JobDocument['itens'][number];
  return {
    ...{ v: 1, job_id: job.job_id, seq: job.seq, token: job.token, item_ordem, frasco },
    ...{ segundos: 1.25, status: 'done', error: null, boot_id: 'b1', uptime_ms: 1, ts: null },
    ...given,
  };
}

const tell = (hand: Hand, job: JobDocument, item_ordem: number, given: Partial<ExecutionLogEntry> = {}) =>
  hand.say('jobLog', { job_id: job.job_id, item_ordem }, entry(job, item_ordem, given));

const account = (job: JobDocument, itens_completados: number, itens_falhados = 0) => ({
  ...{ v: 1 as const, job_id: job.job_id, seq: job.seq, token: job.token },
  ...{ itens_completados, itens_falhados, itens_cancelados: 0, execution_logs: [] },
});

/** Collects acks of a job until every item named was in one. */
async function acked(hand: Hand, job: JobDocument, itens: readonly number[]): Promise<JobAck[]> {
  const missing = new Set(itens);
  const acks: JobAck[] = [];
  while (missing.size > 0) {
    const ack = await hand.hear('jobAck', ({ token }) => token === job.token);
    acks.push(ack);
    for (const item of ack.itens) missing.delete(item);
  }
  return acks;
}

async function finish(hand: Hand, job: JobDocument, done: number, failed = 0): Promise<void> {
  await hand.say('jobComplete', { job_id: job.job_id }, account(job, done, failed));
  await hand.hear('jobAck', ({ token, complete }) => token === job.token && complete);
}

/** What the broker still retains on the report topics of the device, seen by a person who comes late. */
async function retainedReports(): Promise<string[]> {
  const person = await house.person();
  const seen: string[] = [];
  person.on('message', (name, payload, { retain }) => {
    if (retain && payload.length > 0 && /\/(log\/\d+|complete)$/.test(name)) seen.push(name);
  });
  const rows = (['jobLog', 'jobComplete'] as const).map((key) => topicFilter(key, { org, device: mao }));
  await person.subscribeAsync(rows, { qos: 1 });
  // Whatever is retained was sent before this answer.
  await house.message(person, 'serverState', {});
  await person.endAsync(true);
  return seen;
}

test('a hundred copies in parallel over MQTT and HTTP mixed are one deduction, and each is answered', async () => {
  const hand = await connect(1);
  const job = await begin(hand);
  const before = await house.estoque(mao, job.itens[0]!.frasco);
  const items = job.itens.map(({ item_ordem }) => item_ordem);
  const overHttp = async () => {
    const { username, password } = house.kitchen.idle;
    const response = await fetch(`${house.running.origin}/devices/me/jobs/${job.job_id}/complete`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      },
      body: JSON.stringify({
        ...account(job, items.length),
        execution_logs: items.map((n) => entry(job, n)),
      }),
    });
    return response.status;
  };
  const copies = Array.from({ length: 100 }, (_, i) =>
    i % 10 === 0 ? overHttp() : tell(hand, job, (i % items.length) + 1),
  );
  const statuses = (await Promise.all(copies)).filter((answer) => typeof answer === 'number');
  expect(statuses.every((status) => status === 200 || status === 429)).toBe(true);
  expect(statuses).toContain(200);
  await acked(hand, job, items);
  await finish(hand, job, items.length);
  const after = await house.estoque(mao, job.itens[0]!.frasco);
  expect(before.saldo_g - after.saldo_g).toBeCloseTo(job.itens[0]!.quantidade_g, 6);
  expect(await house.job(job.job_id)).toMatchObject({ status: 'done', itens_completados: items.length });
  expect(await retainedReports()).toEqual([]);
  await hand.leave();
});

test('the platform restarts in mid-job: nothing is lost or doubled, and the device goes on', async () => {
  const hand = await connect(2);
  const job = await begin(hand);
  await tell(hand, job, 1);
  await acked(hand, job, [1]);
  await house.restart();
  await new Promise<void>((resolve) => {
    if (hand.client.connected) resolve();
    else hand.client.once('connect', () => resolve());
  });
  await hand.leave();

  // The device is back: it says who it is, asks again and sends what it does not know to be committed.
  const back = await connect(3);
  const again = await back.hear('jobsNext', (offer) => offer.job_id === job.job_id);
  expect(again).toEqual(job);
  await back.say('jobStart', { job_id: job.job_id }, { seq: job.seq, token: job.token });
  await back.hear('startAccepted', ({ token }) => token === job.token);
  for (const { item_ordem } of job.itens) await tell(back, job, item_ordem);
  await acked(
    back,
    job,
    job.itens.map(({ item_ordem }) => item_ordem),
  );
  await finish(back, job, job.itens.length);
  expect(await house.job(job.job_id)).toMatchObject({ status: 'done', itens_completados: job.itens.length });
  expect(await retainedReports()).toEqual([]);
  await back.leave();
});

test('bad reports are refused with the reason and kept, and the connection goes on', async () => {
  const hand = await connect(4);
  const job = await begin(hand);
  const { job_id } = job;
  const foreign = '0000000000000000';
  await tell(hand, job, 1, { token: foreign });
  expect(await hand.hear('jobAck', ({ token }) => token === foreign)).toEqual({
    ...{ token: foreign, itens: [1], complete: false },
    rejected: [{ item_ordem: 1, code: 'token' }],
  });
  await hand.say('jobLog', { job_id: 999_999, item_ordem: 1 }, { ...entry(job, 1), job_id: 999_999 });
  const unknown = await hand.hear('jobAck', ({ rejected }) => rejected?.[0]?.code === 'desconhecido');
  expect(unknown.itens).toEqual([1]);
  for (const garbled of ['{', Buffer.from([0xff, 0xfe]), '[]', JSON.stringify({ v: 1, item_ordem: 'x' })]) {
    for (let copy = 0; copy < 3; copy++) await hand.say('jobLog', { job_id, item_ordem: 2 }, garbled);
    const ack = await hand.hear('jobAck', ({ rejected }) => rejected?.[0]?.code === 'ilegivel');
    expect(ack).toMatchObject({ token: job.token, itens: [2] });
  }
  // After all that the true words still count.
  for (const { item_ordem } of job.itens) await tell(hand, job, item_ordem);
  await acked(
    hand,
    job,
    job.itens.map(({ item_ordem }) => item_ordem),
  );
  await tell(hand, job, 1, { status: 'failed', error: 'rele' });
  const contradiction = await hand.hear('jobAck', ({ rejected }) => rejected?.[0]?.code === 'contradicao');
  expect(contradiction.itens).toEqual([1]);
  await finish(hand, job, job.itens.length);
  expect(await house.job(job_id)).toMatchObject({ status: 'done', itens_falhados: 0 });
  const filed = await house.running.store.rejectedMessages(org);
  expect(new Set(filed.map(({ code }) => code))).toEqual(
    new Set(['token', 'desconhecido', 'ilegivel', 'contradicao']),
  );
  expect(await retainedReports()).toEqual([]);
  await hand.leave();
});

test('a device that lost its journal is told so, and the job is closed for a person to look into the bowl', async () => {
  const hand = await connect(5);
  const job = await begin(hand);
  await tell(hand, job, 1);
  await acked(hand, job, [1]);
  await hand.say('birth', {}, { ...birth, journal_id: 'j2', boot_id: 'b2' });
  const closed = await house.jobWhen(job.job_id, ({ terminado_em }) => terminado_em !== null);
  expect(closed).toMatchObject({ status: 'done_partial', motivo: 'diario_perdido', itens_completados: 1 });
  await hand.say('jobStart', { job_id: job.job_id }, { seq: job.seq, token: job.token });
  expect((await hand.hear('startRejected')).code).toBe('terminado');
  // What it still finds in its flash adds and deducts, marked late.
  await tell(hand, job, 2);
  await acked(hand, job, [2]);
  const late = await house.job(job.job_id);
  expect(late).toMatchObject({ status: 'done_partial', itens_completados: 2 });
  expect(late.itens.map(({ tardio }) => tardio).slice(0, 2)).toEqual([false, true]);
  await hand.leave();
});
