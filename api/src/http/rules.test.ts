import { afterAll, beforeAll, expect, test } from 'vitest';
import { issueToken } from '../flows/issue-token.ts';
import { addOrg } from '../identity/test-deps.ts';
import { openTestApp, type TestApp } from './test-app.ts';
import { type Menu, setMenu } from './test-menu.ts';

let kitchen: TestApp;
let menu: Menu;
let op: Record<string, string>;
const asOp = async (method: string, path: string, body?: unknown) => {
  const answer = await kitchen.send(method, path, { headers: op, ...(body !== undefined && { body }) });
  const text = await answer.text();
  return { status: answer.status, json: (text ? JSON.parse(text) : null) as Record<string, unknown> };
};

beforeAll(async () => {
  kitchen = await openTestApp();
  menu = await setMenu(kitchen);
  const { deps } = kitchen;
  await menu.as('POST', '/api/users', {
    user: 'oto',
    nome: 'Oto',
    role: 'operador',
    password: 'long enough 1',
  });
  const made = await issueToken(deps, { org: 'demo', user: 'oto' }, { nome: 't', expira_em: null });
  op = { Authorization: `Bearer ${made.token}` };
  await menu.as('POST', '/api/devices', { id: 'balcao', nome: 'Balcão', frascos: 4 });
});
afterAll(() => kitchen.deps.close());

test('an operator limited to one device works with it and with no other', async () => {
  const order = (device: string) =>
    asOp('POST', '/api/jobs', { receita_id: menu.receita_id, multiplicador: 1, device });
  const made = await menu.as<{ job_id: number }>('POST', '/api/jobs', {
    receita_id: menu.receita_id,
    multiplicador: 1,
    device: 'cozinha',
  });
  expect(made.status).toBe(201);
  const limit = await menu.as('PUT', '/api/users/oto/devices', { devices: ['balcao', 'balcao'] });
  expect(limit).toMatchObject({ status: 200, json: { devices: ['balcao'] } });
  const job = `/api/jobs/${made.json.job_id}`;
  for (const [method, path, body] of [
    ['POST', '/api/devices/cozinha/commands', { op: 'stop' }],
    ['PUT', '/api/devices/cozinha/queue', { job_ids: [] }],
    ['POST', '/api/devices/cozinha/queue/next'],
    ['POST', '/api/devices/cozinha/queue/pause', { pausada: true }],
    ['POST', `${job}/cancel`],
  ] as const) {
    expect(await asOp(method, path, body), path).toMatchObject({ status: 403 });
  }
  expect((await order('cozinha')).status).toBe(403);
  expect((await asOp('POST', '/api/stop')).json).toEqual({ devices: [], jobs: [] });
  expect((await asOp('POST', '/api/devices/balcao/queue/pause', { pausada: true })).status).toBe(200);

  await menu.as('PUT', '/api/users/oto/devices', { devices: [] });
  expect((await asOp('POST', `${job}/cancel`)).status).toBe(200);
});

test('a limit names people and devices of the own org only', async () => {
  await addOrg(kitchen.deps, 'outra', 'zeca');
  expect((await menu.as('PUT', '/api/users/zeca/devices', { devices: ['balcao'] })).status).toBe(404);
  expect((await menu.as('PUT', '/api/users/oto/devices', { devices: ['nada'] })).status).toBe(404);
  expect((await menu.as('GET', '/api/users/oto/devices')).json).toEqual({ devices: [] });
});

test('limits for approval are read as they were set', async () => {
  const set = { acima_g: 250.5, acima_multiplicador: 3, alergenos: ['Glúten'] };
  expect(await menu.as('PUT', '/api/org/approval', set)).toMatchObject({ status: 200, json: set });
  expect((await asOp('GET', '/api/org/approval')).json).toEqual({ ...set, proprios: false });
  expect((await asOp('PUT', '/api/org/approval', set)).status).toBe(403);
  const none = { acima_g: null, acima_multiplicador: null, alergenos: [] };
  expect((await menu.as('PUT', '/api/org/approval', none)).json).toEqual({ ...none, proprios: false });
});

test('a device moves to another org: its history stays, its credential ends, a code lets it in over there', async () => {
  const { deps } = kitchen;
  await menu.as('POST', '/api/devices', { id: 'viajante', nome: 'Viajante', frascos: 3 });
  const move = (body: unknown) => menu.as<{ code: string }>('POST', '/api/devices/viajante/move', body);
  expect((await asOp('POST', '/api/devices/viajante/move', { org: 'outra' })).status).toBe(403);
  expect((await move({ org: 'nenhuma' })).status).toBe(404);
  expect((await move({ org: 'demo' })).status).toBe(422);
  const moved = await move({ org: 'outra', device: 'chegou' });
  expect(moved).toMatchObject({ status: 201, json: { org: 'outra', device: 'chegou' } });
  expect(await deps.store.deviceState('demo', 'viajante')).toBeUndefined();
  expect(await deps.store.liveCredentials('demo', 'viajante')).toEqual([]);
  expect(await deps.store.deviceState('outra', 'chegou')).toMatchObject({
    nome: 'Viajante',
    presence: 'never',
  });
  const cleared = deps.published.filter(({ payload }) => payload === null).map(({ key }) => key);
  expect(cleared).toContain('deviceState');
  const claim = await kitchen.send('POST', '/api/devices/claim', { body: { code: moved.json.code } });
  expect(await claim.json()).toMatchObject({ org: 'outra', device: 'chegou', client_id: 'outra.chegou' });
  expect((await move({ org: 'outra' })).status).toBe(404);
});

test('who tries codes over HTTP is told to wait, and how long', async () => {
  const guess = () =>
    kitchen.send('POST', '/api/devices/claim', { body: { code: 'aaaaaaaaaaaa' }, address: '10.9.9.9' });
  for (let n = 0; n < 10; n++) expect((await guess()).status).toBe(404);
  const refused = await guess();
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('30');
});

test('one person is told to wait however many addresses they come from, and it shows in /metrics', async () => {
  const slow = await openTestApp({ env: { YAGUTS_REQUESTS_PER_MINUTE: '60' } });
  const headers = await slow.cookieOf('ana');
  const ask = (n: number) => slow.send('GET', '/api/session', { headers, address: `10.2.0.${n}` });
  for (let n = 0; n < 20; n++) expect((await ask(n)).status).toBe(200);
  const refused = await ask(21);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  const metrics = await slow.send('GET', '/metrics', { address: '127.0.0.1' });
  expect(await metrics.text()).toContain('yaguts_rate_limited_total{by="person"} 1');
  await slow.deps.close();
});
