import { openBareDevice } from '../bare-device.ts';
import { benchOrg } from '../bench-kitchen.ts';
import type { LoadDevice, LoadEvents } from '../load.ts';
import { type LoadFigures, runLoad } from '../run-load.ts';
import { openWireClient } from '../wire-client.ts';
import type { Contender, Start } from './contenders.ts';
import { openFanOut } from './fan-out-device.ts';
import { wsSocket } from './ws-socket.ts';

/** One kind of load, the same for every broker. */
export interface Load {
  readonly entries: number;
  readonly window: number;
  readonly connect: (at: Contender, events: LoadEvents) => Promise<readonly LoadDevice[]>;
}

/** What a broker came to: its best rate and its least CPU per message of all rounds. */
export interface Standing {
  readonly perSecond: number;
  /** CPU of the broker's process, µs per message. */
  readonly cpuUs: number;
}

/**
 * Puts the same load on several brokers in turn, so many rounds, each time a fresh process: what else the
 * machine does at the time then hits none of them alone.
 */
export async function compare<Name extends string>(
  load: Load,
  contenders: Readonly<Record<Name, Start>>,
  rounds: number,
): Promise<Record<Name, Standing>> {
  const best = {} as Record<Name, Standing>;
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(contenders) as Name[]) {
      const { perSecond, cores } = await runOnce(load, contenders[name]);
      const cpuUs = (cores / perSecond) * 1_000_000;
      const so = best[name] ?? { perSecond, cpuUs };
      best[name] = {
        perSecond: Math.max(so.perSecond, perSecond),
        cpuUs: Math.min(so.cpuUs, cpuUs),
      };
    }
  }
  return best;
}

async function runOnce({ entries, window, connect }: Load, start: Start): Promise<LoadFigures> {
  const broker = await start();
  try {
    const usage = () => broker.usage();
    return await runLoad({ entries, window, usage, connect: (events) => connect(broker, events) });
  } finally {
    await broker.stop();
  }
}

/** Retained messages with QoS 1, no one listening, from devices with so many unacknowledged each. */
export function retainedLoad(devices: number, each: number, isOverWebSocket = false): Load {
  return {
    entries: devices * each,
    window: 32,
    connect: ({ port, wsPort }, events) =>
      Promise.all(
        Array.from({ length: devices }, (_, i) => {
          const at = { port, org: benchOrg, device: `d-${i + 1}`, password: '-' };
          return openBareDevice(isOverWebSocket ? { ...at, socket: wsSocket(wsPort) } : at, each, events);
        }),
      ),
  };
}

/** Connections that come, are let in and go, so many at a time. Entries are CONNACKs. */
export function connectLoad(connects: number, atOnce = 32): Load {
  return {
    entries: connects,
    window: atOnce,
    connect: async ({ port }, events) => [connector(port, connects, events)],
  };
}

function connector(port: number, connects: number, events: LoadEvents): LoadDevice {
  let count = 0;
  function sendOne(): boolean {
    if (count === connects) return false;
    const clientId = `${benchOrg}.d-${++count}`;
    const at = performance.now();
    openWireClient({ port, clientId, password: '-', filters: [], onLost: events.failed }).then((client) => {
      client.close();
      events.acked(performance.now() - at);
      sendOne();
    }, events.failed);
    return true;
  }
  return {
    sendOne,
    open(atOnce) {
      for (let i = 0; i < atOnce; i++) sendOne();
    },
    close: () => {},
  };
}

/** One device heard by so many people. Entries are arrivals. */
export function fanOutLoad(listeners: number, messages: number, isOverWebSocket = false): Load {
  return {
    entries: listeners * messages,
    window: 8,
    connect: async ({ port, wsPort }, events) => [
      await openFanOut(port, listeners, messages, events, () =>
        isOverWebSocket ? wsSocket(wsPort) : undefined,
      ),
    ],
  };
}
