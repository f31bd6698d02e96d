import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, type JobCreated, type JobDetail, type JobState, topicFilter } from '@yaguts/shared';
import mqtt from 'mqtt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DemoKitchen, furnish } from '../demo/furnish.ts';
import { demoDevice, demoOrg, demoUser } from '../demo/kitchen.ts';
import { type HttpClient, httpClient } from '../http-client.ts';
import { countStarts } from '../simulator/ledger.ts';
import { type Child, startChild } from './child.ts';
import { expectExact } from './exactness.ts';
import { onOwnPorts } from './own-port.ts';

// Platform and dispenser as processes of their own, so that kill -9 is a real one. Both come back on the same
// data, and nobody tells them what they missed.

let dir: string;
let children: Child[];
let platform: Child;
let kitchen: DemoKitchen;
let origin: string;
let port: string;
let watcher: mqtt.MqttClient;
/** The last snapshot of every job, kept up over any restart. */
let jobs: Map<number, JobState>;
let heard: () => void = () => {};

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'yaguts-restart-'));
  children = [];
  jobs = new Map();
  await onOwnPorts((mqttPort) => {
    port = mqttPort;
    return startPlatform();
  });
  const [, code = ''] = await platform.says(/^ {4}([a-z0-9-]{8,})$/m);
  kitchen = await furnish(origin, code, 'uma senha bem longa');
  watcher = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    ...{ protocolVersion: 4, username: `u.${demoUser}`, password: kitchen.token, reconnectPeriod: 50 },
  });
  watcher.on('error', () => {});
  watcher.on('message', (_, payload) => {
    const read = decode('jobState', payload);
    if (read.ok) jobs.set(read.value.job_id, read.value);
    heard();
  });
  await watcher.subscribeAsync(topicFilter('jobState', { org: demoOrg }), { qos: 1 });
});
afterEach(async () => {
  watcher?.end(true);
  for (const child of children) child.process.kill('SIGKILL');
  await Promise.all(children.map(({ ended }) => ended));
  rmSync(dir, { recursive: true, force: true });
});

function start(args: readonly string[], env: NodeJS.ProcessEnv): Child {
  const child = startChild(process.execPath, args, env);
  children.push(child);
  return child;
}

async function startPlatform(): Promise<void> {
  platform = start(['scripts/start.mjs'], {
    ...{ YAGUTS_DATA_DIR: join(dir, 'data'), YAGUTS_HTTP_HOST: '127.0.0.1', YAGUTS_HTTP_PORT: '0' },
    ...{ YAGUTS_MQTT_HOST: '127.0.0.1', YAGUTS_MQTT_PORT: port },
  });
  origin = (await platform.says(/Yaguts is ready: (\S+)/))[1] ?? '';
  port = (await platform.says(/MQTT on port (\d+)/))[1] ?? '';
}

async function startDispenser(): Promise<Child> {
  const child = start(
    [
      ...[
        'scripts/simulate.mjs',
        '--url',
        `mqtt://127.0.0.1:${port}`,
        '--org',
        demoOrg,
        '--device',
        demoDevice,
      ],
      ...['--dir', join(dir, 'flash'), '--ledger', ledger(), '--frasco-delay-ms', '1000'],
    ],
    { YAGUTS_DEVICE_PASSWORD: kitchen.pouring.password },
  );
  await child.says(/connected to/);
  return child;
}

const ledger = (): string => join(dir, 'ledger');
const api = (): HttpClient => httpClient(origin, { token: kitchen.token });
const starts = (): number[] => [...countStarts(readFileSync(ledger(), 'utf8')).values()];
const house = {
  get api() {
    return api();
  },
  job: (jobId: number) => api().call<JobDetail>('GET', `/api/jobs/${jobId}`),
};

async function order(): Promise<number> {
  const body = { receita_id: kitchen.receitas[0]?.id, multiplicador: 1, device: demoDevice };
  return (await api().call<JobCreated>('POST', '/api/jobs', body)).job_id;
}

const jobWhen = (jobId: number, fits: (job: JobState) => boolean): Promise<JobState> =>
  new Promise((resolve) => {
    heard = () => {
      const job = jobs.get(jobId);
      if (job && fits(job)) resolve(job);
    };
    heard();
  });

async function kill(child: Child): Promise<void> {
  child.process.kill('SIGKILL');
  expect(await child.ended).toBe('SIGKILL');
}

test('the platform killed twice in mid-job loses no entry and counts none twice', async () => {
  const dispenser = await startDispenser();
  const jobId = await order();
  for (const poured of [1, 3]) {
    await jobWhen(jobId, ({ itens_completados }) => itens_completados >= poured);
    await kill(platform);
    await startPlatform();
  }
  const job = await jobWhen(jobId, ({ terminado_em }) => terminado_em !== null);
  expect(job).toMatchObject({ status: 'done', itens_completados: 4, itens_falhados: 0 });
  await dispenser.says(new RegExp(`Job ${jobId} entregue`));
  expect(starts()).toEqual([1, 1, 1, 1]);
  await expectExact(house, demoDevice, [jobId]);
  // The dispenser is as good as new: the next job runs through.
  const next = await order();
  await jobWhen(next, ({ status }) => status === 'done');
  await expectExact(house, demoDevice, [jobId, next]);
});

test('power lost in the whole kitchen: the frasco under way is interrompido, every other one exact', async () => {
  const first = await startDispenser();
  const jobId = await order();
  await first.says(/Iniciando/);
  await jobWhen(jobId, ({ itens_completados }) => itens_completados >= 1);
  await Promise.all([kill(platform), kill(first)]);
  await startPlatform();
  const second = await startDispenser();
  await jobWhen(jobId, ({ terminado_em }) => terminado_em !== null);
  await second.says(new RegExp(`Job ${jobId} entregue`));
  const { itens } = await house.job(jobId);
  const outcomes = itens.map(({ estado, error }) => error?.split(/[ :]/)[0] ?? estado);
  expect(outcomes.filter((outcome) => outcome !== 'interrompido' && outcome !== 'done')).toEqual([]);
  expect(outcomes.filter((outcome) => outcome === 'interrompido').length).toBeLessThanOrEqual(1);
  // The kill may fall between the word in the journal and the motor: that frasco is interrompido and never ran.
  const ran = starts();
  expect(ran.filter((times) => times !== 1)).toEqual([]);
  expect(ran.length).toBeGreaterThanOrEqual(outcomes.filter((outcome) => outcome === 'done').length);
  await expectExact(house, demoDevice, [jobId]);
});
