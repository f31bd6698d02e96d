import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import mqtt from 'mqtt';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { connected, credentials, listen, type Running, run, until } from './test/harness.ts';
import { connectPacket, publishPacket, rawWs, subscribePacket } from './test/raw.ts';
import { testCert, testKey } from './test/test-certificate.ts';
import { upgradeServerOptions } from './websocket.ts';

let it: Running;
beforeEach(async () => {
  it = await run({ allowedOrigins: ['https://cozinha.example'] });
});
afterEach(() => it.close());

/** `open`, or the HTTP status of the refusal. */
function attempt(
  url: string,
  protocols: string | string[] = 'mqtt',
  options: ClientOptions = {},
): Promise<string> {
  return new Promise((resolve) => {
    const ws = new WebSocket(url, protocols, options);
    ws.on('open', () => {
      resolve(`open ${ws.protocol}${ws.extensions}`);
      ws.terminate();
    });
    ws.on('unexpected-response', (_request, response) => {
      resolve(String(response.statusCode));
      response.destroy();
    });
    ws.on('error', () => {});
  });
}

const other = (path: string) => it.wsUrl.replace('/mqtt', path);

test('an upgrade is taken on /mqtt with the subprotocol mqtt, without compression', async () => {
  expect(await attempt(it.wsUrl)).toBe('open mqtt');
  expect(await attempt(it.wsUrl, ['mqttv3.1', 'mqtt'], { perMessageDeflate: true })).toBe('open mqtt');
  expect(await attempt(`${it.wsUrl}?v=1`)).toBe('open mqtt');
});

test.each([
  ['another path', '/other', 'mqtt', '404'],
  ['a path below', '/mqtt/x', 'mqtt', '404'],
  ['a path that begins like it', '/mqttx', 'mqtt', '404'],
  ['no subprotocol', '/mqtt', [], '400'],
  ['another subprotocol', '/mqtt', 'chat', '400'],
] as const)('an upgrade with %s is refused', async (_what, path, protocols, status) => {
  expect(await attempt(other(path), protocols as string)).toBe(status);
});

test('Origin, when it is sent, is this host or one of the allowed', async () => {
  const host = new URL(it.wsUrl).host;
  expect(await attempt(it.wsUrl, 'mqtt', { origin: `http://${host}` })).toBe('open mqtt');
  expect(await attempt(it.wsUrl, 'mqtt', { origin: 'https://cozinha.example' })).toBe('open mqtt');
  for (const origin of ['https://evil.example', 'null', `http://${host}.evil.example`, 'http://127.0.0.1']) {
    expect(await attempt(it.wsUrl, 'mqtt', { origin })).toBe('403');
  }
  expect(it.broker.counters().refused_ws_origin).toBe(4);
});

test('a handshake without its key is answered with 400', async () => {
  const { hostname, port } = new URL(it.wsUrl);
  const socket = connect(Number(port), hostname);
  socket.write(
    'GET /mqtt HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n',
  );
  const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 /);
  socket.destroy();
  expect(it.broker.counters().connections).toBe(0);
});

/** The close code after these frames. */
function closeCode(send: (ws: WebSocket) => void): Promise<number> {
  return new Promise((resolve) => {
    const ws = new WebSocket(it.wsUrl, 'mqtt');
    ws.on('open', () => send(ws));
    ws.on('close', resolve);
    ws.on('error', () => {});
  });
}

test('a text frame closes the connection with 1003', async () => {
  expect(await closeCode((ws) => ws.send('hello'))).toBe(1003);
  expect(
    await closeCode((ws) => {
      ws.send(connectPacket());
      ws.send('hello');
    }),
  ).toBe(1003);
  await until(() => it.broker.counters().connections === 0);
});

test('a frame, or fragments together, beyond 64 KiB close the connection with 1009', async () => {
  expect(await closeCode((ws) => ws.send(Buffer.alloc(65_537)))).toBe(1009);
  expect(
    await closeCode((ws) => {
      ws.send(Buffer.alloc(40_000), { fin: false });
      ws.send(Buffer.alloc(40_000), { fin: true });
    }),
  ).toBe(1009);
});

