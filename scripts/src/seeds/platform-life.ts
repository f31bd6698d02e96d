import { appendFileSync, copyFileSync, existsSync, mkdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Config,
  createLog,
  createPlatform,
  embeddedTransport,
  type InlineStore,
  openStore,
  type Platform,
  parseConfig,
  type Store,
  type Transport,
} from '@yaguts/api';
import { createBroker } from '@yaguts/broker';
import type { Random } from '../proof/random.ts';
import type { Network } from './network.ts';
import { paceStore } from './paced-store.ts';
import type { Party, Scheduler } from './scheduler.ts';

export const mqttPort = 1883;
/** Longer than any start in virtual time: one that takes more waits for something real, and no seed decides that. */
const startMs = 5_000;
/** Of no installation but these. */
export const pepper: Buffer = Buffer.alloc(32, 7);

/** Takes a promise out of a store, for the controls. */
export type BreakStore = (store: InlineStore, dir: string, scheduler: Scheduler) => Store;

export interface PlatformPlan {
  /** Folder for its data folders, one per life, the first of them there. */
  readonly dir: string;
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly random: Random;
  readonly breakStore?: BreakStore | undefined;
  /** Hears what the api publishes. */
  readonly onPublish: (topic: string, payload: string) => void;
}

type Client = { pragma(text: string, options?: { simple: boolean }): unknown };
/** The connection under a store: what is committed is asked of it, and how it syncs. */
export const clientOf = (store: InlineStore): Client =>
  (store.parts.db.orm as unknown as { $client: Client }).$client;

export const configOf = (dir: string): Config =>
  parseConfig({ YAGUTS_DATA_DIR: dir, YAGUTS_BACKUP_MINUTES: 'off', YAGUTS_REQUESTS_PER_MINUTE: '100000' });

/** The platform of a world: broker, api and database, as often as they are killed. */
export class PlatformLife {
  party: Party | undefined;
  platform: Platform | undefined;
  store: InlineStore | undefined;
  kills = 0;
  readonly #plan: PlatformPlan;
  #life = 0;

  constructor(plan: PlatformPlan) {
    this.#plan = plan;
  }

  get dataDir(): string {
    return join(this.#plan.dir, `data-${this.#life}`);
  }

  /** Opens the data folder and joins the rooms, in a party of its own; the port opens when that is done. */
  start(): void {
    const { scheduler, random, breakStore } = this.#plan;
    const party = scheduler.party('platform');
    this.party = party;
    const open = (): void => {
      this.#open(random.fork(), breakStore).catch((error: Error) => {
        scheduler.failure ??= error;
      });
    };
    scheduler.timer(open, 1, false, party);
  }

  async #open(random: Random, breakStore: BreakStore | undefined): Promise<void> {
    const { scheduler, onPublish } = this.#plan;
    const dir = this.dataDir;
    const began = scheduler.now;
    const sound = await openStore({ dir });
    this.store = sound;
    const store = paceStore(breakStore?.(sound, dir, scheduler) ?? sound, scheduler, random);
    let platform: Platform | undefined;
    const broker = await createBroker({ authenticate: (attempt) => platform?.authenticateMqtt(attempt) });
    const log = createLog('error', { write: (line) => scheduler.trace(`platform logs ${line.trim()}`) });
    const embedded = embeddedTransport(broker);
    const transport: Transport = {
      ...embedded,
      publish(topic, payload, how) {
        onPublish(topic, payload);
        embedded.publish(topic, payload, how);
      },
    };
    platform = createPlatform({ config: configOf(dir), version: 'seeds', store, transport, log, pepper });
    await platform.start();
    await broker.listenTcp({ host: 'platform', port: mqttPort });
    this.platform = platform;
    const took = scheduler.now - began;
    if (took > startMs) throw new Error(`the platform took ${took} ms to start: what does it wait for?`);
  }

  /**
   * The process ends between two steps: what it knew is gone, what it had committed is in the next life's folder.
   *
   * @param isPowerCut what was not synced is lost as well
   */
  kill(isPowerCut: boolean): void {
    const { scheduler, network, random } = this.#plan;
    const { party, store } = this;
    if (!party) return;
    this.kills++;
    scheduler.trace(`platform ${isPowerCut ? 'loses power' : 'killed'}`);
    network.end(party, isPowerCut);
    scheduler.end(party);
    this.party = undefined;
    this.platform = undefined;
    this.store = undefined;
    if (!store) return;
    const from = this.dataDir;
    this.#life++;
    const isSynced = clientOf(store).pragma('synchronous', { simple: true }) === 2;
    takeFiles(from, this.dataDir);
    const log = join(this.dataDir, 'yaguts.db-wal');
    if (existsSync(log)) {
      // Without a sync at each commit nothing of the log is sure to have reached the disk.
      if (isPowerCut && !isSynced) truncateSync(log, 0);
      // A commit that was being written when it ended.
      else if (random.chance(0.5))
        appendFileSync(log, Buffer.alloc(random.between(1, 5_000), random.between(0, 255)));
    }
    void store.parts.db.close();
    rmSync(from, { recursive: true, force: true });
  }

  /** The story is over. */
  close(): void {
    if (this.party) this.#plan.scheduler.end(this.party);
    void this.store?.parts.db.close();
  }
}

/** The database as it lies there, with its log. */
export function takeFiles(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of ['yaguts.db', 'yaguts.db-wal']) {
    if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name));
  }
}
