import { connect } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';
import { WebSocket } from 'ws';

/** A peer that says exactly these bytes, over TCP or WebSocket, and hears whole packets. */
export interface RawPeer {
  send(bytes: Uint8Array): void;
  /** The next packet, or undefined when the connection closes first. */
  next(): Promise<Packet | undefined>;
  /** Resolves with everything heard when the broker has closed. */
  closed: Promise<Packet[]>;
  destroy(): void;
  /** Stops reading for ever. */
  freeze(): void;
}

interface Wire {
  write(bytes: Uint8Array): void;
  destroy(): void;
  freeze(): void;
}

export async function rawTcp(port: number): Promise<RawPeer> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  const { peer, heard, over } = peerOf({
    write: (bytes) => socket.write(bytes),
    destroy: () => socket.destroy(),
    freeze: () => socket.pause(),
  });
  socket.on('data', heard);
  socket.on('error', () => {});
  socket.on('close', over);
  await new Promise((resolve) => socket.once('connect', resolve));
  return peer;
}

export async function rawWs(url: string): Promise<RawPeer> {
  const ws = new WebSocket(url, 'mqtt');
  const { peer, heard, over } = peerOf({
    write: (bytes) => {
      if (ws.readyState === ws.OPEN) ws.send(bytes);
    },
    destroy: () => ws.terminate(),
    freeze: () => ws.pause(),
  });
  ws.on('message', heard);
  ws.on('error', () => {});
  ws.on('close', over);
  await new Promise((resolve) => ws.once('open', resolve));
  return peer;
}

function peerOf(wire: Wire): { peer: RawPeer; heard: (bytes: Buffer) => void; over: () => void } {
  const reader = parser();
  const all: Packet[] = [];
  const ahead: Packet[] = [];
  const waiting: ((packet: Packet | undefined) => void)[] = [];
  let isOver = false;
  let over = (): void => {};
  const closed = new Promise<Packet[]>((resolve) => {
    over = () => {
      isOver = true;
      for (const take of waiting.splice(0)) take(undefined);
      resolve(all);
    };
  });
  reader.on('packet', (packet: Packet) => {
    all.push(packet);
    const take = waiting.shift();
    if (take) take(packet);
    else ahead.push(packet);
  });
  const peer: RawPeer = {
    send: (bytes) => wire.write(bytes),
    next: () => {
      const packet = ahead.shift();
      if (packet || isOver) return Promise.resolve(packet);
      return new Promise((resolve) => waiting.push(resolve));
    },
    closed,
    destroy: () => wire.destroy(),
    freeze: () => wire.freeze(),
  };
  return { peer, heard: (bytes) => void reader.parse(bytes), over };
}

/** A good CONNECT of the device demo/mao, with changes. */
export const connectPacket = (changes: Record<string, unknown> = {}): Buffer =>
  generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId: 'demo.mao',
    keepalive: 30,
    username: 'demo.mao',
    password: Buffer.from('mao'),
    ...changes,
  });

export const publishPacket = (
  topic: string,
  payload: string | Buffer,
  more: Record<string, unknown> = {},
): Buffer =>
  generate({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false, ...more } as never);

export const subscribePacket = (filters: readonly string[], qos: 0 | 1 | 2 = 1, messageId = 1): Buffer =>
  generate({
    cmd: 'subscribe',
    messageId,
    subscriptions: filters.map((topic) => ({ topic, qos })),
  });

export const pingPacket: Buffer = Buffer.from([0xc0, 0]);
