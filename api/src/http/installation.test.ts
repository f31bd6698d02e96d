import { afterEach, beforeEach, expect, test } from 'vitest';
import { addOrg } from '../identity/test-deps.ts';
import { openTestApp, problemFrom, type TestApp } from './test-app.ts';

let app: TestApp;
let ana: Record<string, string>;
beforeEach(async () => {
  app = await openTestApp({ env: { YAGUTS_REQUESTS_PER_MINUTE: '100000' } });
  await addOrg(app.deps, 'outra', 'dora');
  ana = await app.cookieOf('ana');
});
afterEach(() => app.deps.close());

const operators = async (): Promise<string[]> => {
  const answer = await app.send('GET', '/api/installation/operators', { headers: ana });
  return ((await answer.json()) as { rows: { user: string; org: string }[] }).rows.map(({ user }) => user);
};
const set = (method: 'PUT' | 'DELETE', user: string, headers = ana): Promise<Response> =>
  app.send(method, `/api/installation/operators/${user}`, { headers });
const acts = async (path: string, headers = ana) => {
  const answer = await app.send('GET', path, { headers });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { rows: { acao: string; alvo: string; quem: string }[] }).rows;
};

test('whoever runs the installation names another one, of whatever organisation, from their next request on', async () => {
  const dora = await app.cookieOf('dora');
  const list = () => app.send('GET', '/api/orgs', { headers: dora });
  expect((await list()).status).toBe(403);
  expect((await set('PUT', 'dora', dora)).status).toBe(403);
  expect((await set('PUT', 'dora')).status).toBe(204);
  expect((await list()).status).toBe(200);
  expect(await operators()).toEqual(['ana', 'dora']);
  expect((await set('DELETE', 'dora')).status).toBe(204);
  expect((await list()).status).toBe(403);
  expect((await set('PUT', 'nobody')).status).toBe(404);
});

test('an owner of any organisation who cannot get in is given a link by who runs the installation, on both records', async () => {
  const link = (user: string, headers = ana) =>
    app.send('POST', `/api/installation/owners/${user}/reset-code`, { headers, body: {} });
  const dora = await app.cookieOf('dora');
  expect((await link('dora', dora)).status).toBe(403);
  const { code } = (await (await link('dora')).json()) as { code: string };
  expect((await app.send('GET', '/api/session', { headers: dora })).status).toBe(200);
  const body = { code, password: 'another long password' };
  expect((await app.send('POST', '/api/session/reset', { body })).status).toBe(200);
  expect((await app.send('GET', '/api/session', { headers: dora })).status).toBe(401);
  const act = { acao: 'password-reset.issue', alvo: 'user:dora', quem: 'ana' };
  expect((await acts('/api/installation/audit'))[0]).toMatchObject(act);
  const again = await app.cookieOf('dora', body.password);
  expect(await acts('/api/audit', again)).toContainEqual(expect.objectContaining(act));
  // Not for who is no owner, nor for who runs the installation: that would be an equal.
  const bia = { user: 'bia', nome: 'Bia', role: 'admin', password: 'a long password' };
  await app.send('POST', '/api/users', { headers: again, body: bia });
  for (const user of ['bia', 'nobody']) expect((await link(user)).status, user).toBe(404);
  await set('PUT', 'dora');
  for (const user of ['dora', 'ana']) expect((await link(user)).status, user).toBe(403);
});

test('one who runs the installation always stays: neither taken away nor disabled', async () => {
  expect(await problemFrom(await set('DELETE', 'ana'))).toMatchObject({ status: 409, code: 'conflict' });
  const bia = { user: 'bia', nome: 'Bia', role: 'dono', password: 'a long password' };
  expect((await app.send('POST', '/api/users', { headers: ana, body: bia })).status).toBe(201);
  const disable = () => app.send('PATCH', '/api/users/ana', { headers: ana, body: { desativado: true } });
  expect(await problemFrom(await disable())).toMatchObject({ status: 409, code: 'conflict' });
  expect((await set('PUT', 'dora')).status).toBe(204);
  expect((await disable()).status).toBe(200);
  const dora = await app.cookieOf('dora');
  expect((await set('DELETE', 'dora', dora)).status).toBe(409);
  // Who is disabled does not count, and cannot be named.
  expect((await set('PUT', 'ana', dora)).status).toBe(404);
});

test('it is an act of the installation and of the organisation of the person, and only when something changes', async () => {
  for (const method of ['PUT', 'PUT', 'DELETE'] as const) await set(method, 'dora');
  const change = { acao: 'operator.change', alvo: 'user:dora', quem: 'ana' };
  expect(await acts('/api/installation/audit?acao=operator')).toMatchObject([
    { ...change, depois: { plataforma: false } },
    { ...change, depois: { plataforma: true } },
  ]);
  const dora = await app.cookieOf('dora');
  expect(await acts('/api/audit?acao=operator', dora)).toHaveLength(2);
  expect(await acts('/api/audit?acao=operator')).toHaveLength(0);
});

test('the acts of the installation are searched, taken out and verified apart from those of any organisation', async () => {
  const body = { org: 'padaria', nome: 'Padaria', dono: 'Rui' };
  expect((await app.send('POST', '/api/orgs', { headers: ana, body })).status).toBe(201);
  expect(await acts('/api/installation/audit?alvo=padaria')).toMatchObject([
    { acao: 'org.create', quem: 'ana' },
  ]);
  const csv = await (await app.send('GET', '/api/installation/audit/export', { headers: ana })).text();
  expect(csv).toContain('org.create');
  expect(csv).not.toContain('org.setup');
  const verify = async () =>
    (await app.send('GET', '/api/installation/audit/verify', { headers: ana })).json();
  expect(await verify()).toMatchObject({ rows: 1, n: 1, forgotten: 0, broken: null });
  app.deps.store.parts.db.orm.run(`update audit set quem = 'eva' where org_id = ''`);
  expect(await verify()).toMatchObject({ broken: 1 });
});
