import { errorTable } from '@yaguts/shared';
import type { Hono } from 'hono';
import { generateSpecs } from 'hono-openapi';
import { open } from './access.ts';
import { describe } from './describe.ts';
import type { Env } from './env.ts';

const problem = {
  type: 'object',
  description: 'RFC 9457 problem',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(errorTable) },
    detail: { type: 'string', description: 'One sentence for the person' },
    instance: { type: 'string' },
    request_id: { type: 'string', description: 'Finds the request in the log' },
    retry_after_s: { type: 'number', description: 'As the header Retry-After, in seconds' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' }, code: { type: 'string' } },
      },
    },
  },
} as const;

const about = `Errors are \`application/problem+json\` with a stable \`code\`. Every POST takes an
\`Idempotency-Key\`: the first success is kept for 24 hours and given again. When the platform stops between a request
and its answer, the same key does what was not done, and is \`conflict\` when it may have been done. The organisation
comes from the credential; what belongs to another one is 404.`;

/** The OpenAPI 3.1 document of every route of the app, made once at the first request. */
export function addOpenApi(app: Hono<Env>, version: string): void {
  let document: Promise<object> | undefined;
  app.get(
    '/api/openapi.json',
    describe('docs', 'This document', { media: 'application/json' }),
    open(),
    async (c) => {
      document ??= openApiOf(app, version);
      return c.json(await document);
    },
  );
}

/** Makes the document; `app` must have all its routes. */
export function openApiOf(app: Hono<Env>, version: string): Promise<object> {
  return generateSpecs(app, {
    // Paths with a dot are documented too: openapi.json, security.txt.
    excludeStaticFile: false,
    documentation: {
      info: { title: 'Yaguts', version, description: about },
      tags: [],
      components: {
        schemas: { Problem: problem as object },
        securitySchemes: {
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'yaguts',
            description: 'Session cookie (`__Host-yaguts` under TLS)',
          },
          token: { type: 'http', scheme: 'bearer', description: 'A personal token' },
          device: {
            type: 'http',
            scheme: 'basic',
            description: '`{org}.{device}` and the secret of the device',
          },
        },
      },
    },
  });
}
