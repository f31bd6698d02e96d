import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { issueToken } from '../flows/issue-token.ts';
import { openTestApp, origin, problemFrom, type TestApp } from './test-app.ts';

let kitchen: TestApp;
const open = async (...args: Parameters<typeof openTestApp>): Promise<TestApp> => {
  await kitchen?.deps.close();
  kitchen = await openTestApp(...args);
  return kitchen;
};
beforeEach(async () => void (await open()));
afterEach(() => kitchen.deps.close());
const bearer = async (): Promise<Record<string, string>> => {
  const made = await issueToken(kitchen.deps, { org: 'demo', user: 'ana' }, { nome: 't', expira_em: null });
  return { Authorization: `Bearer ${made.token}` };
};

describe('every answer', () => {
  test('carries a request id, the caller’s own when it is a plain one', async () => {
    const given = await kitchen.send('GET', '/healthz', { headers: { 'X-Request-Id': 'proxy-12345' } });
    expect(given.headers.get('x-request-id')).toBe('proxy-12345');
    const hostile = await kitchen.send('GET', '/nothing', { headers: { 'X-Request-Id': '<script>' } });
    expect(hostile.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
    expect(await problemFrom(hostile)).toMatchObject({ request_id: hostile.headers.get('x-request-id') });
  });

  test('is hardened, and what the API says is never cached', async () => {
    const answer = await kitchen.send('GET', '/api/session');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-powered-by')).toBeNull();
  });

  test.each([
    ['/api/nothing', 404, 'not_found'],
    ['/nothing', 404, 'not_found'],
    ['/assets/missing.js', 404, 'not_found'],
    ['/devices/me/nothing', 404, 'not_found'],
    ['/api/session/', 404, 'not_found'],
  ])('GET %s is a problem %i', async (path, status, code) => {
    const answer = await kitchen.send('GET', path, { headers: { Accept: 'text/html' } });
    expect(answer.status).toBe(status);
    expect(await problemFrom(answer)).toMatchObject({ status, code, instance: path });
  });

  test('a path under another method is 405 and says which it takes', async () => {
    const answer = await kitchen.send('PUT', '/api/tokens', { body: {} });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, POST, HEAD');
    expect(await problemFrom(answer)).toMatchObject({ code: 'method_not_allowed' });
  });

  test('a failure inside says nothing of its cause, which the log has', async () => {
    await open(
      {},
      {
        stats: () => {
          throw new Error('secret path /var/lib/x');
        },
      },
    );
    const answer = await kitchen.send('GET', '/api/websocket/stats', { headers: await bearer() });
    const problem = await problemFrom(answer);
    expect(problem).toMatchObject({ status: 500, code: 'internal' });
    expect(JSON.stringify(problem)).not.toContain('secret path');
    expect(JSON.stringify(kitchen.deps.logged)).toContain('secret path');
  });
});

describe('a database that cannot', () => {
  test.each([
    ['SQLITE_FULL', 503, 'disco_cheio'],
    ['SQLITE_BUSY', 503, 'unavailable'],
    ['SQLITE_CONSTRAINT_FOREIGNKEY', 409, 'conflict'],
    ['SQLITE_CONSTRAINT_UNIQUE', 409, 'already_exists'],
    ['SQLITE_CORRUPT', 500, 'internal'],
  ])('%s is told as %i %s, wrapped by the query builder or not', async (code, status, expected) => {
    const error = Object.assign(new Error('as SQLite says it'), { code });
    for (const thrown of [error, new Error('Failed query', { cause: error })]) {
      kitchen.deps.store.listTemperos = async () => {
        throw thrown;
      };
      const answer = await kitchen.send('GET', '/api/temperos', { headers: await bearer() });
      expect(await problemFrom(answer)).toMatchObject({ status, code: expected });
      // Whoever may come again is told when.
      expect(answer.headers.has('retry-after')).toBe(status === 503);
    }
  });

  test('a readiness check that fails itself is red, not dead', async () => {
    await open(
      {},
      {
        ready: async () => {
          throw new Error('no');
        },
      },
    );
    expect((await kitchen.send('GET', '/readyz')).status).toBe(503);
  });
});

describe('bodies', () => {
  const post = async (body: unknown, headers: Record<string, string> = {}) =>
    kitchen.send('POST', '/api/tokens', { body, headers: { ...(await bearer()), ...headers } });

  test.each([
    ['text', 'hello', 'bad_json'],
    ['half an object', '{"nome": "x"', 'bad_json'],
    ['an array', '[]', 'bad_json'],
    ['null', 'null', 'bad_json'],
    ['a number', '7', 'bad_json'],
  ])('%s is no body', async (_title, body, code) => {
    expect(await problemFrom(await post(body))).toMatchObject({ status: 400, code });
  });

  test('invalid UTF-8 is refused and named, not mended', async () => {
    const body = new Uint8Array([...Buffer.from('{"nome":"'), 0xff, 0xfe, ...Buffer.from('"}')]);
    expect(await problemFrom(await post(body))).toMatchObject({
      code: 'bad_json',
      detail: expect.stringContaining('UTF-8'),
    });
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'application/jsonx',
  ])('content type %s is refused', async (type) => {
    expect(await problemFrom(await post({ nome: 'x' }, { 'Content-Type': type }))).toMatchObject({
      status: 415,
      code: 'unsupported_media',
    });
  });

  test('application/json with charset utf-8 is taken', async () => {
    expect((await post({ nome: 'x' }, { 'Content-Type': 'application/json; charset=UTF-8' })).status).toBe(
      201,
    );
  });

  test('each fault is named with its path', async () => {
    const problem = await problemFrom(await post({ nome: '', expira_em: 'tomorrow' }));
    expect(problem).toMatchObject({ status: 422, code: 'invalid' });
    expect(problem.errors?.map((fault) => fault.path).sort()).toEqual(['expira_em', 'nome']);
  });

  test('a body of 70 KiB is judged by its content, one of 257 KiB by its size', async () => {
    expect(await problemFrom(await post({ nome: 'x'.repeat(70_000) }))).toMatchObject({ code: 'invalid' });
    const large = await post({ nome: 'x'.repeat(257 * 1_024) });
    expect(large.headers.get('connection')).toBe('close');
    expect(await problemFrom(large)).toMatchObject({ status: 413, code: 'too_large' });
  });

  test('bytes are counted as they arrive, whatever the length header says', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536));
      },
    });
    const answer = await kitchen.app.request('/api/tokens', {
      method: 'POST',
      body: endless,
      headers: { ...(await bearer()), 'Content-Length': '10', 'Content-Type': 'application/json' },
      duplex: 'half',
    } as RequestInit);
    expect(answer.status).toBe(413);
    expect(sent).toBeLessThan(600_000);
  });

  test('a very deep document does no harm', async () => {
    const deep = `{"nome":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    expect(await problemFrom(await post(deep))).toMatchObject({ code: 'invalid' });
  });
});

describe('a request with a cookie', () => {
  const post = async (headers: Record<string, string>, body: unknown = { nome: 'x' }) => {
    const { Cookie } = await kitchen.cookieOf('ana');
    return kitchen.send('POST', '/api/tokens', { body, headers: { Cookie: Cookie ?? '', ...headers } });
  };

  test('is taken from the same origin, by Origin or by Sec-Fetch-Site', async () => {
    expect((await post({ Origin: origin })).status).toBe(201);
    expect((await post({ 'Sec-Fetch-Site': 'same-origin' })).status).toBe(201);
  });

  test.each([
    ['another origin', { Origin: 'https://evil.example' }],
    ['the same host on another port', { Origin: 'http://localhost:81' }],
    ['a sandboxed page', { Origin: 'null' }],
    ['a sibling site', { 'Sec-Fetch-Site': 'same-site' }],
    ['nobody knows where', {}],
  ])('is refused from %s', async (_title, headers) => {
    expect(await problemFrom(await post(headers as Record<string, string>))).toMatchObject({
      status: 403,
      code: 'cross_origin',
    });
  });

  test('is refused when it is not JSON or does not say what it is', async () => {
    expect((await post({ Origin: origin, 'Content-Type': 'text/plain' })).status).toBe(415);
    const { Cookie } = await kitchen.cookieOf('ana');
    const bare = await kitchen.send('POST', '/api/session/mqtt-token', {
      headers: { Cookie: Cookie ?? '', Origin: origin },
    });
    expect(bare.status).toBe(415);
  });

  test('is taken from an allowed origin of the configuration', async () => {
    await open({ env: { YAGUTS_ALLOWED_ORIGINS: 'https://panel.example' } });
    expect((await post({ Origin: 'https://panel.example' })).status).toBe(201);
  });

  test('even a login without a cookie is refused from another site', async () => {
    const answer = await kitchen.send('POST', '/api/session', {
      body: { user: 'ana', password: 'x' },
      headers: { Origin: 'https://evil.example' },
    });
    expect(await problemFrom(answer)).toMatchObject({ code: 'cross_origin' });
  });
});

describe('rate', () => {
  test('an address that asks too often is told when to come back; another is not disturbed', async () => {
    await open({ env: { YAGUTS_REQUESTS_PER_MINUTE: '60' } });
    const ask = (address: string) => kitchen.send('GET', '/api/setup', { address });
    const statuses = [];
    for (let n = 0; n < 25; n++) statuses.push((await ask('10.0.0.1')).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    const refused = await ask('10.0.0.1');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await problemFrom(refused)).toMatchObject({ status: 429, code: 'rate_limited' });
    expect((await ask('10.0.0.2')).status).toBe(200);
    kitchen.deps.advance(1_000);
    expect((await ask('10.0.0.1')).status).toBe(200);
  });

  test('X-Forwarded-For counts from a trusted proxy only', async () => {
    await open({ env: { YAGUTS_REQUESTS_PER_MINUTE: '60', YAGUTS_TRUSTED_PROXIES: '10.0.0.1' } });
    const ask = (address: string, forwarded: string) =>
      kitchen.send('GET', '/api/setup', { address, headers: { 'X-Forwarded-For': forwarded } });
    for (let n = 0; n < 30; n++) expect((await ask('10.0.0.1', `192.168.1.${n}`)).status).toBe(200);
    let last = 0;
    for (let n = 0; n < 30; n++) last = (await ask('10.0.0.7', `192.168.1.${n}`)).status;
    expect(last).toBe(429);
  });

  test('what a client puts before the proxy’s own word is not believed', async () => {
    await open({ env: { YAGUTS_REQUESTS_PER_MINUTE: '60', YAGUTS_TRUSTED_PROXIES: '10.0.0.1' } });
    let last = 0;
    for (let n = 0; n < 30; n++)
      last = (
        await kitchen.send('GET', '/api/setup', {
          address: '::ffff:10.0.0.1',
          headers: { 'X-Forwarded-For': `1.2.3.${n}, 192.168.1.5` },
        })
      ).status;
    expect(last).toBe(429);
  });
});

describe('health and metrics', () => {
  test('healthz answers while the process lives; readyz says what does not work', async () => {
    expect(await (await kitchen.send('GET', '/healthz')).json()).toEqual({ status: 'ok', version: '0.3.0' });
    expect((await kitchen.send('GET', '/readyz')).status).toBe(200);
    await open({}, { ready: async () => ({ ok: false, checks: { database: 'disk full' } }) });
    const red = await kitchen.send('GET', '/readyz');
    expect(red.status).toBe(503);
    expect(await red.json()).toEqual({ status: 'not_ready', checks: { database: 'disk full' } });
  });

  test('metrics are for this machine or a token, and name routes by their pattern', async () => {
    await open({ env: { YAGUTS_METRICS_TOKEN: 'a-very-secret-token' } });
    await kitchen.send('GET', '/api/devices/cozinha-da-ana/credentials');
    const ask = (address: string, headers = {}) => kitchen.send('GET', '/metrics', { address, headers });
    expect((await ask('10.0.0.9')).status).toBe(403);
    expect((await ask('127.0.0.1', { 'X-Forwarded-For': '1.2.3.4' })).status).toBe(403);
    expect((await ask('10.0.0.9', { Authorization: 'Bearer a-very-wrongs-token' })).status).toBe(403);
    expect((await ask('10.0.0.9', { Authorization: 'Bearer a-very-secret-token' })).status).toBe(200);
    const text = await (await ask('127.0.0.1')).text();
    expect(text).toContain('route="/api/devices/:id/credentials",status="401"');
    expect(text).toContain('yaguts_mqtt_clients 2');
    expect(text).not.toContain('cozinha-da-ana');
  });

  test('security.txt names the contact of the configuration, or is not there', async () => {
    expect((await kitchen.send('GET', '/.well-known/security.txt')).status).toBe(404);
    await open({ env: { YAGUTS_SECURITY_CONTACT: 'mailto:sec@kitchen.example' } });
    const text = await (await kitchen.send('GET', '/.well-known/security.txt')).text();
    expect(text).toMatch(/^Contact: mailto:sec@kitchen\.example\nExpires: \d{4}-/);
  });
});
