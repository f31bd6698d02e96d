import { createServer as createHttpServer } from 'node:http';
import { createRequire } from 'node:module';
import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { pathToFileURL } from 'node:url';
import { answerParent } from '../child.ts';
import {
  type BrokerQuestions,
  listeningPort,
  type Ports,
  residentMib,
  retainedTopic,
} from './broker-questions.ts';

/** aedes as its documentation serves it: net, tls, and ws with ws's own stream; no rights, no guard. */
interface BareBroker {
  handle(stream: Duplex): void;
  publish(packet: object, done: () => void): void;
  close(done: () => void): void;
}
interface WsModule {
  readonly WebSocketServer: new (options: object) => NodeJS.EventEmitter;
  readonly createWebSocketStream: (ws: unknown) => Duplex;
}

// The very copies that our broker runs on.
const require = createRequire(import.meta.resolve('@yaguts/broker'));
const { Aedes } = (await import(pathToFileURL(require.resolve('aedes')).href)) as {
  Aedes: { createBroker(options: object): Promise<BareBroker> };
};
const { WebSocketServer, createWebSocketStream } = require('ws') as WsModule;
const broker = await Aedes.createBroker({});
const server = createServer({ noDelay: true }, (socket: Socket) => broker.handle(socket));
const http = createHttpServer();
const sockets = new WebSocketServer({ server: http, handleProtocols: () => 'mqtt' });
sockets.on('connection', (ws) => broker.handle(createWebSocketStream(ws)));

answerParent(
  {
    async listen({ tls }: { tls?: { key: string; cert: string } }): Promise<Ports> {
      const port = await listeningPort(server);
      const wsPort = await listeningPort(http);
      if (!tls) return { port, wsPort };
      const secure = createTlsServer({ ...tls, noDelay: true }, (socket) => broker.handle(socket));
      return { port, wsPort, tlsPort: await listeningPort(secure) };
    },
    async retain(count: number) {
      const more = { cmd: 'publish', payload: Buffer.from('{"v":1}'), qos: 1, retain: true, dup: false };
      for (let i = 0; i < count; i++) {
        await new Promise<void>((resolve) => broker.publish({ ...more, topic: retainedTopic(i) }, resolve));
      }
    },
    residentMib,
  } satisfies Partial<Record<keyof BrokerQuestions, unknown>>,
  async () => {
    server.close();
    http.close();
    await new Promise<void>((resolve) => broker.close(resolve));
  },
);
