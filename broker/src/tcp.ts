import type { AddressInfo, Server, Socket } from 'node:net';
import { Gate } from './gate.ts';

type GatedSocket = Socket & { gate: Gate };

/** Every chunk that libuv reads arrives by `push`: here it meets the gate first. */
function pushThroughGate(this: GatedSocket, chunk: Buffer | null): boolean {
  return this.gate.take(chunk);
}

/**
 * Puts a gate before a TCP or TLS socket and lets more bytes wait for sending than for reading.
 *
 * @param writeBuffer bytes that may wait before a write reports back-pressure
 */
export function gateSocket(socket: Socket, writeBuffer: number): Gate {
  const gated = socket as GatedSocket;
  gated.gate = new Gate(socket);
  gated.push = pushThroughGate;
  // There is no option that sets this side alone: the server's highWaterMark would also let a client that
  // has not even logged in park as much in the read buffer.
  const writable = (socket as unknown as { _writableState: { highWaterMark: number } })._writableState;
  writable.highWaterMark = writeBuffer;
  return gated.gate;
}

/** Listens and resolves with the port; rejects when the address cannot be had. */
export function listening(server: Server, host: string, port: number): Promise<{ port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 1_024 }, () => {
      server.removeListener('error', reject);
      resolve({ port: (server.address() as AddressInfo).port });
    });
  });
}
