import { createHash } from 'node:crypto';
import { type Permission, permissionsOf, type Role, roles } from '@yaguts/shared';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueToken } from '../flows/issue-token.ts';
import { addOrg } from '../identity/test-deps.ts';
import { users } from '../store/schema/index.ts';
import { openTestApp, type TestApp } from './test-app.ts';
import { type Menu, order, setMenu } from './test-menu.ts';

/**
 * Every HTTP route × every role × two organisations. Who may use a route stands here a second time, apart from
 * the routes: whoever adds one, or moves one to another permission, says so here too.
 */
const expected: Readonly<Record<string, readonly string[]>> = {
  open: [
    'GET /healthz',
    'GET /readyz',
    'GET /metrics',
    'GET /.well-known/security.txt',
    'GET /api/setup',
    'POST /api/setup',
    'POST /api/session',
    'POST /api/session/code',
    'POST /api/session/reset',
    'POST /api/devices/claim',
    'POST /api/invites/look',
    'POST /api/invites/accept',
    'GET /api/docs',
    'GET /api/docs/init.js',
    'GET /api/docs/swagger-ui.css',
    'GET /api/docs/swagger-ui-bundle.js',
    'GET /api/openapi.json',
  ],
  device: ['GET /devices/me/next_job', 'POST /devices/me/jobs/{job_id}/complete', 'POST /jobs'],
  platform: [
    'GET /api/websocket/stats',
    'GET /api/orgs',
    'POST /api/orgs',
    'POST /api/orgs/import',
    'POST /api/devices/{id}/move',
    'GET /api/installation/operators',
    'PUT /api/installation/operators/{user}',
    'DELETE /api/installation/operators/{user}',
    'POST /api/installation/owners/{user}/reset-code',
    'GET /api/installation/audit',
    'GET /api/installation/audit/export',
    'GET /api/installation/audit/verify',
  ],
  'signed-in': [
    'GET /api/session',
    'DELETE /api/session',
    'POST /api/session/mqtt-token',
    'PUT /api/session/password',
    'GET /api/sessions',
    'DELETE /api/sessions',
    'DELETE /api/sessions/{id}',
    'GET /api/tokens',
    'POST /api/tokens',
    'DELETE /api/tokens/{id}',
    'GET /api/events',
    'POST /api/events/read',
    'GET /api/preferences',
    'PUT /api/preferences',
    'GET /api/users',
    'GET /api/org',
    'GET /api/org/approval',
    'GET /api/org/retention',
  ],
  'jobs:view': [
    'GET /api/temperos',
    'GET /api/receitas',
    'GET /api/receitas/{id}',
    'GET /api/devices',
    'GET /api/devices/{id}',
    'GET /api/devices/{id}/commands',
    'GET /api/devices/{id}/queue',
    'GET /api/jobs',
    'GET /api/jobs/{id}',
  ],
  'history:view': ['GET /api/agent-tasks/execution-history', 'GET /api/history/summary'],
  'estoque:view': [
    'GET /api/devices/{id}/frascos',
    'GET /api/devices/{id}/frascos/{frasco}/history',
    'GET /api/estoque',
    'GET /api/estoque/movimentos',
  ],
  'jobs:create': [
    'POST /api/jobs',
    'POST /api/jobs/preview',
    'PATCH /api/jobs/{id}',
    'POST /api/jobs/{id}/retry',
    'POST /api/jobs/{id}/retry/preview',
    'POST /api/devices/{id}/queue/next',
    'POST /devices/test/simulate-execution',
  ],
  'jobs:stop': [
    'POST /api/stop',
    'POST /api/jobs/{id}/cancel',
    'POST /api/jobs/{id}/pause',
    'POST /api/jobs/{id}/resume',
    'POST /api/devices/{id}/commands',
  ],
  'jobs:approve': ['POST /api/jobs/{id}/approve', 'POST /api/jobs/{id}/reject'],
  'jobs:close': ['POST /api/jobs/{id}/close'],
  'queue:manage': ['PUT /api/devices/{id}/queue', 'POST /api/devices/{id}/queue/pause'],
  'receitas:edit': [
    'POST /api/temperos',
    'PUT /api/temperos/{id}',
    'DELETE /api/temperos/{id}',
    'POST /api/receitas',
    'PUT /api/receitas/{id}',
    'DELETE /api/receitas/{id}',
  ],
  'estoque:edit': ['POST /api/estoque/movimentos'],
  'devices:operate': ['POST /api/devices/{id}/calibrations', 'DELETE /api/devices/{id}/alerts/{code}'],
  'devices:manage': [
    'POST /api/devices',
    'PATCH /api/devices/{id}',
    'DELETE /api/devices/{id}',
    'PUT /api/devices/{id}/frascos',
    'POST /api/devices/{id}/claim-code',
    'GET /api/devices/{id}/credentials',
    'POST /api/devices/{id}/credentials',
    'DELETE /api/devices/{id}/credentials/{credential}',
    'GET /api/rejected-messages',
  ],
  'people:manage': [
    'POST /api/users',
    'PATCH /api/users/{user}',
    'GET /api/users/{user}/devices',
    'PUT /api/users/{user}/devices',
    'POST /api/users/{user}/reset-code',
    'GET /api/users/{user}/sessions',
    'DELETE /api/users/{user}/sessions',
    'GET /api/users/{user}/tokens',
    'DELETE /api/users/{user}/tokens/{id}',
    'GET /api/invites',
    'POST /api/invites',
    'DELETE /api/invites/{id}',
  ],
  'events:send': ['POST /api/events'],
  'audit:view': ['GET /api/audit', 'GET /api/audit/export', 'GET /api/audit/verify'],
  'org:manage': [
    'PATCH /api/org',
    'PUT /api/org/approval',
    'PUT /api/org/retention',
    'GET /api/limits',
    'GET /api/org/export',
  ],
  'org:own': ['POST /api/org/wipe', 'POST /api/org/transfer'],
};
const table = new Map(
  Object.entries(expected).flatMap(([access, routes]) => routes.map((route) => [route, access] as const)),
);

