import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, type Log, openSetup, parseConfig } from '@yaguts/api';
import {
  type DeviceCredential,
  decode,
  type EstoqueState,
  type JobCreated,
  type JobDetail,
  type JobState,
  type PayloadOf,
  type TopicKey,
  topicFilter,
} from '@yaguts/shared';
import mqtt, { type ISubscriptionMap, type MqttClient } from 'mqtt';
import { type ComposeOptions, compose, type RunningPlatform } from '../compose.ts';
import { type DemoKitchen, furnish } from '../demo/furnish.ts';
import { demoOrg, demoUser } from '../demo/kitchen.ts';
import { type HttpClient, httpClient } from '../http-client.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator/simulator.ts';
import { connectBoard, type HandBoard } from './hand-board.ts';
import { onOwnPorts } from './own-port.ts';

/** The real platform on ports of its own on 127.0.0.1 with the demo's kitchen in it; everything is thrown away at the end. */
export interface TestHouse {
  readonly running: RunningPlatform;
  readonly kitchen: DemoKitchen;
  /** The owner's password. */
  readonly password: string;
  /** Folder of this test, for journals and ledgers. */
  readonly dir: string;
  readonly mqttUrl: string;
  /** The owner's way to the api. */
  readonly api: HttpClient;
  /** A dispenser in this process, on real sockets, with retries fast enough for a test. */
  simulator(options?: Partial<SimulatorOptions> & { credential?: DeviceCredential }): Promise<Simulator>;
  /** A dispenser played by hand, connected; the idle one of the kitchen by default. */
  board(credential?: DeviceCredential, journal?: string): Promise<HandBoard>;
  /** Orders a receita of the kitchen (the first one, once) on the pouring device. */
  order(options?: { receita?: number; multiplicador?: number; device?: string }): Promise<JobCreated>;
  job(jobId: number): Promise<JobDetail>;
  /** Resolves with the snapshot of the job as soon as it is as asked. */
  jobWhen(jobId: number, fits: (job: JobState) => boolean): Promise<JobState>;
  estoque(device: string, frasco: number): Promise<EstoqueState>;
  /** An MQTT client of the owner, with its personal token. */
  person(): Promise<MqttClient>;
  /** Resolves with the first payload of a row that fits, retained ones included. */
  message<K extends TopicKey>(
    client: MqttClient,
    key: K,
    params: Parameters<typeof topicFilter<K>>[1],
    fits?: (payload: PayloadOf<K>) => boolean,
  ): Promise<PayloadOf<K>>;
  /** Stops the platform and starts it again on the same data folder and ports. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface HouseOptions
  extends Partial<Pick<ComposeOptions, 'held' | 'brokerLimits' | 'webDir' | 'simulate' | 'openStore'>> {
  readonly env?: Readonly<Record<string, string>>;
  /** Silent when left out. */
  readonly log?: Log;
}

/** Opens a house. Call `close` in afterAll; it stops what it started even when a test has failed. */
export async function openHouse(options: HouseOptions = {}): Promise<TestHouse> {
  const dir = mkdtempSync(join(tmpdir(), 'yaguts-house-'));
  const closers: (() => Promise<unknown>)[] = [];
  let running = await onOwnPorts(start);
  const setup = await openSetup(running.platform.deps);
  const password = randomBytes(24).toString('base64url');
  const kitchen = await furnish(running.origin, setup?.code ?? '', password);

  async function start(mqttPort: string, httpPort: string): Promise<RunningPlatform> {
    const config = parseConfig({
      YAGUTS_DATA_DIR: join(dir, 'data'),
      YAGUTS_HTTP_HOST: '127.0.0.1',
      YAGUTS_HTTP_PORT: httpPort,
      YAGUTS_MQTT_HOST: '127.0.0.1',
      YAGUTS_MQTT_PORT: mqttPort,
      YAGUTS_CONNECTS_PER_SECOND: '1000',
      YAGUTS_REQUESTS_PER_MINUTE: '100000',
      ...options.env,
    });
    const { held, brokerLimits, webDir, simulate, openStore } = options;
    return compose({
      config,
      log: options.log ?? createLog('silent'),
      ...(held && { held }),
      ...(brokerLimits && { brokerLimits }),
      ...(webDir && { webDir }),
      ...(simulate && { simulate }),
      ...(openStore && { openStore }),
    });
  }

  const person = async (): Promise<MqttClient> => {
    const client = await mqtt.connectAsync(house.mqttUrl, {
      protocolVersion: 4,
      username: `u.${demoUser}`,
      password: kitchen.token,
      reconnectPeriod: 50,
    });
    closers.push(() => client.endAsync(true));
    return client;
  };

  const house: TestHouse = {
    get running() {
      return running;
    },
    kitchen,
    password,
    dir,
    get mqttUrl() {
      return `mqtt://127.0.0.1:${running.mqttPort}`;
    },
    get api() {
      return httpClient(running.origin, { token: kitchen.token });
    },
    async board(credential = kitchen.idle, journal) {
      const board = await connectBoard(house.mqttUrl, credential, journal);
      closers.push(() => board.close());
      return board;
    },
    async simulator({ credential = kitchen.pouring, ...rest } = {}) {
      const flash = rest.dir ?? join(dir, `flash-${credential.device}`);
      mkdirSync(flash, { recursive: true });
      const simulator = await startSimulator({
        url: house.mqttUrl,
        org: credential.org,
        device: credential.device,
        password: credential.password,
        frascos: 8,
        backoff: { baseMs: 20, maxMs: 100 },
        parameters: { frasco_delay_ms: 30 },
        ...rest,
        dir: flash,
      });
      closers.push(() => simulator.stop());
      return simulator;
    },
    order: ({ receita = 0, multiplicador = 1, device = kitchen.pouring.device } = {}) =>
      house.api.call<JobCreated>('POST', '/api/jobs', {
        receita_id: kitchen.receitas[receita]?.id,
        multiplicador,
        device,
      }),
    job: (jobId) => house.api.call<JobDetail>('GET', `/api/jobs/${jobId}`),
    async jobWhen(jobId, fits) {
      const watcher = await person();
      const found = await house.message(watcher, 'jobState', { org: demoOrg, job_id: jobId }, fits);
      await watcher.endAsync(true);
      return found;
    },
    async estoque(device, frasco) {
      const watcher = await person();
      const found = await house.message(watcher, 'estoque', { org: demoOrg, device, frasco });
      await watcher.endAsync(true);
      return found;
    },
    person,
    message: (from, key, params, fits = () => true) =>
      new Promise((resolve, reject) => {
        const filter = topicFilter(key, params);
        const matches = new RegExp(`^${filter.replaceAll('+', '[^/]+')}$`);
        const hear = (name: string, payload: Buffer): void => {
          if (!matches.test(name) || payload.length === 0) return;
          const read = decode(key, payload);
          if (!read.ok || !fits(read.value)) return;
          from.off('message', hear);
          resolve(read.value);
        };
        from.on('message', hear);
        // mqtt.js leaves out a SUBSCRIBE that repeats an earlier one, and with it the retained message.
        from.subscribe({ [filter]: { qos: 1 }, resubscribe: true } as ISubscriptionMap, (error, granted) => {
          if (error || granted?.some(({ qos }) => qos > 2))
            reject(error ?? new Error(`${filter} was refused`));
        });
      }),
    async restart() {
      const ports = [String(running.mqttPort), String(running.httpPort)] as const;
      await running.stop();
      running = await start(...ports);
    },
    async close() {
      for (const close of closers.splice(0).reverse()) await close().catch(() => {});
      await running.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return house;
}
