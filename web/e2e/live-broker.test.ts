// @vitest-environment node
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Aedes } from 'aedes';
import mqtt from 'mqtt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { LiveClient, type MqttToken } from '../src/live/client.ts';
import { directLink } from '../src/live/direct-link.ts';
import type { MqttLike } from '../src/live/engine.ts';
import type { FromEngine } from '../src/live/protocol.ts';

/** The client against a real broker over real WebSockets, in Node as a program would use it. */

let broker: Aedes;
let server: Server;
const sockets = new Set<Duplex>();
let accepted = 'good';

beforeEach(async () => {
  accepted = 'good';
  broker = await Aedes.createBroker();
  broker.authenticate = (_client, _user, password, done) => {
    const isGood = password?.toString() === accepted;
    done(isGood ? null : Object.assign(new Error('refused'), { returnCode: 5 as const }), isGood);
  };
  broker.authorizeSubscribe = (_client, subscription, done) =>
    done(null, subscription.topic.includes('secret') ? null : subscription);
  server = createServer();
  new WebSocketServer({ server, path: '/mqtt' }).on('connection', (socket, request) => {
    const stream = createWebSocketStream(socket);
    sockets.add(stream);
    stream.on('error', () => {});
    stream.on('close', () => sockets.delete(stream));
    broker.handle(stream, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise<void>((resolve) => broker.close(() => resolve()));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Waits run a hundred times faster; their order and number stay. */
const quick = (fn: () => void, ms: number) => {
  const id = setTimeout(fn, ms / 100);
  return () => clearTimeout(id);
};
const slow = (fn: () => void, ms: number) => {
  const id = setTimeout(fn, ms);
  return () => clearTimeout(id);
};

function setUp(setTimer = slow) {
  const asked: string[] = [];
  const token = async (): Promise<MqttToken> => {
    asked.push(accepted);
    return { token: accepted, username: 'u.ana', url: '/mqtt', expires_at: Date.now() + 300_000 };
  };
  const link = directLink((url, options) => mqtt.connect(url, options) as unknown as MqttLike, setTimer);
  const { port } = server.address() as AddressInfo;
  const client = new LiveClient({
    org: 'demo',
    user: 'ana',
    link,
    token,
    origin: `http://127.0.0.1:${port}`,
  });
  const told = (event: string) => new Promise<never>((resolve) => client.on<never>(event, resolve));
  const state = (wanted: string) =>
    new Promise<void>((resolve) =>
      client.on<{ state: string }>('link', (info) => info.state === wanted && resolve()),
    );
  const connect = async () => {
    const open = state('open');
    await client.connect();
    await open;
  };
  return { client, asked, told, state, connect };
}
type Batch = Extract<FromEngine, { t: 'batch' }>;

test('retained state arrives after the SUBACK; a refused filter is named, the others stand', async () => {
  const { client, told, connect } = setUp();
  const topic = 'yaguts/v1/demo/jobs/1/state';
  broker.publish(
    { cmd: 'publish', topic, payload: '{"job_id":1}', qos: 1, retain: true, dup: false },
    () => {},
  );
  await connect();
  const batch = told('batch') as Promise<Batch>;
  expect(await client.subscribe([topic, 'yaguts/v1/demo/secret'])).toEqual(['yaguts/v1/demo/secret']);
  expect((await batch).states).toEqual([[topic, '{"job_id":1}']]);
  client.disconnect();
});

test('send goes out as a request and comes back with its answer', async () => {
  const { client, connect } = setUp();
  await connect();
  await client.subscribe(['yaguts/v1/demo/users/ana/res/+']);
  broker.subscribe(
    'yaguts/v1/demo/users/ana/req/jobs.create',
    (packet, done) => {
      const { id } = JSON.parse(packet.payload.toString()) as { id: string };
      const payload = JSON.stringify({ id, ok: true, data: { job_id: 3 } });
      const topic = 'yaguts/v1/demo/users/ana/res/jobs.create';
      broker.publish({ cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false }, () => done());
    },
    () => {},
  );
  expect(await client.send('jobs.create', { receita_id: 1, multiplicador: 1 })).toEqual({ job_id: 3 });
  client.disconnect();
});

test('a dropped connection comes back by itself; a token refused meanwhile is renewed', async () => {
  const { client, asked, state, told, connect } = setUp(quick);
  await connect();
  accepted = 'renewed';
  const lost = told('disconnected');
  for (const socket of sockets) socket.destroy();
  await lost;
  await state('open');
  expect(client.getState()).toBe('OPEN');
  expect(asked).toEqual(['good', 'renewed']);
  client.disconnect();
});

test('with nobody there it tries ten times, says reconnect:failed, and a manual disconnect is final', async () => {
  const { client, told, connect } = setUp(quick);
  await connect();
  const failed = told('reconnect:failed');
  server.close();
  for (const socket of sockets) socket.destroy();
  expect(await failed).toEqual({ attempts: 10 });
  client.disconnect();
  await told('link');
  client.retry();
  expect(client.getState()).toBe('CLOSED');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
