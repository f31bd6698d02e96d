import { afterEach, expect, test, vi } from 'vitest';
import { type HttpProblem, onUnauthorized, query, request } from './http.ts';

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  vi.fn(
    async () => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers }),
  );
const problemOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error as HttpProblem,
  );
afterEach(() => vi.unstubAllGlobals());

test('a POST is JSON with an Idempotency-Key, even when it says nothing', async () => {
  const fetch = answer(200, { ok: true });
  vi.stubGlobal('fetch', fetch);
  await request('POST', '/api/x', { key: 'k-1' });
  const [, init] = fetch.mock.calls[0] as unknown as [string, RequestInit];
  expect(init.headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': 'k-1' });
  expect(init.body).toBe('{}');
});

test('a version that was read goes along as If-Match', async () => {
  const fetch = answer(200, {});
  vi.stubGlobal('fetch', fetch);
  await request('PUT', '/api/x', { body: {}, ifMatch: 4 });
  const [, init] = fetch.mock.calls[0] as unknown as [string, RequestInit];
  expect(init.headers).toMatchObject({ 'if-match': '"4"' });
});

test('a problem document becomes its code, faults, request id and wait', async () => {
  const body = {
    code: 'rate_limited',
    status: 429,
    detail: 'slow',
    request_id: 'abcd1234',
    errors: [{ path: 'a', message: 'b' }],
  };
  vi.stubGlobal('fetch', answer(429, body, { 'retry-after': '7' }));
  expect(await problemOf(request('GET', '/api/x'))).toMatchObject({
    code: 'rate_limited',
    status: 429,
    requestId: 'abcd1234',
    retryAfterS: 7,
    faults: [{ path: 'a', message: 'b' }],
  });
});

test('no answer is offline, a proxy’s page is unavailable, an empty answer is undefined', async () => {
  vi.stubGlobal(
    'fetch',
    vi.fn(() => Promise.reject(new TypeError('failed'))),
  );
  expect((await problemOf(request('GET', '/api/x')))?.code).toBe('offline');
  vi.stubGlobal('fetch', answer(502, '<html>'));
  expect((await problemOf(request('GET', '/api/x')))?.code).toBe('unavailable');
  vi.stubGlobal('fetch', answer(200, '<html>'));
  expect((await problemOf(request('GET', '/api/x')))?.code).toBe('unavailable');
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response(null, { status: 204 })),
  );
  expect(await request('DELETE', '/api/x')).toBeUndefined();
});

test('an answer that takes too long is a timeout', async () => {
  vi.stubGlobal(
    'fetch',
    vi.fn(
      (_: string, { signal }: RequestInit) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted')))),
    ),
  );
  expect((await problemOf(request('GET', '/api/x', { timeoutMs: 1 })))?.code).toBe('timeout');
});

test('a 401 is told to whoever keeps the session', async () => {
  const told = vi.fn();
  onUnauthorized(told);
  vi.stubGlobal('fetch', answer(401, { code: 'unauthorized', status: 401 }));
  await problemOf(request('GET', '/api/x'));
  expect(told).toHaveBeenCalledOnce();
});

test('empty values are no part of a query', () => {
  expect(query({ a: 1, b: '', c: undefined, d: null, e: 'ç &' })).toBe('?a=1&e=%C3%A7+%26');
  expect(query({})).toBe('');
});
