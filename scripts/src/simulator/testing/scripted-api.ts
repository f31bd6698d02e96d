import {
  type Birth,
  decode,
  encode,
  type JobDocument,
  type JobItem,
  matchTopic,
  type ParamsOf,
  type PayloadOf,
  type TopicKey,
  topic,
  topics,
} from '@yaguts/shared';

/**
 * The other side of the wire for tests of the dispenser: it offers, gives leave, stores and acks as the
 * contract says, in memory, and can be told to misbehave. It also holds the oracle: a resend that differs from
 * the first send is a fault.
 */
export interface ScriptedApi {
  /** Offers a job with these times per item (frasco = item_ordem). */
  offer(times: readonly number[], change?: Partial<JobDocument>, item?: Partial<JobItem>): JobDocument;
  receive(topic: string, payload: Uint8Array): void;
  send<K extends TopicKey>(key: K, params: Omit<ParamsOf<K>, 'org' | 'device'>, payload: PayloadOf<K>): void;
  /** What a broker would repeat to a new subscriber: `_server/state` and `jobs/next`. */
  replayRetained(): void;
  /** Everything is forgotten, as after restoring an old backup; a new epoch is announced. */
  loseEverything(epoch: string): void;
  job(jobId: number): ScriptedJob | undefined;
  readonly births: Birth[];
  /** Every message of the device, oldest first. */
  readonly heard: { readonly key: TopicKey; readonly payload: string }[];
  readonly faults: string[];
  /** While false nothing is acked (entries are stored all the same). */
  acking: boolean;
  /** While false `start` stays unanswered. */
  answering: boolean;
}

export interface ScriptedJob {
  readonly doc: JobDocument;
  /** `queued` until started; `terminal` once every item is stored, or closed by force. */
  status: 'queued' | 'running' | 'terminal';
  journalId: string | undefined;
  readonly entries: Map<number, string>;
  complete: string | undefined;
}

export interface ScriptedApiOptions {
  readonly org: string;
  readonly device: string;
  readonly publish: (topic: string, payload: string, options: { qos: 0 | 1; retain: boolean }) => void;
  readonly now: () => number;
  readonly epoch?: string;
}

export function createScriptedApi(options: ScriptedApiOptions): ScriptedApi {
  const own = { org: options.org, device: options.device };
  const jobs = new Map<number, ScriptedJob>();
  const everSent = new Map<string, string>();
  let epoch = options.epoch ?? 'epoch-1';
  let lastJob = 0;
  let next: JobDocument | undefined;

  function send<K extends TopicKey>(
    key: K,
    params: Omit<ParamsOf<K>, 'org' | 'device'>,
    payload: PayloadOf<K>,
  ): void {
    const { qos, retain } = topics[key];
    const name = topic(key, { ...own, ...params } as never);
    options.publish(name, encode(key, payload), { qos, retain: retain === 'state' });
  }

  function publishNext(): void {
    if (next) send('jobsNext', {}, next);
    else options.publish(topic('jobsNext', own), '', { qos: 1, retain: true });
  }

  function startRefusal(job: ScriptedJob | undefined, token: string): string | undefined {
    if (job?.doc.token !== token) return 'desconhecido';
    if (job.status === 'terminal') return 'terminado';
    const sameJournal = job.journalId === undefined || job.journalId === api.births.at(-1)?.journal_id;
    return sameJournal ? undefined : 'diario_perdido';
  }

  function startAsked(jobId: number, seq: number, token: string): void {
    if (!api.answering) return;
    const job = jobs.get(jobId);
    const code = startRefusal(job, token);
    if (code !== undefined || !job) {
      if (job && code === 'diario_perdido') finish(job);
      send('startRejected', { job_id: jobId }, { seq, code: code ?? 'desconhecido', message: '' });
      return;
    }
    job.status = 'running';
    job.journalId = api.births.at(-1)?.journal_id;
    send('startAccepted', { job_id: jobId }, { seq, token, now: options.now() });
  }

  function sameAsBefore(key: string, payload: string): void {
    const before = everSent.get(key) ?? payload;
    if (before !== payload) api.faults.push(`${key} was ${before}, now ${payload}`);
    everSent.set(key, before);
  }

  function entryCame(jobId: number, item: number, token: string, payload: string): void {
    sameAsBefore(`job ${jobId} item ${item}`, payload);
    const job = jobs.get(jobId);
    if (job && !job.entries.has(item)) job.entries.set(item, payload);
    if (job && job.entries.size === job.doc.itens.length) finish(job);
    if (api.acking) send('jobAck', { job_id: jobId }, { token, itens: [item], complete: false });
  }

  function finish(job: ScriptedJob): void {
    job.status = 'terminal';
    if (next !== job.doc) return;
    next = undefined;
    publishNext();
  }

  const api: ScriptedApi = {
    births: [],
    heard: [],
    faults: [],
    acking: true,
    answering: true,
    send,
    job: (jobId) => jobs.get(jobId),
    offer(times, change = {}, item = {}) {
      const job_id = ++lastJob;
      const doc: JobDocument = {
        v: 1,
        job_id,
        seq: job_id + 10,
        token: job_id.toString(16).padStart(16, '0'),
        not_after: options.now() + 86_400_000,
        receita: 'Tempero baiano',
        itens: times.map((ms, index) => ({
          item_ordem: index + 1,
          frasco: index + 1,
          tempero: `tempero ${index + 1}`,
          quantidade_g: 2.5,
          ms,
          ...item,
        })),
        ...change,
      };
      jobs.set(job_id, {
        doc,
        status: 'queued',
        journalId: undefined,
        entries: new Map(),
        complete: undefined,
      });
      next = doc;
      publishNext();
      return doc;
    },
    replayRetained() {
      send('serverState', {}, { state: 'online', version: 'test', epoch });
      if (next) publishNext();
    },
    loseEverything(newEpoch) {
      epoch = newEpoch;
      for (const job of jobs.values()) {
        job.entries.clear();
        job.complete = undefined;
      }
      send('serverState', {}, { state: 'online', version: 'test', epoch });
    },
    receive(name, bytes) {
      const match = matchTopic(name);
      if (!match || bytes.length === 0) return;
      const payload = Buffer.from(bytes).toString('utf8');
      const decoded = decode(match.key, bytes);
      if (!decoded.ok) {
        api.faults.push(`${name}: ${decoded.faults[0]?.path} ${decoded.faults[0]?.message}`);
        return;
      }
      api.heard.push({ key: match.key, payload });
      switch (match.key) {
        case 'birth':
          api.births.push(decoded.value as Birth);
          break;
        case 'jobStart': {
          const { seq, token } = decoded.value as PayloadOf<'jobStart'>;
          startAsked(match.params.job_id, seq, token);
          break;
        }
        case 'jobLog': {
          const { token } = decoded.value as PayloadOf<'jobLog'>;
          entryCame(match.params.job_id, match.params.item_ordem, token, payload);
          break;
        }
        case 'jobComplete': {
          const { token } = decoded.value as PayloadOf<'jobComplete'>;
          const job = jobs.get(match.params.job_id);
          if (job) job.complete = payload;
          const all = job === undefined || job.entries.size === job.doc.itens.length;
          if (!all) api.faults.push(`complete of job ${match.params.job_id} before its entries`);
          if (api.acking)
            send('jobAck', { job_id: match.params.job_id }, { token, itens: [], complete: all });
        }
      }
    },
  };
  return api;
}
