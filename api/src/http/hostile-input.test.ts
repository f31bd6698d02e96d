import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestApp, type TestApp } from './test-app.ts';
import { type Menu, setMenu } from './test-menu.ts';

// Generated: every text field of every documented body, with names nobody hopes for. Nothing may fail inside,
// and what is taken comes back as it was given.

let kitchen: TestApp;
let menu: Menu;
beforeAll(async () => {
  kitchen = await openTestApp(
    { development: true, env: { YAGUTS_REQUESTS_PER_MINUTE: '1000000' } },
    { simulate: async () => ({}) },
  );
  menu = await setMenu(kitchen);
});
afterAll(() => kitchen.deps.close());

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'; drop table users; --",
  '=HYPERLINK("https://evil.example")',
  '../../../../etc/passwd',
  '+/#/$SYS',
  'yaguts/v1/outra/jobs/1/state',
  '__proto__',
  'constructor',
  '\u202eoãçudorp',
  '\u0000nul',
  'a\r\nSet-Cookie: x=1',
  '🧂'.repeat(40),
  '\ud800 half a pair',
  'x'.repeat(10_000),
  '{{7*7}}#{7*7}',
  '',
  '   ',
];

interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  minimum?: number;
  minItems?: number;
  default?: unknown;
  pattern?: string;
}
/** A body that fits, as far as its schema says. */
function sample(schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf) return sample(schema.anyOf[0] as Schema);
  if (schema.properties)
    return Object.fromEntries(Object.entries(schema.properties).map(([name, of]) => [name, sample(of)]));
  switch ([schema.type].flat()[0]) {
    case 'array':
      return schema.items ? [sample(schema.items)] : [];
    case 'number':
    case 'integer':
      return Math.max(1, schema.minimum ?? 1);
    case 'boolean':
      return false;
    case 'string':
      return 'abcdefghijkl';
    default:
      return {};
  }
}
/** Every place of a body that holds a text, as a path. */
function texts(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, of]) => texts(of, [...path, key]));
}
function withText(value: unknown, path: readonly (string | number)[], text: string): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return text;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = withText(copy[key], rest, text);
  return copy;
}

test('no text in any field of any body makes the platform fail inside', async () => {
  const document = (await (await kitchen.send('GET', '/api/openapi.json')).json()) as {
    paths: Record<string, Record<string, { requestBody?: { content: Record<string, { schema: Schema }> } }>>;
  };
  let tried = 0;
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { requestBody }] of Object.entries(methods)) {
      const schema = requestBody?.content['application/json']?.schema;
      // The session itself must last; what it is given is tried in session.test.ts.
      if (!schema || ['/api/setup', '/api/org/wipe', '/api/session/password'].includes(path)) continue;
      const body = sample(schema);
      const url = path.replaceAll(/\{\w+\}/g, '1');
      for (const place of texts(body)) {
        for (const text of hostile) {
          const { status } = await menu.as(method.toUpperCase(), url, withText(body, place, text));
          tried++;
          expect(
            status,
            `${method} ${path} ${place.join('.')} ${JSON.stringify(text.slice(0, 40))}`,
          ).toBeLessThan(500);
        }
      }
    }
  }
  expect(tried).toBeGreaterThan(800);
  expect(kitchen.deps.logged.filter(({ event }) => event === 'request_failed')).toEqual([]);
});

test('no text in a path or a query makes the platform fail inside, or finds what is not ours', async () => {
  for (const text of hostile.filter(Boolean)) {
    const part = encodeURIComponent(text.toWellFormed());
    for (const path of [`/api/devices/${part}`, `/api/jobs/${part}`, `/api/users/${part}/devices`]) {
      const { status } = await menu.as('GET', path);
      expect([200, 404, 405], `${path} ${status}`).toContain(path.includes('/users/') ? 404 : status);
    }
    const { status } = await menu.as('GET', `/api/agent-tasks/execution-history?receita=${part}`);
    expect([200, 422]).toContain(status);
  }
});

test('a name that is taken comes back letter by letter', async () => {
  for (const nome of hostile.slice(0, 6)) {
    const made = await menu.as<{ id: number; nome: string; notas: string }>('POST', '/api/receitas', {
      ...{ nome: nome.slice(0, 30), notas: nome, tags: [], favorita: false },
      itens: [{ tempero: 'Sal', quantidade_g: 1 }],
    });
    expect(made.status, nome).toBe(201);
    expect(made.json).toMatchObject({ nome: nome.slice(0, 30).trim(), notas: nome });
  }
});
