import { randomBytes } from 'node:crypto';
import { limits, type Principal, topicRoot } from '@yaguts/shared';
import type { Hono } from 'hono';
import { type BackupSchedule, createBackupSchedule } from './backup-schedule.ts';
import type { Config } from './config.ts';
import { applyRetention } from './flows/apply-retention.ts';
import { authenticateMqtt, type MqttAttempt } from './flows/authenticate-mqtt.ts';
import { handleClaim } from './flows/claim-device.ts';
import { createClearing } from './flows/clearing.ts';
import { minFreeBytes } from './flows/create-job.ts';
import { createHandleInbound } from './flows/handle-inbound.ts';
import { runHousekeeping } from './flows/housekeeping.ts';
import type { IdentityDeps } from './flows/identity-deps.ts';
import { createEventKeeper, sweepEvents } from './flows/keep-events.ts';
import { clearArchives } from './flows/move-org.ts';
import { publishBadges } from './flows/publish-badge.ts';
import { republish, sweepEndedJobs } from './flows/republish.ts';
import { createNotify, createPublish } from './flows/speak.ts';
import { sweepIdentity } from './flows/sweep-identity.ts';
import { createApp } from './http/create-app.ts';
import type { ConnectionStats, HttpDeps, Readiness, Simulate } from './http/deps.ts';
import type { Env } from './http/env.ts';
import { createPasswordHasher, type PasswordHasher } from './identity/password.ts';
import { createRates } from './identity/rates.ts';
import { createSealer, createVault } from './identity/sealer.ts';
import type { Log } from './log.ts';
import type { Store } from './store/store.ts';
import { type Every, realTimers } from './timers.ts';
import type { Transport } from './transport/transport.ts';

export interface PlatformOptions {
  readonly config: Config;
  readonly version: string;
  readonly store: Store;
  readonly transport: Transport;
  readonly log: Log;
  /** 32 random bytes kept outside the database (see openPepper). */
  readonly pepper: Buffer;
  /** Build output of the web; without it pages answer 404. */
  readonly webDir?: string | undefined;
  readonly simulate?: Simulate | undefined;
  /** Counters of the broker, for /metrics. */
  readonly brokerCounters?: (() => Readonly<Record<string, number>>) | undefined;
  /** Time, chance and the cost of passwords; real ones by default. */
  readonly now?: () => number;
  readonly random?: (bytes: number) => Buffer;
  readonly every?: Every;
  readonly passwords?: PasswordHasher;
}

export interface Platform {
  readonly app: Hono<Env>;
  /** What flows are given: for the composition, which makes the first-run code or the demo's login link. */
  readonly deps: IdentityDeps;
  /** Who a CONNECT comes from; to be given to the embedded broker. */
  authenticateMqtt(attempt: MqttAttempt): Promise<Principal | undefined>;
  /** Publishes what the database holds, then takes messages and keeps time. */
  start(): Promise<void>;
  /** Says goodbye and stops; the store and the broker are closed by whoever opened them. */
  stop(): Promise<void>;
}

const second = 1_000;
const minute = 60 * second;
const mebibyte = 1_048_576;
const walAlarmBytes = 64 * mebibyte;
/** A commit that takes longer is none: so long a device's report waits for its own. */
const proofMs = 5 * second;

/** Wires store, transport, flows and HTTP. Opens nothing and reads no environment. */
export function createPlatform(options: PlatformOptions): Platform {
  const { config, version, store, transport, log, pepper } = options;
  const now = options.now ?? Date.now;
  const random = options.random ?? randomBytes;
  const every = options.every ?? realTimers(log.error);
  const publish = createPublish((name, payload, how) => transport.publish(name, payload, how), log.error);
  const deps: IdentityDeps = {
    store,
    publish,
    notify: createNotify({ publish, now, random, keep: (event) => keeper.keep(event) }),
    disconnect: (match) => transport.disconnect(match),
    clients: () => transport.clients(),
    now,
    random,
    log,
    rates: createRates(config.requestsPerMinute, now),
    config: { version, development: config.development },
    passwords: options.passwords ?? createPasswordHasher(),
    sealer: createSealer(pepper),
    sessionLife: {
      idleMs: config.sessionIdleHours * 60 * minute,
      absoluteMs: config.sessionHours * 60 * minute,
    },
  };
  const keeper = createEventKeeper(deps, async (events) => {
    for (const org of new Set(events.map((event) => event.org_id))) await publishBadges(deps, org);
  });
  const backups = createBackupSchedule({ store, minutes: config.backupMinutes, now, log });
  const clear = (name: string): void => transport.publish(name, '', { qos: 1, retain: true });
  const clearing = createClearing(clear);
  const handleInbound = createHandleInbound(deps, clearing);
  const http: HttpDeps = {
    ...deps,
    log,
    settings: config,
    vault: createVault(pepper),
    stats: () => statsOf(transport),
    ready: () => readiness(store, transport, backups, now),
    storage: async () => {
      const age = backups.ageMs();
      return { ...(await store.storage()), ...(age !== undefined && { backupAgeMs: age }) };
    },
    flushEvents: keeper.flush,
    counters: () => ({ ...options.brokerCounters?.(), ...prefixed('commit_', store.commitCounters()) }),
    ...(options.webDir !== undefined && { webDir: options.webDir }),
    ...(options.simulate !== undefined && { simulate: options.simulate }),
  };
  const stops: (() => void)[] = [];
  let isStopping = false;
  let sweptUntil = 0;

  transport.setInbound((message) => {
    const { match } = message;
    return match.key === 'provisionRequest'
      ? handleClaim(deps, { ...message, match })
      : handleInbound(message);
  });
  transport.onRouted(clearing.routed);
  transport.onReady(() => void refresh().catch((error) => log.error('republish_failed', { error })));
  store.watch((news) => {
    const { event, ...about } = news;
    log.error(event === 'late' ? 'commit_late' : `store_thread_${event}`, about);
    // What was committed meanwhile was told to nobody, and an import ended with its writer.
    if (event !== 'ended') void recover().catch((error) => log.error('republish_failed', { error }));
  });
  transport.onSubscribed((principal) => void welcome(deps, principal));

  async function recover(): Promise<void> {
    await dropHalfImports();
    await refresh();
  }

  async function dropHalfImports(): Promise<void> {
    for (const org of await store.dropHalfImports()) log('half_import_dropped', { org });
  }

  /** The broker may have forgotten everything, or remember what is no more. */
  async function refresh(): Promise<void> {
    const retained = await transport.retainedTopics();
    if (isStopping) return;
    sweptUntil = now() - limits.retainedJobMs;
    await republish(deps, retained, clear);
  }

  return {
    app: createApp(http),
    deps,
    authenticateMqtt: (attempt) => authenticateMqtt(deps, attempt),

    async start() {
      await dropHalfImports();
      clearArchives({ dir: config.dataDir });
      await store.forgetPresences(now());
      await backups.look();
      await transport.start();
      stops.push(
        every(2 * second, () => runHousekeeping(deps)),
        every(minute, () => sweepIdentity(deps)),
        every(10 * minute, async () => {
          sweptUntil = await sweepEndedJobs(deps, sweptUntil);
        }),
        every(60 * minute, () => sweepEvents(deps)),
        every(60 * minute, () => applyRetention(deps)),
        every(minute, () => backups.tick()),
        every(minute, () => watchWal(store, log)),
        every(60 * minute, async () => {
          // The copy of a backup holds a snapshot, and a checkpoint would wait for it.
          await backups.idle();
          await store.checkpoint();
        }),
      );
      log('platform_started', { version, epoch: store.installation.epoch });
    },

    async stop() {
      if (isStopping) return;
      isStopping = true;
      for (const stop of stops.splice(0)) stop();
      await backups.stop();
      await keeper.flush();
      publish('serverState', {}, { state: 'offline', version, epoch: store.installation.epoch });
      await transport.stop();
      log('platform_stopped');
    },
  };
}

