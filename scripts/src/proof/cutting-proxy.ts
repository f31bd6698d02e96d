import { createServer, connect as openSocket, type Socket } from 'node:net';
import type { Random } from './random.ts';
import { createWireTap, type WireEvents } from './wire-tap.ts';

/** A TCP proxy that cuts connections after a seeded number of bytes, in the middle of whatever passes. */
export interface CuttingProxy {
  readonly port: number;
  /** Where new connections go; undefined while the platform is away: they are cut at once. */
  target: number | undefined;
  /** While false nothing is cut and nothing is held. */
  cutting: boolean;
  /** While true nobody gets through; who is connected is cut. */
  isClosed: boolean;
  /** While true nothing reaches the devices; it is listened to all the same. */
  isDeaf: boolean;
  /** Packets for the device behind the next bytes: a device that believes something else is played here. */
  forge: Buffer[] | undefined;
  counters(): Readonly<ProxyCounters>;
  close(): Promise<void>;
}
export interface ProxyCounters {
  connections: number;
  /** Connections cut after the byte that chance named. */
  cuts: number;
  /** Connections that fell silent both ways for a while before they were cut. */
  silences: number;
  /** Bytes of both directions. */
  bytes: number;
}

/** What becomes of one connection. */
interface Fate {
  readonly direction: 'up' | 'down';
  readonly afterBytes: number;
  /** Milliseconds of silence before the cut; 0 cuts at once. */
  readonly silentMs: number;
}

/** From the first byte of CONNECT to the traffic of two jobs: every magnitude is equally likely. */
const maxCutBytes = 8_000;
const silenceShare = 0.1;
const maxSilenceMs = 1_500;
/** A connection out of twenty is left in peace. */
const peaceShare = 0.05;

export interface ProxyOptions {
  readonly random: Random;
  readonly events: WireEvents;
}

/** Opens the proxy on a free port of 127.0.0.1. */
export async function openCuttingProxy(options: ProxyOptions): Promise<CuttingProxy> {
  const { random } = options;
  const counters: ProxyCounters = { connections: 0, cuts: 0, silences: 0, bytes: 0 };
  const open = new Set<() => void>();
  let isClosed = false;

  function fateOf(): Fate | undefined {
    if (!proxy.cutting || random.chance(peaceShare)) return undefined;
    return {
      direction: random.pick(['up', 'down']),
      afterBytes: Math.ceil(Math.exp(random.next() * Math.log(maxCutBytes))),
      silentMs: random.chance(silenceShare) ? random.between(100, maxSilenceMs) : 0,
    };
  }

  function join(device: Socket): void {
    const { target } = proxy;
    if (target === undefined || isClosed) return void device.destroy();
    counters.connections++;
    const fate = fateOf();
    const platform = openSocket(target, '127.0.0.1');
    const tap = createWireTap(options.events);
    const end = (): void => {
      open.delete(end);
      device.destroy();
      platform.destroy();
    };
    open.add(end);
    device.setNoDelay(true);
    platform.setNoDelay(true);
    let left = fate?.afterBytes ?? 0;
    const pass = (direction: 'up' | 'down', from: Socket, to: Socket) => (chunk: Buffer) => {
      counters.bytes += chunk.length;
      // What was read has been said: an ack that is cut on its way to the device was still given.
      tap[direction](chunk);
      if (direction === 'down' && proxy.isDeaf) return;
      const cutsHere = fate?.direction === direction && proxy.cutting;
      const passing = cutsHere ? chunk.subarray(0, left) : chunk;
      left -= cutsHere ? passing.length : 0;
      if (!to.write(passing)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
      // Loopback hands a PUBACK over whole, so what is added here stands between two packets.
      for (const forged of proxy.forge?.splice(0) ?? []) device.write(forged);
      if (!cutsHere || left > 0) return;
      counters.cuts++;
      if (fate.silentMs === 0) return end();
      counters.silences++;
      device.pause();
      platform.pause();
      setTimeout(end, fate.silentMs);
    };
    device.on('data', pass('up', device, platform));
    platform.on('data', pass('down', platform, device));
    for (const socket of [device, platform]) {
      socket.on('error', () => {});
      socket.on('close', end);
    }
  }

  const server = createServer(join);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const proxy: CuttingProxy = {
    port: (server.address() as { port: number }).port,
    target: undefined,
    cutting: false,
    isDeaf: false,
    forge: undefined,
    get isClosed() {
      return isClosed;
    },
    set isClosed(value) {
      isClosed = value;
      if (value) for (const end of [...open]) end();
    },
    counters: () => counters,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const end of [...open]) end();
      }),
  };
  return proxy;
}
