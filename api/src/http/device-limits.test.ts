import { afterAll, beforeAll, expect, test } from 'vitest';
import { issueToken } from '../flows/issue-token.ts';
import { openTestApp, type TestApp } from './test-app.ts';
import { type Menu, order, setMenu } from './test-menu.ts';

/**
 * An admin who is limited to the device `balcao`, against every route that names another one. Whatever changes
 * something of a device is refused; what the org knows of its devices everybody of the org reads.
 */
let kitchen: TestApp;
let menu: Menu;
let token: string;
let unsafe: string[];
const ids = { job: 0, movimento: 0, credential: '' };
beforeAll(async () => {
  const simulate = async () => ({ itens_completados: 0, itens_falhados: 0, execution_logs: [] });
  kitchen = await openTestApp(
    { env: { YAGUTS_REQUESTS_PER_MINUTE: '1000000' }, development: true },
    { simulate },
  );
  menu = await setMenu(kitchen);
  const password = 'long enough it is';
  await menu.as('POST', '/api/users', { user: 'adi', nome: 'Adi', role: 'admin', password });
  await menu.as('POST', '/api/devices', { id: 'balcao', nome: 'Balcão', frascos: 4 });
  await menu.as('PUT', '/api/users/adi/devices', { devices: ['balcao'] });
  const who = { org: 'demo', user: 'adi' };
  token = (await issueToken(kitchen.deps, who, { nome: 't', expira_em: null })).token;
  ids.job = (await order(menu)).json.id;
  const rows = async <T>(path: string) => (await menu.as<{ rows: T[] }>('GET', path)).json.rows;
  ids.movimento = (await rows<{ id: number }>('/api/estoque/movimentos'))[0]?.id ?? 0;
  ids.credential = (await rows<{ id: string }>('/api/devices/cozinha/credentials'))[0]?.id ?? '';
  const document = (await (await kitchen.send('GET', '/api/openapi.json')).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  unsafe = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => method !== 'get')
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
});
afterAll(() => kitchen.deps.close());

const send = async (method: string, path: string, body?: object) => {
  const answer = await kitchen.send(method, path, {
    headers: { Authorization: `Bearer ${token}` },
    ...(body && { body }),
  });
  return { status: answer.status, text: await answer.text() };
};
/** Bodies without which a route would refuse for another reason. */
const bodies: Readonly<Record<string, object>> = {
  'PATCH /api/devices/{id}': { nome: 'x' },
  'PUT /api/devices/{id}/frascos': { frascos: [] },
  'PUT /api/devices/{id}/queue': { job_ids: [] },
  'POST /api/devices/{id}/queue/pause': { pausada: true },
  'POST /api/devices/{id}/commands': { op: 'stop' },
  'POST /api/devices/{id}/calibrations': { frasco: 1, medidas: [{ ms: 1_000, gramas: 1 }] },
  'PATCH /api/jobs/{id}': { nota: 'x' },
};
/** For the platform operator, who is asked about no devices of an org. */
const operatorOnly = new Set(['POST /api/devices/{id}/move']);

test('every route that changes something of a device or of its jobs is closed', async () => {
  const named = unsafe.filter((route) => /^\w+ \/api\/(devices|jobs)\/\{id\}/.test(route));
  expect(named.length).toBeGreaterThan(20);
  for (const route of named) {
    if (operatorOnly.has(route)) continue;
    const [method = '', path = ''] = route.split(' ');
    const at = path
      .replace('/devices/{id}', '/devices/cozinha')
      .replace('/jobs/{id}', `/jobs/${ids.job}`)
      .replace('{credential}', ids.credential)
      .replace('{code}', 'gemeo');
    const answer = await send(method, at, bodies[route] ?? {});
    expect(answer.status, route).toBe(403);
    expect(answer.text, route).toContain('Your devices do not include');
  }
});

test('so is what names it in the body: jobs, movements, also by what they undo, and simulations', async () => {
  const wish = { receita_id: menu.receita_id, multiplicador: 1, device: 'cozinha' };
  const move = { device: 'cozinha', frasco: 1 };
  for (const [path, body] of [
    ['/api/jobs', wish],
    ['/api/jobs/preview', wish],
    ['/api/estoque/movimentos', { ...move, tipo: 'entrada', quantidade_g: 1 }],
    ['/api/estoque/movimentos', { ...move, tipo: 'ajuste', saldo_g: 1 }],
    ['/api/estoque/movimentos', { tipo: 'estorno', movimento_id: ids.movimento }],
    ['/devices/test/simulate-execution', { device: 'cozinha' }],
    ['/devices/test/simulate-execution', { job_id: ids.job }],
  ] as const)
    expect((await send('POST', path, body)).status, `${path} ${JSON.stringify(body)}`).toBe(403);
});

test('a receita is planned and poured on the devices that are theirs alone', async () => {
  const wish = { receita_id: menu.receita_id, multiplicador: 1 };
  const preview = await send('POST', '/api/jobs/preview', wish);
  // Only cozinha could pour it, and cozinha is not looked at.
  expect(JSON.parse(preview.text)).toMatchObject({ pode: false });
  expect(JSON.parse(preview.text).device).not.toBe('cozinha');
  expect((await send('POST', '/api/jobs', wish)).status).toBe(422);
});

test('their own device obeys them in everything', async () => {
  for (const [method, path, body] of [
    ['PATCH', '', { nome: 'Balcão novo' }],
    ['PUT', '/frascos', { frascos: [{ frasco: 1, tempero: 'Sal', g_por_s: 2 }] }],
    ['POST', '/queue/pause', { pausada: true }],
    ['POST', '/claim-code', {}],
    ['POST', '/credentials', {}],
    ['POST', '/calibrations', { frasco: 1, medidas: [{ ms: 1_000, gramas: 1 }] }],
  ] as const)
    expect((await send(method, `/api/devices/balcao${path}`, body)).status, path).toBeLessThan(300);
  const refill = { tipo: 'entrada', device: 'balcao', frasco: 1, quantidade_g: 1 };
  expect((await send('POST', '/api/estoque/movimentos', refill)).status).toBe(201);
});

test('what the organisation knows of its devices is read by everybody of it, over HTTP as on the topics', async () => {
  for (const path of [
    ...['/api/devices', '/api/devices/cozinha', '/api/devices/cozinha/frascos', '/api/devices/cozinha/queue'],
    ...['/api/devices/cozinha/commands', '/api/estoque?device=cozinha', '/api/jobs?device=cozinha'],
    ...[`/api/jobs/${ids.job}`, '/api/agent-tasks/execution-history?device=cozinha'],
  ])
    expect((await send('GET', path)).status, path).toBe(200);
});
