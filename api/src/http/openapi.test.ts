import { afterAll, beforeAll, expect, test } from 'vitest';
import { issueToken } from '../flows/issue-token.ts';
import { openTestApp, type TestApp } from './test-app.ts';

let kitchen: TestApp;
let document: {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
};
interface Operation {
  summary?: string;
  tags?: string[];
  responses: Record<string, { content?: Record<string, unknown> }>;
  'x-access'?: string;
  requestBody?: { content: Record<string, { schema: object }> };
}
beforeAll(async () => {
  kitchen = await openTestApp({ development: true }, { simulate: async () => ({}) });
  document = (await (await kitchen.send('GET', '/api/openapi.json')).json()) as never;
});
afterAll(() => kitchen.deps.close());

const routes = (): { method: string; path: string }[] =>
  kitchen.app.routes
    .filter((route) => route.method !== 'ALL')
    .map(({ method, path }) => ({
      method: method.toLowerCase(),
      path: path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}'),
    }));

test('every route of the app is in the document, and nothing else', () => {
  const inApp = new Set(routes().map(({ method, path }) => `${method} ${path}`));
  const inDocument = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  );
  expect(inApp.size).toBeGreaterThan(20);
  expect(inDocument.sort()).toEqual([...inApp].sort());
});

test('every route says what it is for, who may use it and what it answers', () => {
  for (const { method, path } of routes()) {
    const operation = document.paths[path]?.[method];
    expect(operation?.summary, `${method} ${path}`).toBeTruthy();
    expect(operation?.tags, `${method} ${path}`).toHaveLength(1);
    expect(operation?.['x-access'], `${method} ${path}`).toBeTruthy();
    expect(
      Object.keys(operation?.responses ?? {}).some((status) => status.startsWith('2')),
      path,
    ).toBe(true);
  }
});

test('it is OpenAPI 3.1 with a schema for bodies and for problems', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(document.components.schemas).toHaveProperty('Problem');
  expect(
    document.paths['/api/session']?.post?.requestBody?.content['application/json']?.schema,
  ).toMatchObject({
    required: ['user', 'password'],
  });
});

test('nobody without a credential gets past a route that is not open', async () => {
  let asked = 0;
  for (const { method, path } of routes()) {
    if (document.paths[path]?.[method]?.['x-access'] === 'open') continue;
    // Each from an address of its own: there are more routes than one address may ask at once.
    const address = `10.1.${Math.floor(++asked / 250)}.${asked % 250}`;
    const answer = await kitchen.send(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, '1'), { address });
    expect(answer.status, `${method} ${path}`).toBe(401);
  }
});

test('the page of the API loads nothing from elsewhere and has a policy of its own', async () => {
  const page = await kitchen.send('GET', '/api/docs');
  const html = await page.text();
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
  const sources = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? '');
  expect(sources).toHaveLength(3);
  for (const source of sources) {
    expect(source).toMatch(/^\/api\/docs\//);
    expect((await kitchen.send('GET', source)).status).toBe(200);
  }
});

test('the tests hold every answer against what its route documents', async () => {
  const wrong = await openTestApp(
    {},
    { ready: async () => ({ ok: true, checks: { database: 7 as never } }) },
  );
  await expect(wrong.send('GET', '/readyz')).rejects.toThrow(/does not answer what it documents/);
  const made = await issueToken(wrong.deps, { org: 'demo', user: 'ana' }, { nome: 't', expira_em: null });
  wrong.deps.store.listTemperos = async () => [{ id: 'x' } as never];
  const headers = { Authorization: `Bearer ${made.token}` };
  await expect(wrong.send('GET', '/api/temperos', { headers })).rejects.toThrow(/rows.0.id/);
  await wrong.deps.close();
});
