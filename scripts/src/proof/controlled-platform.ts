import {
  type Config,
  clientTransport,
  createPlatform,
  embeddedTransport,
  type InlineStore,
  type Log,
  offlineWill,
  openPepper,
  openStore,
  type Platform,
  type Store,
  serve,
} from '@yaguts/api';
import { createBroker } from '@yaguts/broker';
import { version } from '../compose.ts';
import { createNaiveSettle } from './naive-settle.ts';

/**
 * The platforms that must fail, each the product's own parts with one promise taken out by a wrapper around the
 * store. None of this is reachable from the product.
 *
 *   acks-first    answers before it commits; the commit comes only when the process is left alone
 *   naive         inserts without looking whether the entry is there: only the table's key is left
 *   normal        synchronous=NORMAL
 *   by-status     a job that has ended takes nothing more: "it was stored already"
 *   never-commits holds every entry back, unanswered: what a kill between reading and committing leaves
 */
export const platformControls = ['acks-first', 'naive', 'normal', 'by-status', 'never-commits'] as const;
export type PlatformControl = (typeof platformControls)[number];
export const isControl = (name: string): name is PlatformControl =>
  (platformControls as readonly string[]).includes(name);

/** How long an answer runs ahead of its commit: longer than the harness takes to kill. */
const lateMs = 60_000;

function break_(store: InlineStore, control: PlatformControl, config: Config): Store {
  switch (control) {
    case 'acks-first':
      return {
        ...store,
        async settleEntry(origin, entry) {
          setTimeout(() => void store.settleEntry(origin, entry), lateMs).unref();
          return { kind: 'repeat' };
        },
      };
    case 'naive':
      return { ...store, settleEntry: createNaiveSettle(config.dataDir) };
    case 'normal':
      clientOf(store).pragma('synchronous = NORMAL');
      return store;
    case 'by-status':
      return {
        ...store,
        async settleEntry(origin, entry) {
          const job = await store.jobState(origin.org, entry.job_id);
          const ended = job !== undefined && job.terminado_em !== null;
          return ended ? { kind: 'repeat' } : store.settleEntry(origin, entry);
        },
      };
    case 'never-commits':
      return { ...store, settleEntry: () => new Promise(() => {}) };
  }
}

/** The store's own connection: the setting is one of a connection, not of the file. */
function clientOf(store: InlineStore): { pragma(text: string): unknown } {
  return (store.parts.db.orm as unknown as { $client: { pragma(text: string): unknown } }).$client;
}

/** Joins the rooms as `compose` does, around a store with one promise less. */
export async function composeControl(control: PlatformControl, config: Config, log: Log) {
  const pepper = await openPepper(config.dataDir);
  const sound = await openStore({ dir: config.dataDir });
  const store = break_(sound, control, config);
  let platform: Platform | undefined;
  const broker =
    config.mqttUrl === null
      ? await createBroker({
          authenticate: (attempt) => platform?.authenticateMqtt(attempt),
          log: () => {},
          limits: {
            publishesPerDevice: { perSecond: config.deviceMessagesPerSecond, burst: config.deviceBurst },
            connectsPerAddress: { perSecond: config.connectsPerSecond, burst: config.connectsPerSecond },
            halfOpenPerAddress: config.halfOpenPerAddress,
          },
        })
      : undefined;
  const { instance } = store.installation;
  const transport = broker
    ? embeddedTransport(broker)
    : clientTransport({
        url: config.mqttUrl ?? '',
        instance,
        will: offlineWill(store, version),
        log: (event, fields) => log.info(event, fields),
      });
  platform = createPlatform({ config, version, store, transport, log, pepper });
  await platform.start();
  const mqtt = await broker?.listenTcp({ host: config.mqttHost, port: config.mqttPort ?? 0 });
  const http = await serve({
    fetch: platform.app.fetch as Parameters<typeof serve>[0]['fetch'],
    host: config.httpHost,
    port: config.httpPort,
  });
  return {
    platform,
    httpPort: http.port,
    mqttPort: mqtt?.port,
    async stop() {
      await http.close();
      await platform?.stop();
      await broker?.close();
      await sound.close();
    },
  };
}
