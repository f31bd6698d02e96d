import { createServer, connect as openSocket, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type CuttingProxy, openCuttingProxy } from './cutting-proxy.ts';
import { seeded } from './random.ts';

let proxy: CuttingProxy;
let echo: Server;
afterEach(async () => {
  await proxy.close();
  await new Promise((resolve) => echo.close(resolve));
});

async function open(seed: number): Promise<void> {
  echo = createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  proxy = await openCuttingProxy({ random: seeded(seed), events: {} });
  proxy.target = (echo.address() as { port: number }).port;
}

/** Sends bytes; resolves with what came back once all of it has, or the connection has ended. */
function exchange(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = openSocket(proxy.port, '127.0.0.1');
    let back = Buffer.alloc(0);
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      back = Buffer.concat([back, chunk]);
      if (back.length === bytes.length) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(back));
  });
}

const sent = Buffer.from(Array.from({ length: 20_000 }, (_, i) => i % 251));

test('left in peace, every byte passes', async () => {
  await open(1);
  expect((await exchange(sent)).equals(sent)).toBe(true);
  expect(proxy.counters()).toMatchObject({ connections: 1, cuts: 0 });
});

test('while it cuts, what passes is a beginning of what was sent, cut at another byte each time', async () => {
  await open(2);
  proxy.cutting = true;
  const lengths = new Set<number>();
  for (let n = 0; n < 12; n++) {
    const back = await exchange(sent);
    expect(back.equals(sent.subarray(0, back.length))).toBe(true);
    lengths.add(back.length);
  }
  expect(proxy.counters().cuts).toBeGreaterThan(6);
  expect(lengths.size).toBeGreaterThan(3);
});

test('with nobody behind it, a connection is cut at once', async () => {
  await open(3);
  proxy.target = undefined;
  expect((await exchange(sent)).length).toBe(0);
});
