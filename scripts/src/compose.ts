import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import {
  type Config,
  clientTransport,
  createPlatform,
  createSealer,
  embeddedTransport,
  type Log,
  listenError,
  offlineWill,
  openPepper,
  openThreadedStore,
  type Platform,
  type PlatformOptions,
  type Simulate,
  type Store,
  serve,
  serverSecret,
  type Transport,
} from '@yaguts/api';
import { type Broker, createBroker } from '@yaguts/broker';
import { root } from './root.ts';

/** The version of the whole platform: that of the root package. */
export const version: string = (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
).version;

export interface ComposeOptions {
  readonly config: Config;
  readonly log: Log;
  /** Build output of the web; left out, pages answer 404. */
  readonly webDir?: string;
  readonly simulate?: (running: RunningPlatform) => Simulate;
  readonly brokerLimits?: NonNullable<Parameters<typeof createBroker>[0]['limits']>;
  /** How the store is opened: on threads of its own, unless somebody wants to see its statements. */
  readonly openStore?: typeof openThreadedStore;
  /** Held by tests: time, chance, the cost of a password. */
  readonly held?: Partial<Pick<PlatformOptions, 'now' | 'random' | 'every' | 'passwords'>>;
}

export interface RunningPlatform {
  readonly platform: Platform;
  readonly store: Store;
  /** Undefined with an external broker. */
  readonly broker: Broker | undefined;
  /** Where a person on this machine opens the page. */
  readonly origin: string;
  readonly httpPort: number;
  /** Undefined when plain MQTT is closed or the broker is external. */
  readonly mqttPort: number | undefined;
  readonly mqttsPort: number | undefined;
  /** Closes everything in reverse. */
  stop(): Promise<void>;
}

/**
 * Joins the rooms: store, broker (or the way to an external one), platform, ports. What was opened is closed
 * again when a later step fails.
 *
 * @throws AppError "unavailable" for a port that cannot be opened or a data folder in use; what openThreadedStore and
 *         openPepper throw
 */
export async function compose(options: ComposeOptions): Promise<RunningPlatform> {
  const { config, log } = options;
  const closers: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const pepper = await openPepper(config.dataDir);
    const tls = readCertificate(config);
    const store = await (options.openStore ?? openThreadedStore)({
      dir: config.dataDir,
      ...(options.held?.now && { now: options.held.now }),
    });
    closers.push(() => store.close());
    // HTTP stops taking requests first and is awaited last: its sockets that became MQTT over WebSocket are the
    // broker's, which closes them only after it has said goodbye on them.
    let httpClosed: Promise<void> = Promise.resolve();
    closers.push(() => httpClosed);

    let platform: Platform | undefined;
    const { transport, broker } = await openTransport(options, store, pepper, () => platform);
    if (broker) closers.push(() => broker.close());

    let running: RunningPlatform | undefined;
    const simulate: Simulate = (org, input) => {
      if (!running || !options.simulate) throw new Error('the platform is still starting');
      return options.simulate(running)(org, input);
    };
    platform = createPlatform({
      config,
      version,
      store,
      transport,
      log,
      pepper,
      webDir: options.webDir,
      simulate: options.simulate && simulate,
      ...(broker && { brokerCounters: () => broker.counters() }),
      ...options.held,
    });
    // Retained topics are published before the first port opens: nobody sees a broker that has forgotten.
    await platform.start();
    const started = platform;
    closers.push(() => started.stop());

    const mqtt = await openPort(config.mqttPort, (port) =>
      broker?.listenTcp({ host: config.mqttHost, port }),
    );
    const mqtts = await openPort(
      tls ? config.mqttsPort : null,
      (port) => tls && broker?.listenTls({ host: config.mqttHost, port, ...tls }),
    );
    const http = await serve({
      fetch: platform.app.fetch as Parameters<typeof serve>[0]['fetch'],
      host: config.httpHost,
      port: config.httpPort,
      tls,
      ...(broker && { onUpgrade: (request, socket, head) => broker.handleUpgrade(request, socket, head) }),
    });
    closers.push(async () => {
      httpClosed = http.close();
    });

    const host = ['0.0.0.0', '::', ''].includes(config.httpHost) ? 'localhost' : config.httpHost;
    running = {
      platform,
      store,
      broker,
      origin: config.publicOrigin ?? `${tls ? 'https' : 'http'}://${host}:${http.port}`,
      httpPort: http.port,
      mqttPort: mqtt,
      mqttsPort: mqtts,
      stop,
    };
    return running;
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}

async function openTransport(
  { config, log, brokerLimits }: ComposeOptions,
  store: Store,
  pepper: Buffer,
  platform: () => Platform | undefined,
): Promise<{ transport: Transport; broker: Broker | undefined }> {
  if (config.mqttUrl !== null) {
    const { instance } = store.installation;
    const transport = clientTransport({
      url: config.mqttUrl,
      instance,
      username: config.mqttUser ?? `_server.${instance}`,
      password: config.mqttPassword ?? serverSecret({ sealer: createSealer(pepper) }, instance),
      will: offlineWill(store, version),
      log,
    });
    return { transport, broker: undefined };
  }
  const broker = await createBroker({
    authenticate: (attempt) => platform()?.authenticateMqtt(attempt),
    log: (event, fields) => log.info(event, fields),
    limits: {
      publishesPerDevice: { perSecond: config.deviceMessagesPerSecond, burst: config.deviceBurst },
      connectsPerAddress: { perSecond: config.connectsPerSecond, burst: config.connectsPerSecond },
      halfOpenPerAddress: config.halfOpenPerAddress,
      ...brokerLimits,
    },
    allowedOrigins: [...config.allowedOrigins, ...(config.publicOrigin ? [config.publicOrigin] : [])],
    addressOf: (request) => addressBehindProxy(request, config.trustedProxies),
  });
  return { transport: embeddedTransport(broker), broker };
}

/** The port that was opened; undefined for one that is closed by configuration. */
async function openPort(
  port: number | null,
  listen: (port: number) => Promise<{ port: number }> | undefined,
): Promise<number | undefined> {
  if (port === null) return undefined;
  try {
    return (await listen(port))?.port;
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, port);
  }
}

/** The client's address: the socket's, or the nearest one reported by proxies that are trusted. */
function addressBehindProxy(request: IncomingMessage, trusted: readonly string[]): string {
  const plain = (address: string): string => address.replace(/^::ffff:/, '');
  const socket = plain(request.socket.remoteAddress ?? '');
  const reported = String(request.headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((part) => plain(part.trim()));
  let address = socket;
  while (trusted.includes(address) && reported.length > 0) address = reported.pop() || address;
  return address;
}

function readCertificate(config: Config): { cert: string; key: string } | undefined {
  if (config.tlsCert === null || config.tlsKey === null) return undefined;
  try {
    return { cert: readFileSync(config.tlsCert, 'utf8'), key: readFileSync(config.tlsKey, 'utf8') };
  } catch (cause) {
    throw new Error(
      `The certificate cannot be read: ${(cause as Error).message}. See YAGUTS_TLS_CERT and YAGUTS_TLS_KEY.`,
    );
  }
}
