import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Hono } from 'hono';
import { open } from './access.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';

/** The page sets its own styles from script, so its policy is laxer than that of our pages in that one point. */
const csp =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Yaguts API</title>
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<div id="swagger-ui"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/init.js"></script>
</html>
`;
const init = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#swagger-ui', deepLinking: true });\n`;

const files = { 'swagger-ui.css': 'text/css', 'swagger-ui-bundle.js': 'text/javascript' } as const;

/** The page of the API, from files of our own: the usual wrapper loads from a CDN and is dead offline. */
export function docsRoutes(): Routes {
  const dist = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const packed = new Map<string, Promise<Buffer>>();
  const pack = (name: string): Promise<Buffer> => {
    const known = packed.get(name) ?? readFile(join(dist, name)).then((bytes) => promisify(gzip)(bytes));
    packed.set(name, known);
    return known;
  };
  const app = new Hono<Env>()
    .get('/api/docs', describe('docs', 'This page', { media: 'text/html' }), open(), (c) => {
      c.header('Content-Security-Policy', csp);
      return c.html(page);
    })
    .get(
      '/api/docs/init.js',
      describe('docs', 'Starts the page', { media: 'text/javascript' }),
      open(),
      (c) => c.body(init, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
    );
  for (const [name, type] of Object.entries(files)) {
    app.get(
      `/api/docs/${name}`,
      describe('docs', `${name} of swagger-ui`, { media: type }),
      open(),
      async (c) => {
        c.header('Cache-Control', 'public, max-age=86400');
        // Every browser that runs this page unpacks gzip.
        c.header('Content-Encoding', 'gzip');
        return c.body((await pack(name)) as Uint8Array<ArrayBuffer>, 200, {
          'Content-Type': `${type}; charset=utf-8`,
        });
      },
    );
  }
  return app;
}