/** These speak of the browser session that asks; a token, as used here, has none. */
const needsSession: ReadonlySet<string> = new Set([
  'DELETE /api/session',
  'POST /api/session/mqtt-token',
  'PUT /api/session/password',
  'GET /api/sessions',
  'DELETE /api/sessions',
  'DELETE /api/sessions/{id}',
]);
const isAllowed = (role: Role, route: string): boolean => {
  const access = table.get(route) ?? '';
  if (access === 'signed-in') return !needsSession.has(route);
  return permissionsOf[role].includes(access as Permission);
};

/** A word in every name of the first organisation: seen from the other one, it is a leak. */
const mark = 'SEGREDO';
let kitchen: TestApp;
let menu: Menu;
let documented = new Map<string, string>();
let named: (route: string) => string;
let bodies: Record<string, object>;
const tokens = new Map<string, string>();

const send = async (person: string, route: string, path: string, body?: object) => {
  const [method = ''] = route.split(' ');
  const headers = { Authorization: `Bearer ${tokens.get(person)}` };
  const answer = await kitchen.send(method, path, {
    headers,
    ...(method !== 'GET' && method !== 'DELETE' && { body: body ?? {} }),
  });
  return { status: answer.status, text: await answer.text() };
};

beforeAll(async () => {
  const simulate = async () => ({ itens_completados: 0, itens_falhados: 0, execution_logs: [] });
  const env = { YAGUTS_REQUESTS_PER_MINUTE: '1000000' };
  kitchen = await openTestApp({ env, development: true }, { simulate });
  menu = await setMenu(kitchen);
  await addOrg(kitchen.deps, 'outra', 'dora');
  const { orm } = kitchen.deps.store.parts.db;
  for (const [org, head] of [
    ['demo', 'a'],
    ['outra', 'b'],
  ] as const)
    for (const role of roles) {
      const user = `${head}-${role}`;
      const row = { org_id: org, user_id: user, nome: head === 'a' ? `${mark} ${role}` : role, role };
      orm
        .insert(users)
        .values({ ...row, permissoes: [], criado_em: 1 })
        .run();
      const made = await issueToken(
        kitchen.deps,
        { org, user },
        { nome: head === 'a' ? `${mark} t` : 't', expira_em: null },
      );
      tokens.set(user, made.token);
      if (user === 'a-leitor') tokens.set('a-leitor/id', made.id);
    }
  // The other organisation has what it needs to mean the first one's things.
  await send('b-dono', 'POST /api/temperos', '/api/temperos', { nome: 'Sal' });
  const tempero = (await menu.as<{ id: number }>('POST', '/api/temperos', { nome: `${mark} sal` })).json.id;
  await menu.as('PATCH', '/api/devices/cozinha', { nome: `${mark} cozinha` });
  await menu.as('PATCH', '/api/org', { nome: `${mark} org` });
  const job = (await order(menu)).json.id;
  await menu.as('PATCH', `/api/jobs/${job}`, { nota: `${mark} nota` });
  const credential = (await menu.as<{ rows: { id: string }[] }>('GET', '/api/devices/cozinha/credentials'))
    .json;
  const invite = (
    await menu.as<{ id: string }>('POST', '/api/invites', { nome: `${mark} x`, role: 'leitor' })
  ).json;
  const move = (await menu.as<{ rows: { id: number }[] }>('GET', '/api/estoque/movimentos')).json.rows[0]?.id;

  const ids: readonly [RegExp, string | number | undefined][] = [
    [/(?<=\/temperos\/)\{id\}/, tempero],
    [/(?<=\/receitas\/)\{id\}/, menu.receita_id],
    [/(?<=\/devices\/)\{id\}/, 'cozinha'],
    [/(?<=\/jobs\/)\{(job_)?id\}/, job],
    [/(?<=\/(users|operators|owners)\/)\{user\}/, 'a-leitor'],
    [/(?<=\/tokens\/)\{id\}/, tokens.get('a-leitor/id')],
    [/(?<=\/sessions\/)\{id\}/, '0123456789abcdef'],
    [/(?<=\/invites\/)\{id\}/, invite.id],
    [/\{credential\}/, credential.rows[0]?.id],
    [/\{frasco\}/, 1],
    [/\{code\}/, 'gemeo'],
  ];
  named = (route) => {
    const path = ids.reduce((left, [hole, id]) => left.replace(hole, String(id)), route.split(' ')[1] ?? '');
    if (/[{}]|undefined/.test(path))
      throw new Error(`${route}: nothing of the first organisation for ${path}`);
    return path;
  };
  const receita = { nome: 'x', itens: [{ tempero: 'Sal', quantidade_g: 1 }] };
  const wish = { receita_id: menu.receita_id, multiplicador: 1, device: 'cozinha' };
  bodies = {
    'PUT /api/session/password': { atual: 'x', nova: 'long enough it is' },
    'PUT /api/temperos/{id}': { nome: 'x' },
    'PUT /api/receitas/{id}': receita,
    'PATCH /api/devices/{id}': { nome: 'x' },
    'PUT /api/devices/{id}/frascos': { frascos: [] },
    'PUT /api/devices/{id}/queue': { job_ids: [job] },
    'POST /api/devices/{id}/queue/pause': { pausada: true },
    'POST /api/devices/{id}/commands': { op: 'stop' },
    'POST /api/devices/{id}/calibrations': { frasco: 1, medidas: [{ ms: 1_000, gramas: 1 }] },
    'PATCH /api/jobs/{id}': { nota: 'x' },
    'PATCH /api/users/{user}': { nome: 'x' },
    'PUT /api/users/{user}/devices': { devices: ['cozinha'] },
    // Without a path of their own, these name the first organisation's things in the body.
    'POST /api/jobs': wish,
    'POST /api/jobs/preview': wish,
    'POST /api/estoque/movimentos': { tipo: 'estorno', movimento_id: move },
    'POST /api/events': { type: 'x', data: {}, user: 'a-leitor' },
    'POST /api/org/wipe': { confirmacao: 'demo' },
    'POST /api/org/transfer': { user: 'a-dono' },
  };
  const document = (await (await kitchen.send('GET', '/api/openapi.json')).json()) as {
    paths: Record<string, Record<string, { 'x-access': string }>>;
  };
  documented = new Map(
    Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => [
        `${method.toUpperCase()} ${path}`,
        operation['x-access'],
      ]),
    ),
  );
});
afterAll(() => kitchen.deps.close());

