import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { topic } from '@yaguts/shared';
import { benchOrg } from '../bench-kitchen.ts';
import { openWireClient, type WireClient, type WireClientOptions } from '../wire-client.ts';
import { type Contender, startOursCommitting } from './contenders.ts';

/** Connections opened at the same time; more would only wait in the backlog. */
const atOnce = 200;

/** Opens many connections of devices, so many at once. */
async function openMany(
  count: number,
  open: (n: number) => Promise<WireClient>,
): Promise<readonly WireClient[]> {
  const clients: WireClient[] = [];
  let next = 0;
  const take = async (): Promise<void> => {
    while (next < count) clients.push(await open(next++));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, take));
  return clients;
}

const credentialsOf = (n: number): Pick<WireClientOptions, 'clientId' | 'password' | 'filters'> => ({
  clientId: `${benchOrg}.d-${n}`,
  password: '-',
  filters: [],
});

/**
 * Memory that one idle connection takes of a broker's process, bytes; the first tenth is not counted, for it
 * also fills pools.
 */
export async function idleBytes(
  start: (options: { tls?: { key: string; cert: string } }) => Promise<Contender>,
  connections: number,
  tls?: { key: string; cert: string },
): Promise<number> {
  const broker = await start(tls ? { tls } : {});
  try {
    let lost: Error | undefined;
    const open = (n: number): Promise<WireClient> => {
      const { port, tlsPort } = broker;
      const socket = tls && connectTls({ port: tlsPort, host: '127.0.0.1', rejectUnauthorized: false });
      const onLost = (error: Error): void => void (lost ??= error);
      return openWireClient({ port, ...credentialsOf(n), ...(socket && { socket }), onLost });
    };
    const resident = async (): Promise<number> => (await broker.child?.ask('residentMib', null)) ?? 0;
    const warm = Math.ceil(connections / 10);
    const first = await openMany(warm, open);
    const before = await resident();
    const rest = await openMany(connections - warm, (n) => open(warm + n));
    const after = await resident();
    if (lost) throw lost;
    for (const client of [...first, ...rest]) client.close();
    return ((after - before) * 1_048_576) / (connections - warm);
  } finally {
    await broker.stop();
  }
}

/** A certificate of one day for the loopback; undefined without openssl. */
export function passingCertificate(): { key: string; cert: string } | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'yaguts-bench-tls-'));
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  try {
    const about = ['-days', '1', '-subj', '/CN=localhost', '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', '-nodes', ...curve, ...about], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } catch {
    return undefined;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export interface Storm {
  readonly reconnected: number;
  readonly lost: number;
  /** From the cut to the last PUBACK. */
  readonly seconds: number;
}

/**
 * Devices that lose their connections all at once, each with an entry that is not acknowledged, and all come
 * back at once: every entry is sent until its PUBACK. Lost is what the database then lacks.
 */
export async function reconnectStorm(connections: number): Promise<Storm> {
  const broker = await startOursCommitting();
  try {
    const devices = Array.from({ length: connections }, (_, n) => stormDevice(broker.port, n));
    await openMany(connections, async (n) => {
      const device = devices[n] as StormDevice;
      await device.connect();
      return device.client();
    });
    await Promise.all(devices.map((device) => device.send()));
    const startedAt = performance.now();
    // The second entry is on its way when the connection goes.
    for (const device of devices) device.sendAndCut();
    const late = rejected(AbortSignal.timeout(stormMs));
    const results = await Promise.allSettled(
      devices.map((device) => Promise.race([device.comeBack(), late])),
    );
    const seconds = (performance.now() - startedAt) / 1_000;
    const kept = (await broker.child?.ask('kept', null)) ?? 0;
    for (const device of devices) device.client().close();
    const reconnected = results.filter(({ status }) => status === 'fulfilled').length;
    return { reconnected, lost: 2 * connections - kept, seconds };
  } finally {
    await broker.stop();
  }
}

/** Who is not back by then is not counted. */
const stormMs = 120_000;

const rejected = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

interface StormDevice {
  connect(): Promise<void>;
  client(): WireClient;
  /** Sends the first entry; resolves with its PUBACK. */
  send(): Promise<void>;
  sendAndCut(): void;
  /** Connects again and sends the second entry; resolves with its PUBACK. */
  comeBack(): Promise<void>;
}

function stormDevice(port: number, n: number): StormDevice {
  let client: WireClient | undefined;
  let acked = (): void => {};
  const entry = (item_ordem: number): number | undefined =>
    client?.publish(topic('jobLog', { org: benchOrg, device: `d-${n}`, job_id: 1, item_ordem }), '{}', true);
  const connect = async (): Promise<void> => {
    const onPuback = (): void => acked();
    client = await openWireClient({ port, ...credentialsOf(n), onPuback, onLost: () => {} });
  };
  const ackOf = (item: number): Promise<void> =>
    new Promise((resolve) => {
      acked = resolve;
      entry(item);
    });
  return {
    connect,
    client: () => client as WireClient,
    send: () => ackOf(1),
    sendAndCut() {
      entry(2);
      client?.close();
    },
    async comeBack() {
      await connect();
      await ackOf(2);
    },
  };
}
