import { decode, type JobCreated, topic } from '@yaguts/shared';
import mqtt from 'mqtt';
import { HttpProblem } from '../http-client.ts';
import { proofOrg, proofUser } from './kitchen.ts';
import type { Random } from './random.ts';
import type { Stage } from './stage.ts';

/** A person who goes on ordering, whatever happens to the platform, with a key per order. */
export interface Orders {
  /** Jobs that were answered. */
  readonly answered: readonly number[];
  readonly counters: OrderCounters;
  /** Resolves when the orders under way have ended; no more are made. */
  end(): Promise<void>;
}
export interface OrderCounters {
  http: number;
  mqtt: number;
  /** Tries beyond the first one. */
  retries: number;
  /** Cancels that were sent. */
  cancels: number;
  /** Orders whose first try fell with the platform: the key stays taken and says so. */
  unknown: number;
}

/** Orders waiting or running on one device at any time. */
const outstanding = 2;
const tryMs = 2_000;
const cancelShare = 0.06;
/** Orders of one receita on one device before the next receita: each has a multiplicador of its own. */
const multiplicadores = 4_000;

/** Keeps every device busy until it is ended. */
export function startOrders(stage: Stage, devices: readonly string[], random: Random): Orders {
  const answered: number[] = [];
  const counters: OrderCounters = { http: 0, mqtt: 0, retries: 0, cancels: 0, unknown: 0 };
  let isOver = false;

  async function serve(device: string, chance: Random): Promise<void> {
    for (let n = 0; !isOver; n++) {
      await stage.until(() => isOver || stage.witness.openJobs(device).length < outstanding);
      if (isOver) return;
      const { receitas } = stage.kitchen;
      const receita_id = receitas[(n + Math.floor(n / multiplicadores)) % receitas.length];
      const body = { receita_id, multiplicador: 1 + (n % multiplicadores) / 1_000, device };
      const jobId = await order(`${device}-${n}`, body, chance);
      if (jobId === undefined) continue;
      answered.push(jobId);
      if (chance.chance(cancelShare)) void cancel(jobId);
    }
  }

  async function order(key: string, body: object, chance: Random): Promise<number | undefined> {
    const way = chance.chance(0.5) ? 'http' : 'mqtt';
    counters[way]++;
    for (let tries = 0; ; tries++) {
      if (tries > 0) counters.retries++;
      const told = await (way === 'http' ? overHttp(key, body) : overMqtt(key, body));
      if (told === 'unknown') counters.unknown++;
      if (told !== 'again') return told === 'unknown' ? undefined : told;
      // The platform is away; whoever waits for it hears when it is back.
      if (!stage.platform?.isAlive()) await stage.until(() => stage.platform?.isAlive() ?? false);
      else await new Promise((resolve) => setTimeout(resolve, chance.between(20, 100)));
    }
  }

  type Told = number | 'again' | 'unknown';

  async function overHttp(key: string, body: object): Promise<Told> {
    try {
      const made = await within(
        stage.api.call<JobCreated>('POST', '/api/jobs', body, { 'idempotency-key': key }),
      );
      return made.job_id;
    } catch (error) {
      if (error instanceof HttpProblem && error.status < 500 && error.status !== 429) {
        if (error.problem.code === 'conflict') return 'unknown';
        throw error;
      }
      return 'again';
    }
  }

  async function overMqtt(id: string, body: object): Promise<Told> {
    const port = stage.mqttPort();
    if (port === undefined) return 'again';
    // One connection an order, through the proxy that cuts: what a phone on a bad network does.
    const client = mqtt.connect(`mqtt://127.0.0.1:${stage.proxy.port}`, {
      ...{ protocolVersion: 4, username: `u.${proofUser}`, password: stage.kitchen.token },
      reconnectPeriod: 0,
    });
    try {
      return await within(
        new Promise<Told>((resolve) => {
          client.on('error', () => resolve('again'));
          client.on('close', () => resolve('again'));
          client.on('message', (_, payload) => {
            const said = decode('userResponse', payload);
            if (!said.ok || said.value.id !== id) return;
            const { ok, data, problem } = said.value;
            if (ok) resolve((data as JobCreated).job_id);
            else resolve(problem?.code === 'conflict' ? 'unknown' : 'again');
          });
          client.on('connect', () => {
            const own = { org: proofOrg, user: proofUser, op: 'jobs.create' } as const;
            client.subscribe(topic('userResponse', own), { qos: 1 }, (error) => {
              if (error) return resolve('again');
              client.publish(topic('userRequest', own), JSON.stringify({ id, ...body }), { qos: 1 });
            });
          });
        }),
      );
    } catch {
      return 'again';
    } finally {
      client.end(true);
    }
  }

  async function cancel(jobId: number): Promise<void> {
    counters.cancels++;
    await within(stage.api.call('POST', `/api/jobs/${jobId}/cancel`, { motivo: 'prova' })).catch(() => {});
  }

  const serving = Promise.all(devices.map((device) => serve(device, random.fork())));
  serving.catch(() => {});
  return {
    answered,
    counters,
    async end() {
      isOver = true;
      stage.poke();
      await serving;
    },
  };
}

/** A try that is not answered is given up, and made again with the same key. */
function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${tryMs} ms`)), tryMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
