import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestApp, origin, type TestApp } from './test-app.ts';

// Generated: every route that changes something, with whatever another site can make a browser send.

let kitchen: TestApp;
let cookie = '';
let routes: { method: string; path: string }[] = [];
beforeAll(async () => {
  kitchen = await openTestApp(
    { development: true, env: { YAGUTS_REQUESTS_PER_MINUTE: '1000000' } },
    { simulate: async () => ({}) },
  );
  cookie = (await kitchen.cookieOf('ana')).Cookie ?? '';
  const seen = new Map<string, { method: string; path: string }>();
  for (const { method, path } of kitchen.app.routes) {
    if (!['POST', 'PUT', 'PATCH', 'DELETE'].includes(method)) continue;
    seen.set(`${method} ${path}`, { method, path: path.replaceAll(/:\w+(\{[^}]*\})?/g, '1') });
  }
  routes = [...seen.values()];
});
afterAll(() => kitchen.deps.close());

/** What a form, `fetch` without preflight, or a careless script may say of its body. */
const contentTypes = [
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'text/plain; application/json',
  'application/json',
  'application/gzip',
  undefined,
];
const senders: readonly [string, Record<string, string>][] = [
  ['another site', { Origin: 'https://evil.example' }],
  ['a sandboxed frame', { Origin: 'null' }],
  ['the same host over another scheme', { Origin: 'https://localhost' }],
  ['the same host on another port', { Origin: 'http://localhost:8081' }],
  ['a host that only begins the same', { Origin: 'http://localhost.evil.example' }],
  ['another site that says no origin', { 'Sec-Fetch-Site': 'cross-site' }],
  ['a sibling of the same site', { 'Sec-Fetch-Site': 'same-site' }],
  ['a browser that says nothing', {}],
];

const send = async (
  route: { method: string; path: string },
  headers: Record<string, string>,
  type?: string,
) =>
  kitchen.app.request(
    route.path,
    {
      method: route.method,
      headers: { Cookie: cookie, ...headers, ...(type !== undefined && { 'Content-Type': type }) },
      // Bytes, because a text would say a type of its own.
      ...(route.method !== 'DELETE' && { body: new TextEncoder().encode('{}') }),
    },
    { incoming: { socket: { remoteAddress: '10.0.0.9' } } } as never,
  );

test('there are routes to try, and the session that is abused is a good one', async () => {
  expect(routes.length).toBeGreaterThan(40);
  const good = await kitchen.send('GET', '/api/session', { headers: { Cookie: cookie } });
  expect(good.status).toBe(200);
});

describe('a cookie that did not come from our own page changes nothing', () => {
  test.each(senders)('sent by %s', async (_who, headers) => {
    for (const route of routes) {
      for (const type of contentTypes) {
        const answer = await send(route, headers, type);
        expect(answer.status, `${route.method} ${route.path} ${type}`).toBe(403);
        expect(await answer.json()).toMatchObject({ code: 'cross_origin' });
      }
    }
  });
});

test('from our own page a POST that is no JSON is refused too, on every route', async () => {
  for (const route of routes.filter(({ method }) => method === 'POST')) {
    for (const type of contentTypes) {
      const isArchive = route.path === '/api/orgs/import' && type === 'application/gzip';
      if (type === 'application/json' || isArchive) continue;
      const answer = await send(route, { Origin: origin }, type);
      expect(answer.status, `${route.path} ${type}`).toBe(415);
    }
  }
});
