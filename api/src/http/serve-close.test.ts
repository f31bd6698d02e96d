import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { serve } from './serve.ts';

const dial = async (port: number, bytes: string): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
};

test('close() does not wait for an upgraded connection and leaves it to whoever took it', async () => {
  let taken: (socket: Duplex) => void = () => {};
  const upgraded = new Promise<Duplex>((resolve) => {
    taken = resolve;
  });
  const served = await serve({
    fetch: () => new Response('ok'),
    host: '127.0.0.1',
    port: 0,
    onUpgrade: (_request, socket) => taken(socket),
  });
  const client = await dial(
    served.port,
    'GET /mqtt HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  const socket = await upgraded;
  // Would be cut after an hour only.
  await served.close(3_600_000);
  socket.write('goodbye');
  expect(String((await once(client, 'data'))[0])).toBe('goodbye');
  socket.destroy();
  await once(client, 'close');
});

test('close() waits for the request under way, and takes no new connection', async () => {
  let answer: () => void = () => {};
  let asked: () => void = () => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const served = await serve({
    fetch: async () => {
      asked();
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return new Response('late but whole');
    },
    host: '127.0.0.1',
    port: 0,
  });
  const response = fetch(`http://127.0.0.1:${served.port}/`);
  await isAsked;
  const closed = served.close(3_600_000);
  await expect(fetch(`http://127.0.0.1:${served.port}/`)).rejects.toThrow();
  answer();
  expect(await (await response).text()).toBe('late but whole');
  await closed;
});

test('close() cuts a request that does not end in time', async () => {
  const served = await serve({
    fetch: () => new Promise<Response>(() => {}),
    host: '127.0.0.1',
    port: 0,
  });
  const client = await dial(served.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const gone = once(client, 'close');
  await served.close(100);
  await gone;
});
