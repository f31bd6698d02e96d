import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestApp, problemFrom, type TestApp } from './test-app.ts';

let kitchen: TestApp;
let dir = '';
const boot = "document.documentElement.dataset.theme='dark'";
const html = `<!doctype html><script>${boot}</script><script type="module" src="/assets/app-1a2b.js"></script>`;
const script = 'console.log("page")';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'yaguts-web-'));
  await mkdir(join(dir, 'dist/assets'), { recursive: true });
  await writeFile(join(dir, 'secret.txt'), 'not for the web');
  await writeFile(join(dir, 'dist/index.html'), html);
  await writeFile(join(dir, 'dist/manifest.webmanifest'), '{}');
  for (const name of ['app-1a2b.js', 'live-worker-9f.js']) {
    await writeFile(join(dir, 'dist/assets', name), script);
    await writeFile(join(dir, 'dist/assets', `${name}.br`), brotliCompressSync(script));
    await writeFile(join(dir, 'dist/assets', `${name}.gz`), gzipSync(script));
  }
  kitchen = await openTestApp({ webDir: join(dir, 'dist') });
});
afterAll(async () => {
  await kitchen.deps.close();
  await rm(dir, { recursive: true, force: true });
});
const get = (path: string, headers: Record<string, string> = {}) => kitchen.send('GET', path, { headers });

describe('the web', () => {
  test('assets are kept for ever, packed as the browser wishes', async () => {
    for (const [accept, encoding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
      ['br;q=0, gzip', 'gzip'],
      ['identity', null],
    ] as const) {
      const answer = await get('/assets/app-1a2b.js', { 'Accept-Encoding': accept });
      expect(answer.headers.get('content-encoding')).toBe(encoding);
      expect(answer.headers.get('vary')).toBe('Accept-Encoding');
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    }
    const packed = await get('/assets/app-1a2b.js', { 'Accept-Encoding': 'br' });
    expect(Buffer.from(await packed.arrayBuffer())).toEqual(brotliCompressSync(script));
  });

  test('pages are asked for again each time, and answered with 304 while nothing changed', async () => {
    const first = await get('/');
    expect(await first.text()).toBe(html);
    expect(first.headers.get('cache-control')).toBe('no-cache');
    const again = await get('/', { 'If-None-Match': first.headers.get('etag') ?? '' });
    expect(again.status).toBe(304);
    expect(again.headers.get('content-security-policy')).not.toBeNull();
  });

  test('pages and worker scripts carry the strict policy with the hash of the one inline script', async () => {
    const hash = createHash('sha256').update(boot).digest('base64');
    const policy = `default-src 'self'; script-src 'self' 'sha256-${hash}'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`;
    for (const path of ['/', '/execucoes/7', '/assets/live-worker-9f.js'])
      expect((await get(path)).headers.get('content-security-policy')).toBe(policy);
  });

  test.each(['/receitas', '/execucoes/7', '/historico'])('%s is a page', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  });

  test.each([
    '/assets/missing.js',
    '/api/missing',
    '/devices/cozinha',
    '/jobs/7',
    '/missing.png',
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/%00',
    '/assets/app-1a2b.js/',
    '/.git/config',
  ])('%s is a problem 404, never a page and never a file outside', async (path) => {
    const answer = await get(path);
    expect([404, 405]).toContain(answer.status);
    await problemFrom(answer);
  });

  test('a page takes no other method', async () => {
    expect((await kitchen.send('POST', '/receitas', { body: {} })).status).toBe(404);
  });
});
