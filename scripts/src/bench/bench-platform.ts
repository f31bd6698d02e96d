import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, createLog, openSetup, parseConfig } from '@yaguts/api';
import type { TokenCreated } from '@yaguts/shared';
import { type ComposeOptions, compose, type RunningPlatform } from '../compose.ts';
import { addBenchDevice, furnishBench } from './bench-kitchen.ts';
import type { LoadJob } from './load.ts';
import { type IdleDevice, seedFleet } from './seed-fleet.ts';
import { type PastJobs, seedHistory } from './seed-history.ts';
import { seedJobs } from './seed-jobs.ts';
import { readVerdict, type Verdict } from './verdict.ts';

/** Devices to set up, with so many queued jobs of 24 items each. */
export interface Wanted {
  readonly devices: readonly string[];
  readonly jobsEach: number;
  readonly transicao: 'manual' | 'automatica';
  /** Jobs that have ended, beside the queued ones. */
  readonly past?: PastJobs;
  /** So many further devices, with a credential and nothing to do. */
  readonly idle?: number;
}
export interface Prepared {
  readonly port: number;
  /** Where HTTP and MQTT over WebSocket listen. */
  readonly origin: string;
  /** Of the owner, for HTTP and MQTT. */
  readonly token: string;
  readonly devices: readonly PreparedDevice[];
  readonly idle: readonly IdleDevice[];
}
export interface PreparedDevice {
  readonly device: string;
  readonly password: string;
  readonly jobs: readonly LoadJob[];
}
export interface Commits {
  readonly batches: number;
  readonly bodies: number;
  readonly largest: number;
}
/** The whole platform on a throw-away folder. */
export interface BenchPlatform {
  /** Sets up and starts; once. */
  prepare(wanted: Wanted): Promise<Prepared>;
  commits(): Commits;
  /** What the database holds now. */
  verify(): Verdict;
  readonly dataDir: string;
  /** The database's file. */
  readonly path: string;
  stop(): Promise<void>;
  /** Deletes the folder. */
  remove(): void;
}

/** Free loopback ports, and the caps per device and per address lifted: they would be what is measured. */
export const benchConfig = (dataDir: string): Config =>
  parseConfig({
    YAGUTS_DATA_DIR: dataDir,
    YAGUTS_HTTP_HOST: '127.0.0.1',
    YAGUTS_HTTP_PORT: '0',
    YAGUTS_MQTT_HOST: '127.0.0.1',
    YAGUTS_MQTT_PORT: '0',
    YAGUTS_REQUESTS_PER_MINUTE: '1000000',
    YAGUTS_DEVICE_MESSAGES_PER_SECOND: '1000000',
    YAGUTS_DEVICE_BURST: '1000000',
    YAGUTS_CONNECTS_PER_SECOND: '1000000',
    YAGUTS_HALF_OPEN_PER_ADDRESS: '1000000',
  });

/**
 * The whole platform, with {@link benchConfig} on a throw-away folder.
 *
 * @param options.openStore instead of the one with threads of its own
 */
export function createBenchPlatform(options: Pick<ComposeOptions, 'openStore'> = {}): BenchPlatform {
  const dir = mkdtempSync(join(tmpdir(), 'yaguts-bench-'));
  const config = benchConfig(join(dir, 'data'));
  const path = join(dir, 'data', 'yaguts.db');
  const open = (): Promise<RunningPlatform> => compose({ config, log: createLog('error'), ...options });
  let running: RunningPlatform | undefined;

  async function prepare(wanted: Wanted): Promise<Prepared> {
    const first = await open();
    running = first;
    const setup = await openSetup(first.platform.deps);
    if (!setup) throw new Error('a new data folder has an account');
    const kitchen = await furnishBench(first.origin, setup.code);
    const passwords = new Map<string, string>();
    for (const device of wanted.devices) {
      passwords.set(device, await addBenchDevice(kitchen, device, wanted.transicao));
    }
    const { token } = await kitchen.owner.call<TokenCreated>('POST', '/api/tokens', { nome: 'bench' });
    await first.stop();
    const jobs = seedJobs(path, wanted.jobsEach);
    if (wanted.past) seedHistory(path, wanted.past, Date.now());
    const idle = await seedFleet(path, join(dir, 'data'), wanted.idle ?? 0);
    running = await open();
    return {
      port: running.mqttPort ?? 0,
      origin: running.origin,
      token,
      idle,
      devices: wanted.devices.map((device) => ({
        device,
        password: passwords.get(device) ?? '',
        jobs: jobs.get(device) ?? [],
      })),
    };
  }

  return {
    prepare,
    verify: () => readVerdict(path),
    dataDir: join(dir, 'data'),
    path,
    commits() {
      const { batches = 0, bodies = 0, largest = 0 } = running?.store.commitCounters() ?? {};
      return { batches, bodies, largest };
    },
    async stop() {
      await running?.stop();
      running = undefined;
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
