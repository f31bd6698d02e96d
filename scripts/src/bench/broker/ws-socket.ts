import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';

interface WsModule {
  readonly WebSocket: new (url: string, protocol: string, options: object) => NodeJS.EventEmitter;
  readonly createWebSocketStream: (ws: unknown) => Duplex;
}
const { WebSocket, createWebSocketStream } = createRequire(import.meta.resolve('@yaguts/broker'))(
  'ws',
) as WsModule;

/** A WebSocket to `/mqtt` as a stream; the load generator writes once a turn, so once per frame. */
export const wsSocket = (port: number): Duplex =>
  createWebSocketStream(new WebSocket(`ws://127.0.0.1:${port}/mqtt`, 'mqtt', { perMessageDeflate: false }));
