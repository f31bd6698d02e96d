import { type Permission, permissionsOf, roles } from '@yaguts/shared';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueToken } from '../flows/issue-token.ts';
import { addOrg } from '../identity/test-deps.ts';
import { openTestApp, type TestApp } from './test-app.ts';
import { type Menu, setMenu } from './test-menu.ts';

/** Every route of the document × every role, the device and a person of another org; then every body × garbage. */
let kitchen: TestApp;
let menu: Menu;
const tokens = new Map<string, Record<string, string>>();
interface Route {
  method: string;
  path: string;
  access: string;
  schema: { properties?: Record<string, object> } | undefined;
}
let routes: Route[] = [];

beforeAll(async () => {
  kitchen = await openTestApp({ env: { YAGUTS_REQUESTS_PER_MINUTE: '1000000' } });
  menu = await setMenu(kitchen);
  await addOrg(kitchen.deps, 'outra', 'dora');
  const { orm } = kitchen.deps.store.parts.db;
  const { users } = await import('../store/schema/index.ts');
  for (const role of roles)
    orm
      .insert(users)
      .values({ org_id: 'demo', user_id: `r-${role}`, nome: role, role, permissoes: [], criado_em: 1 })
      .run();
  for (const [org, user] of [...roles.map((role) => ['demo', `r-${role}`]), ['outra', 'dora']] as [
    string,
    string,
  ][]) {
    const made = await issueToken(kitchen.deps, { org, user }, { nome: 't', expira_em: null });
    tokens.set(user, { Authorization: `Bearer ${made.token}` });
  }
  const document = (await (await kitchen.send('GET', '/api/openapi.json')).json()) as {
    paths: Record<
      string,
      Record<string, { 'x-access': string; requestBody?: { content: Record<string, { schema: object }> } }>
    >;
  };
  routes = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, '999'),
      access: operation['x-access'],
      schema: operation.requestBody?.content['application/json']?.schema,
    })),
  );
});
afterAll(() => kitchen.deps.close());

const status = async (headers: Record<string, string>, { method, path }: Route): Promise<number> =>
  (await kitchen.send(method, path, { headers, ...(method !== 'GET' && { body: {} }) })).status;
const isPermission = (access: string): access is Permission =>
  (permissionsOf.dono as readonly string[]).includes(access);

describe('rights', () => {
  test.each(roles)('%s may use exactly the routes of its permissions', async (role) => {
    for (const route of routes.filter(({ access }) => isPermission(access))) {
      const answer = await status(tokens.get(`r-${role}`) ?? {}, route);
      const isAllowed = permissionsOf[role].includes(route.access as Permission);
      const what = `${role} ${route.method} ${route.path}`;
      if (isAllowed) expect([401, 403], what).not.toContain(answer);
      else expect(answer, what).toBe(403);
    }
  });

  test('nobody but the operator of the platform uses its routes, nobody but a device those of devices', async () => {
    for (const route of routes.filter(({ access }) => access === 'platform' || access === 'device'))
      for (const headers of tokens.values())
        expect(await status(headers, route), `${route.method} ${route.path}`).toBe(403);
  });

  test('a device uses its own routes only', async () => {
    for (const route of routes.filter(({ access }) => access !== 'open' && access !== 'device'))
      expect((await menu.asDevice(route.method, route.path)).status, `${route.method} ${route.path}`).toBe(
        403,
      );
  });

  test('the count of routes looked at is not zero', () => {
    expect(routes.filter(({ access }) => isPermission(access)).length).toBeGreaterThan(40);
  });
});

describe('bodies', () => {
  const garbage: unknown[] = [
    {},
    null,
    [],
    7,
    'text',
    '{"a":',
    { __proto__: null, constructor: { prototype: { admin: true } } },
    JSON.parse('{"__proto__":{"admin":true}}'),
    { id: '../../etc/passwd', nome: '\u0000', device: '+/#', user: 'u.ana' },
    { job_ids: Array(10_000).fill(1), frascos: Array(10_000).fill({}) },
  ];
  const values: unknown[] = [
    null,
    true,
    -1,
    0,
    1e308,
    '',
    '1',
    'x'.repeat(70_000),
    [],
    [[]],
    {},
    { a: { b: {} } },
  ];

  test('no garbage in any body makes a route fail inside or take it', async () => {
    let sent = 0;
    const withBody = routes.filter(({ schema, path }) => schema && !/^\/api\/(setup|session)/.test(path));
    for (const { method, path, schema, access } of withBody) {
      const names = Object.keys(schema?.properties ?? { type: 0 });
      const bodies = [
        ...garbage,
        ...names.flatMap((name) => values.map((value) => ({ [name]: value }))),
        ...values.map((value) => Object.fromEntries(names.map((name) => [name, value]))),
      ];
      for (const body of bodies) {
        const answer =
          access === 'device'
            ? await menu.asDevice(method, path, body)
            : await menu.as(method, path, body === null ? 'null' : body);
        sent++;
        kitchen.deps.advance(1_000);
        const what = `${method} ${path} ${JSON.stringify(body).slice(0, 200)}`;
        expect(answer.status, what).toBeLessThan(500);
        if (answer.status >= 400) expect(answer.json, what).toHaveProperty('code');
      }
    }
    expect(sent).toBeGreaterThan(500);
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
    expect(await kitchen.deps.store.wrongSaldos('demo')).toEqual([]);
  }, 120_000);
});
