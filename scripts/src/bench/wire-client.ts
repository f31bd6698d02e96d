import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  connectPacket,
  createPacketReader,
  packetTypes,
  pubackPacket,
  publishPacket,
  readPublish,
  subscribePacket,
} from './mqtt-wire.ts';

/** One MQTT connection of the load generator. */
export interface WireClient {
  /** Queues a PUBLISH with QoS 1; answers its packet id. What one turn queues goes out in one write. */
  publish(topic: string, payload: string, retain: boolean): number;
  close(): void;
}

export interface WireClientOptions {
  readonly port: number;
  readonly clientId: string;
  readonly password: string;
  readonly filters: readonly string[];
  /** Something else than plain TCP to the port. */
  readonly socket?: Duplex;
  readonly onMessage?: (topic: string, payload: Buffer) => void;
  readonly onPuback?: (id: number) => void;
  /** The connection ended without being closed from here. */
  readonly onLost: (error: Error) => void;
}

/** Connects and subscribes; rejects when either is refused. */
export function openWireClient(options: WireClientOptions): Promise<WireClient> {
  const socket = options.socket ?? connect({ port: options.port, host: '127.0.0.1', noDelay: true });
  let queue: Buffer[] = [];
  let nextId = 0;
  let isClosed = false;

  function send(packet: Buffer): void {
    if (queue.push(packet) > 1) return;
    setImmediate(() => {
      socket.write(queue.length === 1 ? (queue[0] as Buffer) : Buffer.concat(queue));
      queue = [];
    });
  }
  const takeId = (): number => {
    nextId = (nextId % 65_535) + 1;
    return nextId;
  };
  const client: WireClient = {
    publish(topic, payload, retain) {
      const id = takeId();
      send(publishPacket(id, topic, payload, retain));
      return id;
    },
    close() {
      isClosed = true;
      socket.destroy();
    },
  };

  return new Promise((resolve, reject) => {
    const { clientId, password, filters } = options;
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
      if (!isClosed) options.onLost(error);
      isClosed = true;
    };
    const read = createPacketReader((type, flags, body) => {
      switch (type) {
        case packetTypes.connack:
          if (body[1] !== 0) fail(new Error(`${clientId} refused with CONNACK ${body[1]}`));
          else if (filters.length > 0) send(subscribePacket(takeId(), filters));
          else resolve(client);
          break;
        case packetTypes.suback:
          if (body.subarray(2).includes(0x80)) fail(new Error(`${clientId}: a filter was refused`));
          else resolve(client);
          break;
        case packetTypes.puback:
          options.onPuback?.(body.readUInt16BE(0));
          break;
        case packetTypes.publish: {
          const { topic, payload, id } = readPublish(flags, body);
          if (id > 0) send(pubackPacket(id));
          options.onMessage?.(topic, payload);
        }
      }
    });
    socket.on('data', read);
    socket.on('error', fail);
    socket.on('close', () => fail(new Error(`${clientId}: the broker closed the connection`)));
    send(connectPacket({ clientId, password, keepaliveS: 300 }));
  });
}