test('what the frame guard refuses is closed by the closing handshake, not by running out of patience', async () => {
  const closed = new Promise<number>((resolve) => {
    const ws = new WebSocket(it.wsUrl, 'mqtt');
    ws.on('open', () => {
      vi.useFakeTimers({ toFake: ['setTimeout'] });
      ws.send(Buffer.from([0, 0]));
    });
    ws.on('close', resolve);
  });
  expect(await closed).toBe(1000);
  vi.useRealTimers();
});

test('packets may be cut across frames, and several may share one', async () => {
  const peer = await rawWs(it.wsUrl);
  const bytes = Buffer.concat([connectPacket(), subscribePacket(['yaguts/v1/demo/devices/mao/cmd/+'])]);
  for (const byte of bytes.subarray(0, 10)) peer.send(Buffer.from([byte]));
  peer.send(bytes.subarray(10));
  expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode: 0 });
  expect(await peer.next()).toMatchObject({ cmd: 'suback', granted: [1] });
  peer.destroy();
});

test('one message is one frame, not one for each piece the packet writer makes', async () => {
  const ws = new WebSocket(it.wsUrl, 'mqtt');
  const frames: Buffer[] = [];
  ws.on('message', (data: Buffer) => frames.push(data));
  await new Promise((resolve) => ws.once('open', resolve));
  ws.send(connectPacket());
  await until(() => frames.length === 1);
  ws.send(subscribePacket(['yaguts/v1/demo/devices/mao/cmd/+']));
  await until(() => frames.length === 2);
  const topic = 'yaguts/v1/demo/devices/mao/cmd/stop';
  it.broker.publish(topic, '{}', { qos: 1, retain: false });
  await until(() => frames.length === 3);
  const expected = publishPacket(topic, '{}', { qos: 1, messageId: 1 });
  expect(frames[2]).toHaveLength(expected.length);
  ws.terminate();
});

test('a browser that leaves without DISCONNECT is noticed', async () => {
  const client = await it.client('ana-tab', { ws: true });
  client.stream.destroy();
  await until(() => it.changes.some(({ kind }) => kind === 'closed'));
  expect(it.broker.counters().connections).toBe(0);
});

test('a half-sent upgrade is closed by the http server, by the timeouts this room asks for', async () => {
  expect(upgradeServerOptions).toEqual({ headersTimeout: 5_000, connectionsCheckingInterval: 1_000 });
  const http = createServer({ ...upgradeServerOptions, headersTimeout: 40, connectionsCheckingInterval: 10 });
  http.on('upgrade', (request, socket, head) => it.broker.handleUpgrade(request, socket, head));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const socket = connect((http.address() as AddressInfo).port, '127.0.0.1');
  socket.write('GET /mqtt HTTP/1.1\r\nUpgrade: websocket\r\n');
  await new Promise((resolve) => socket.resume().once('close', resolve));
  await new Promise((resolve) => http.close(resolve));
});

test('over TLS the same broker speaks with who trusts its certificate', async () => {
  const { port } = await it.broker.listenTls({ host: '127.0.0.1', port: 0, key: testKey, cert: testCert });
  const client = mqtt.connect(`mqtts://localhost:${port}`, {
    ...credentials('ana'),
    ca: testCert,
    host: 'localhost',
  });
  await connected(client);
  const heard = listen(client);
  await client.subscribeAsync('yaguts/v1/demo/#', { qos: 1 });
  await client.publishAsync('yaguts/v1/demo/users/ana/req/jobs.create', '{"id":"1"}', { qos: 1 });
  expect((await heard.next()).topic).toBe('yaguts/v1/demo/users/ana/req/jobs.create');
  client.end(true);
});

test('a TLS connection has the frame guard, and plain bytes on the TLS port are refused', async () => {
  const { port } = await it.broker.listenTls({ host: '127.0.0.1', port: 0, key: testKey, cert: testCert });
  const socket = connectTls({ port, host: '127.0.0.1', ca: testCert });
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
  await new Promise((resolve) => socket.resume().once('close', resolve));
  expect(it.broker.counters().refused_frame_too_large).toBe(1);
  const plain = connect(port, '127.0.0.1');
  plain.on('error', () => {});
  plain.write(connectPacket());
  await new Promise((resolve) => plain.resume().once('close', resolve));
  await until(() => it.broker.counters().refused_tls_handshake === 1);
});

test('a port that is taken is reported, not thrown later', async () => {
  await expect(it.broker.listenTcp({ host: '127.0.0.1', port: it.port })).rejects.toThrow(/EADDRINUSE/);
});