/** Everything of the first organisation but its audit, which tells of what is done here too. */
async function fingerprint(): Promise<string> {
  const digest = createHash('sha256');
  for await (const text of kitchen.deps.store.exportOrg('demo', { plataforma: '', now: 0 }))
    for (const line of text.split('\n')) if (!/^\{"(tabela":"audit|fim)"/.test(line)) digest.update(line);
  return digest.digest('hex');
}

test('who may use a route is what stands here, for every route of the app', () => {
  expect(Object.fromEntries([...documented].sort())).toEqual(Object.fromEntries([...table].sort()));
});

let cells = 0;
const guarded = (): string[] => [...table].flatMap(([route, access]) => (access === 'open' ? [] : [route]));
describe('in the own organisation', () => {
  test.each(roles)('%s uses the routes of their permissions and no others', async (role) => {
    const wrong: string[] = [];
    for (const route of guarded()) {
      // Ids of nothing: what is allowed must pass the door and then find nothing, or miss its body.
      const path = (route.split(' ')[1] ?? '').replaceAll(/\{\w+\}/g, '999');
      const body = needsSession.has(route) ? bodies[route] : undefined;
      const { status } = await send(`a-${role}`, route, path, body);
      cells++;
      if (isAllowed(role, route) ? [401, 403].includes(status) : status !== 403)
        wrong.push(`${route}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });
});

describe('from another organisation', () => {
  test.each(roles)('%s finds nothing and changes nothing of the first one', async (role) => {
    const before = await fingerprint();
    const wrong: string[] = [];
    for (const route of guarded()) {
      const { status, text } = await send(`b-${role}`, route, named(route), bodies[route]);
      cells++;
      // An id of another organisation is an id of nothing.
      const foreign = route === 'POST /api/org/wipe' ? 422 : 404;
      const isFine = !isAllowed(role, route)
        ? status === 403
        : status === foreign || (!route.includes('{') && bodies[route] === undefined);
      if (!isFine || text.includes(mark)) wrong.push(`${route}: ${status} ${text.slice(0, 200)}`);
    }
    expect(wrong).toEqual([]);
    expect(await fingerprint()).toBe(before);
  });

  test('the mark would be seen: whoever belongs there sees it', async () => {
    const seen = await Promise.all(
      ['GET /api/devices', 'GET /api/jobs/{id}', 'GET /api/users', 'GET /api/org', 'GET /api/invites'].map(
        async (route) => (await send('a-dono', route, named(route))).text.includes(mark),
      ),
    );
    expect(seen).toEqual([true, true, true, true, true]);
    const before = await fingerprint();
    await send('a-dono', 'PATCH /api/jobs/{id}', named('PATCH /api/jobs/{id}'), { nota: 'outra' });
    expect(await fingerprint()).not.toBe(before);
  });

  test('the matrix has its size', () => {
    expect(cells).toBe(guarded().length * roles.length * 2);
    console.log(
      `access matrix: ${guarded().length} guarded routes (${table.size} in all) × ${roles.length} roles × 2 organisations = ${cells} requests, 0 leaks`,
    );
  });
});
