import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import type { Context } from 'hono';
import type { Env } from './env.ts';

/** Serves the built web. Answers undefined when a path is none of its files and no page. */
export type WebFiles = (c: Context<Env>) => Promise<Response | undefined>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.map': 'application/json',
};
const encodings = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

interface WebFile {
  readonly path: string;
  readonly type: string;
  /** Content-Encoding → file. */
  readonly packed: ReadonlyMap<string, string>;
  readonly etag: string;
}

/** Old firmware owns /devices and /jobs; the rest of these never was a page either. */
const noPage = /^\/(api|assets|devices|jobs|mqtt|metrics|healthz|readyz|\.well-known)(\/|$)/;

/**
 * Reads the list of files once at start: a request is looked up in it, never joined to a path, so that no
 * spelling of `..` can leave the folder.
 *
 * @param dir the build output, with `index.html`, `assets/` (names with a hash) and `*.br`, `*.gz` beside
 */
export function webFiles(dir: string): WebFiles {
  const files = scan(dir);
  const csp = policyFor(files.get('/index.html'));

  const send = async (c: Context<Env>, name: string, file: WebFile): Promise<Response> => {
    // A worker obeys the policy of its own script, not of its page.
    if (/\.(html|js)$/.test(file.path)) c.header('Content-Security-Policy', csp);
    c.header(
      'Cache-Control',
      name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    );
    c.header('ETag', file.etag);
    if (file.packed.size > 0) c.header('Vary', 'Accept-Encoding');
    if (c.req.header('if-none-match') === file.etag) return c.body(null, 304);
    const accepted = acceptedEncodings(c.req.header('accept-encoding'));
    const encoding = encodings.find(([name]) => accepted.has(name) && file.packed.has(name))?.[0];
    if (encoding) c.header('Content-Encoding', encoding);
    const bytes = await readFile((encoding && file.packed.get(encoding)) ?? file.path);
    return c.body(bytes, 200, { 'Content-Type': file.type });
  };

  return async (c) => {
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return undefined;
    const { path } = c.req;
    const name = path === '/' ? '/index.html' : path;
    const file = files.get(name);
    if (file) return send(c, name, file);
    const index = files.get('/index.html');
    const isPage = !noPage.test(path) && !path.includes('.');
    return index && isPage ? send(c, '/index.html', index) : undefined;
  };
}

function scan(dir: string): Map<string, WebFile> {
  const names = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const all = new Set(names);
  const files = new Map<string, WebFile>();
  for (const path of names) {
    if (/\.(br|gz)$/.test(path)) continue;
    const packed = new Map(
      encodings.flatMap(([name, end]) => (all.has(path + end) ? [[name, path + end] as const] : [])),
    );
    const digest = createHash('sha256').update(readFileSync(path)).digest('base64url').slice(0, 22);
    // Weak: the packed and the plain bytes share it.
    const etag = `W/"${digest}"`;
    const name = path.slice(dir.length).split(sep).join('/');
    files.set(name.startsWith('/') ? name : `/${name}`, {
      path,
      packed,
      etag,
      type: types[extname(path)] ?? 'application/octet-stream',
    });
  }
  return files;
}

/** The policy of pages and workers; inline scripts of the page are allowed by their hash, nothing else inline. */
function policyFor(index: WebFile | undefined): string {
  const html = index ? readFileSync(index.path, 'utf8') : '';
  const inline = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, code = '']) => ` 'sha256-${createHash('sha256').update(code).digest('base64')}'`,
  );
  return `default-src 'self'; script-src 'self'${inline.join('')}; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`;
}

function acceptedEncodings(header = ''): Set<string> {
  const parts = header.split(',').map((part) =>
    part
      .trim()
      .toLowerCase()
      .split(/\s*;\s*q\s*=\s*/),
  );
  return new Set(parts.filter(([, q]) => q === undefined || Number(q) > 0).map(([name = '']) => name));
}
