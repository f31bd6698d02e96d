import { randomBytes } from 'node:crypto';
import {
  type DeviceCredential,
  decode,
  type ExecutionLogEntry,
  encode,
  type JobAck,
  type JobDocument,
  limits,
  matchTopic,
  type ParamsOf,
  type PayloadOf,
  type TopicKey,
  topic,
  topics,
} from '@yaguts/shared';
import mqtt, { type MqttClient } from 'mqtt';
import { deviceFilters } from '../simulator/mqtt-link.ts';

type Rest<K extends TopicKey> = Omit<ParamsOf<K>, 'org' | 'device'>;

/** A dispenser played by hand: it says what the test says, when the test says it, and remembers nothing. */
export interface HandBoard {
  readonly client: MqttClient;
  /** Publishes on an own row, as the row wants it; resolves at the PUBACK. */
  say<K extends TopicKey>(key: K, rest: Rest<K>, payload: PayloadOf<K>): Promise<unknown>;
  /** The same with any bytes, on any topic. */
  sayRaw(name: string, payload: string | Buffer, retain?: boolean): Promise<unknown>;
  /** Resolves with the first message of a row that fits, past ones included. */
  hear<K extends TopicKey>(key: K, fits?: (payload: PayloadOf<K>) => boolean): Promise<PayloadOf<K>>;
  /** Resolves with the ack of a job that fits, past ones included. */
  ack(jobId: number, fits?: (ack: JobAck) => boolean): Promise<JobAck>;
  acks(jobId: number): readonly JobAck[];
  /** Asks for leave to start what is offered (or one job in particular) and waits for it. */
  start(jobId?: number): Promise<JobDocument>;
  entry(job: JobDocument, itemOrdem: number, changes?: Partial<ExecutionLogEntry>): ExecutionLogEntry;
  /** Publishes the entry of an item, done unless changed; resolves at the PUBACK. */
  report(job: JobDocument, itemOrdem: number, changes?: Partial<ExecutionLogEntry>): Promise<unknown>;
  /** Reports what is left of a job as done and completes it; resolves when the api has taken all of it. */
  finish(job: JobDocument, done?: readonly number[]): Promise<void>;
  close(): Promise<unknown>;
}

/**
 * Connects and says birth and presence.
 *
 * @param journal id of its journal; the same one when it comes back
 */
export async function connectBoard(
  url: string,
  { org, device, username, password, client_id }: DeviceCredential,
  journal = randomBytes(4).toString('hex'),
): Promise<HandBoard> {
  const options = {
    protocolVersion: 4,
    clientId: client_id,
    username,
    password,
    reconnectPeriod: 0,
  } as const;
  // Without retries a connection that closes before CONNACK is told, and nobody waits for it for ever.
  const client = await mqtt.connectAsync(url, options, false);
  client.on('error', () => {});
  const heard: { topic: string; payload: Buffer }[] = [];
  const waiting = new Set<() => void>();
  client.on('message', (name, payload) => {
    heard.push({ topic: name, payload });
    for (const check of [...waiting]) check();
  });
  await client.subscribeAsync(deviceFilters(org, device), { qos: 1 });

  function all<K extends TopicKey>(key: K, jobId?: number): PayloadOf<K>[] {
    return heard.flatMap(({ topic: name, payload }) => {
      const match = matchTopic(name);
      if (match?.key !== key || payload.length === 0) return [];
      if (jobId !== undefined && (match.params as { job_id?: number }).job_id !== jobId) return [];
      const read = decode(key, payload);
      return read.ok ? [read.value] : [];
    });
  }
  const first = <K extends TopicKey>(
    key: K,
    fits: (payload: PayloadOf<K>) => boolean,
    jobId?: number,
  ): Promise<PayloadOf<K>> =>
    new Promise((resolve) => {
      const check = (): void => {
        const found = all(key, jobId).find(fits);
        if (found === undefined) return;
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      check();
    });

  const board: HandBoard = {
    client,
    say(key, rest, payload) {
      const row = topics[key];
      const name = topic(key, { org, device, ...rest } as never);
      return client.publishAsync(name, encode(key, payload), {
        qos: row.qos,
        retain: row.retain !== 'never',
      });
    },
    sayRaw: (name, payload, retain = true) => client.publishAsync(name, payload, { qos: 1, retain }),
    hear: (key, fits = () => true) => first(key, fits),
    ack: (jobId, fits = () => true) => first('jobAck', fits, jobId),
    acks: (jobId) => all('jobAck', jobId),
    async start(jobId) {
      const job = await first('jobsNext', ({ job_id }) => jobId === undefined || job_id === jobId);
      const { job_id, seq, token } = job;
      await board.say('jobStart', { job_id }, { seq, token });
      await first('startAccepted', (accepted) => accepted.seq === seq, job_id);
      return job;
    },
    entry({ job_id, seq, token, itens }, itemOrdem, changes = {}) {
      const item = itens.find(({ item_ordem }) => item_ordem === itemOrdem) ?? itens[0]!;
      return {
        ...{ v: 1, job_id, seq, token, item_ordem: itemOrdem, frasco: item.frasco, tempero: item.tempero },
        ...{ quantidade_g: item.quantidade_g, segundos: item.ms / 1_000, status: 'done', error: null },
        ...{ boot_id: 'b1', uptime_ms: 1_000, ts: null },
        ...changes,
      };
    },
    report(job, itemOrdem, changes) {
      const at = { job_id: job.job_id, item_ordem: itemOrdem };
      return board.say('jobLog', at, board.entry(job, itemOrdem, changes));
    },
    async finish(job, done = []) {
      const { job_id, seq, token, itens } = job;
      const left = itens.map(({ item_ordem }) => item_ordem).filter((item) => !done.includes(item));
      await Promise.all(left.map((item) => board.report(job, item)));
      const counts = { itens_completados: itens.length, itens_falhados: 0, itens_cancelados: 0 };
      await board.say('jobComplete', { job_id }, { v: 1, job_id, seq, token, ...counts, execution_logs: [] });
      await board.ack(job_id, ({ complete }) => complete);
    },
    close: () => client.endAsync(true),
  };
  await board.say(
    'birth',
    {},
    {
      ...{ fw_version: '0.3.0-hand', hw: 'mao', schema: 1, journal_id: journal, boot_id: 'b1' },
      ...{ hi: 0, epoch: null, reset_reason: 'poweron', frascos: 8, capabilities: [], active: null },
      limits: {
        max_itens: limits.maxItens,
        max_job_bytes: limits.maxJobBytes,
        max_step_ms: limits.maxStepMs,
      },
    },
  );
  await board.say('presence', {}, { state: 'online', boot_id: 'b1', session: 1 });
  return board;
}
