import { connect, type Socket } from 'node:net';
import { topic, topicFilter } from '@yaguts/shared';
import { benchOrg } from '../bench-kitchen.ts';
import { connectPacket, publishPacket, subscribePacket } from '../mqtt-wire.ts';
import { wsSocket } from './ws-socket.ts';

/** Where an attack goes. */
export interface Victim {
  readonly port: number;
  readonly wsPort: number;
}
/** Starts an attack; what it returns ends it. */
type Attack = (victim: Victim) => () => void;

const own = { org: benchOrg, device: 'x-1' };
const logIn = (clientId: string): Buffer => connectPacket({ clientId, password: '-', keepaliveS: 300 });
const asDevice = (): Buffer => logIn(`${own.org}.${own.device}`);
const asTab = (n: number): Buffer => logIn(`u.bench.tab-${n}`);
const entryTopic = topic('jobLog', { ...own, job_id: 1, item_ordem: 1 });

/** The hostile cases of the bench, by name: each does its worst for as long as it is left running. */
export const attacks = {
  'unfinished CONNECTs of 256 MiB': held(200, (socket) => {
    socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
    flood(socket, Buffer.alloc(64 * 1_024));
  }),
  'slow loris: CONNECT byte by byte': held(200, (socket) => {
    const bytes = asDevice();
    let at = 0;
    const drip = setInterval(() => socket.write(bytes.subarray(at++, at)), 400);
    socket.on('close', () => clearInterval(drip));
  }),
  'connections that say nothing': held(500, () => {}),
  'bytes that are no MQTT': held(50, (socket) => socket.write(Buffer.alloc(16_384, 0xf7))),
  'CONNECT and away, again and again': held(50, (socket) => {
    socket.write(asDevice());
    socket.end();
  }),
  'a device that publishes without end': loggedIn(1, asDevice, (socket) =>
    flood(socket, repeat(publishPacket(1, entryTopic, '{}', true), 2_000)),
  ),
  'a device that publishes 60 KiB without end': loggedIn(1, asDevice, (socket) =>
    flood(socket, publishPacket(1, entryTopic, 'x'.repeat(60_000), true)),
  ),
  'subscribers that never read': loggedIn(20, asTab, (socket) => {
    socket.write(subscribePacket(1, [topicFilter('jobLog', { org: benchOrg })]));
    socket.pause();
  }),
  'a topic of 32,000 levels': loggedIn(20, asDevice, (socket) =>
    socket.write(publishPacket(1, 'a/'.repeat(32_000), '', false)),
  ),
  'SUBSCRIBE with 1,000 filters': loggedIn(5, asTab, (socket) => flood(socket, subscribeTo(1_000))),
  'SUBSCRIBE with 200 filters, without end': loggedIn(5, asTab, (socket) => flood(socket, subscribeTo(200))),
  'SUBSCRIBE with one filter, without end': loggedIn(5, asTab, (socket) =>
    flood(socket, repeat(subscribeTo(1), 500)),
  ),
  'WebSocket floods': (victim) => {
    const sockets = Array.from({ length: 5 }, () =>
      wsSocket(victim.wsPort)
        .on('error', () => {})
        .resume(),
    );
    const timer = setInterval(() => {
      for (const socket of sockets) if (!socket.destroyed) socket.write(Buffer.alloc(60_000, 0x30));
    }, 10);
    return () => {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
    };
  },
} satisfies Readonly<Record<string, Attack>>;

export type AttackName = keyof typeof attacks;

/** So many connections; one that the broker closes is opened again at once. */
function held(count: number, begin: (socket: Socket, n: number) => void): Attack {
  return ({ port }) => {
    const sockets = new Set<Socket>();
    let isOver = false;
    function open(n: number): void {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      sockets.add(socket);
      socket.on('connect', () => begin(socket, n));
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        // At once would be as fast as this process can, which is a load of its own on two cores.
        if (!isOver) setTimeout(open, 20, n);
      });
      socket.resume();
    }
    for (let n = 0; n < count; n++) open(n);
    return () => {
      isOver = true;
      for (const socket of sockets) socket.destroy();
    };
  };
}

/** The same, from the CONNACK on. */
function loggedIn(count: number, connectOf: (n: number) => Buffer, begin: (socket: Socket) => void): Attack {
  return held(count, (socket, n) => {
    socket.write(connectOf(n));
    socket.once('data', () => begin(socket));
  });
}

/** Writes as fast as the other side takes it. */
function flood(socket: Socket, bytes: Buffer): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on('drain', more);
  more();
}

const subscribeTo = (count: number): Buffer =>
  subscribePacket(
    1,
    Array.from({ length: count }, (_, n) => `yaguts/v1/${benchOrg}/events/t${n}`),
  );

const repeat = (bytes: Buffer, times: number): Buffer =>
  Buffer.concat(Array.from({ length: times }, () => bytes));
