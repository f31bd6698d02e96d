import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueToken } from '../flows/issue-token.ts';
import { type Served, serve } from './serve.ts';
import { openTestApp, problemFrom, type TestApp } from './test-app.ts';

let kitchen: TestApp;
let served: Served;
let base = '';
let bearer: Record<string, string> = {};
beforeAll(async () => {
  kitchen = await openTestApp({ development: true });
  served = await serve({ fetch: kitchen.app.fetch, host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${served.port}`;
  const made = await issueToken(kitchen.deps, { org: 'demo', user: 'ana' }, { nome: 't', expira_em: null });
  bearer = { Authorization: `Bearer ${made.token}` };
});
afterAll(async () => {
  await served.close();
  await kitchen.deps.close();
});

/** Sends bytes and answers everything that comes back until the server closes. */
const raw = (bytes: string | Buffer): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(served.port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk) => (text += chunk));
    socket.on('close', () => resolve(text));
    // A server that closes with bytes unread resets the connection, which may overtake its answer.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve(text || 'reset') : reject(error),
    );
  });

describe('over a real port', () => {
  test('the address of the socket counts: this machine may read the metrics', async () => {
    const answer = await fetch(`${base}/metrics`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('process_cpu_seconds_total');
  });

  test('a body of 300 KiB is answered with 413, and the next request is served', async () => {
    const send = (body: string) =>
      fetch(`${base}/api/tokens`, {
        method: 'POST',
        body,
        headers: { ...bearer, 'Content-Type': 'application/json' },
      });
    expect(await problemFrom(await send(JSON.stringify({ nome: 'x'.repeat(300_000) })))).toMatchObject({
      code: 'too_large',
    });
    expect((await send('{"nome":"x"}')).status).toBe(201);
  });

  test('a request whose body comes too slowly is cut, and others are served meanwhile', async () => {
    const impatient = await serve({ fetch: kitchen.app.fetch, host: '127.0.0.1', port: 0, requestMs: 300 });
    const head =
      'POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n';
    const answer = new Promise<string>((resolve, reject) => {
      const socket = connect(impatient.port, '127.0.0.1', () => socket.write(`${head}{`));
      let text = '';
      socket.on('data', (chunk) => (text += chunk));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect((await fetch(`http://127.0.0.1:${impatient.port}/healthz`)).status).toBe(200);
    expect(await answer).toContain('408');
    await impatient.close();
  });

  test('a body that never ends is cut at the limit', async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 16_384;
        if (sent > 64 * 1_024 * 1_024) controller.close();
        else controller.enqueue(new Uint8Array(16_384).fill(32));
      },
    });
    const outcome = await fetch(`${base}/api/tokens`, {
      method: 'POST',
      body,
      headers: { ...bearer, 'Content-Type': 'application/json' },
      duplex: 'half',
    } as RequestInit).then(
      (answer) => answer.status,
      () => 'cut',
    );
    expect([413, 'cut']).toContain(outcome);
    expect(sent).toBeLessThan(16 * 1_024 * 1_024);
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
  });

  test.each([
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['a version of its own', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n'],
    [
      'two lengths',
      'POST /api/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 9\r\n\r\n{}{}',
    ],
    [
      'a length and chunks',
      'POST /api/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a header of 100 KiB', `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(100_000)}\r\n\r\n`],
    ['no Host', 'GET /api/session HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ])('%s gets a refusal and does no harm', async (title, bytes) => {
    const answer = await raw(bytes);
    expect(answer).toMatch(
      title === 'a header of 100 KiB' ? /^(HTTP\/1\.1 4\d\d |reset)/ : /^HTTP\/1\.1 4\d\d /,
    );
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
  });

  test.each([
    'GET //evil.example/%2e%2e HTTP/1.1',
    'GET /%ff%fe HTTP/1.1',
    'GET /api/devices/%E0%A4%A HTTP/1.1',
    'GET http://[::bad/ HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    'TRACE /api/jobs HTTP/1.1',
  ])('%s is no 5xx', async (line) => {
    const answer = await raw(`${line}\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 [1-4]\d\d /);
  });

  test('an upgrade is refused where nobody takes it', async () => {
    const answer = await raw(
      'GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 404/);
  });

  test('a taken port is named with what to do', async () => {
    await expect(
      serve({ fetch: kitchen.app.fetch, host: '127.0.0.1', port: served.port }),
    ).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('choose another') });
  });
});
