// @vitest-environment node
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HttpProblem } from './http.ts';
import { download } from './transfer.ts';

let server: Server;
let origin = '';
let answer: Parameters<typeof createServer>[1];
beforeEach(async () => {
  server = createServer((request, response) => answer?.(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});
const take = (onBytes: (bytes: number) => void = () => {}, signal = new AbortController().signal) =>
  download(`${origin}/api/org/export`, { onBytes, signal });

test('a file is fetched whole, and how much of it has come is told on the way', async () => {
  answer = (_, response) => {
    response.write('a'.repeat(70_000));
    setImmediate(() => response.end('b'.repeat(30)));
  };
  const told: number[] = [];
  const file = await take((bytes) => told.push(bytes));
  expect(file.size).toBe(70_030);
  expect(told.at(-1)).toBe(70_030);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
});

test('a refusal is told as the platform told it', async () => {
  answer = (_, response) => {
    response.writeHead(403, {
      'content-type': 'application/problem+json',
    });
    response.end(JSON.stringify({ code: 'forbidden', status: 403 }));
  };
  await expect(take()).rejects.toMatchObject({ code: 'forbidden', status: 403 });
});

test('a connection that breaks in the middle is a problem, never a shorter file', async () => {
  answer = (_, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half');
    setImmediate(() => response.destroy());
  };
  await expect(take()).rejects.toBeInstanceOf(HttpProblem);
});

test('a person may end it', async () => {
  const ending = new AbortController();
  answer = (_, response) => {
    response.write('half');
  };
  await expect(take(() => ending.abort(), ending.signal)).rejects.not.toBeInstanceOf(HttpProblem);
});