/** The api's will: what everyone reads when it is gone without a goodbye. */
export function offlineWill(store: Store, version: string): { topic: string; payload: string } {
  const state = { state: 'offline', version, epoch: store.installation.epoch };
  return { topic: `${topicRoot}/_server/state`, payload: JSON.stringify(state) };
}

/** A person who has subscribed to their own events is greeted: from now on nothing is missed. */
async function welcome(deps: IdentityDeps, principal: Principal): Promise<void> {
  if (principal.kind !== 'user') return;
  const { org, user } = principal;
  deps.notify(org, 'connected', { org, user, version: deps.config.version, now: deps.now() }, user);
  await publishBadges(deps, org, user).catch((error) => deps.log('badges_failed', { org, error }));
}

/** People only: devices and the platform itself are no clients of a page. */
function statsOf(transport: Transport): ConnectionStats {
  const clientsByOrg: Record<string, number> = {};
  let totalClients = 0;
  for (const { principal } of transport.clients()) {
    if (principal.kind !== 'user') continue;
    totalClients++;
    clientsByOrg[principal.org] = (clientsByOrg[principal.org] ?? 0) + 1;
  }
  return { totalClients, organizationsConnected: Object.keys(clientsByOrg).length, clientsByOrg };
}

/** Only what keeps reports from being stored makes it not ready; the other lines are for whoever looks. */
async function readiness(
  store: Store,
  transport: Transport,
  backups: BackupSchedule,
  now: () => number,
): Promise<Readiness> {
  const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));
  const [refusal, damage, storage] = await Promise.all([
    inTime(store.proveCommit(now())).then(
      () => undefined,
      (error: unknown) => `cannot commit: ${said(error)}`,
    ),
    inTime(store.damage()).then(
      (met) => met && `damaged: ${met}; restore a backup`,
      (error: unknown) => `cannot read: ${said(error)}`,
    ),
    store.storage(),
  ]);
  const database = refusal ?? damage ?? 'ok';
  const broker = transport.isReady() ? 'ok' : 'not connected';
  const mib = (bytes: number): number => Math.floor(bytes / mebibyte);
  const checks = {
    database,
    broker,
    disk:
      storage.freeBytes >= minFreeBytes ? 'ok' : `low: ${mib(storage.freeBytes)} MiB free, no new jobs taken`,
    wal:
      storage.walBytes <= walAlarmBytes
        ? 'ok'
        : `large: ${mib(storage.walBytes)} MiB, checkpoints do not end`,
    backup: backups.line(),
  };
  return { ok: database === 'ok' && broker === 'ok', checks };
}

/** Fails when there is no answer within {@link proofMs}: the thread that was asked may hang in the disk. */
async function inTime<T>(asked: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${proofMs / second} s`)), proofMs);
  });
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

/** A write-ahead log this large means that checkpoints fail or that somebody holds a snapshot. */
async function watchWal(store: Store, log: Log): Promise<void> {
  const { walBytes } = await store.storage();
  if (walBytes <= walAlarmBytes) return;
  log.warn('wal_large', { walBytes });
  await store.checkpoint();
}

const prefixed = (prefix: string, counters: object): Record<string, number> =>
  Object.fromEntries(Object.entries(counters).map(([name, value]) => [prefix + name, value as number]));
