import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyRetention } from '../flows/apply-retention.ts';
import { createEventKeeper } from '../flows/keep-events.ts';
import { createNotify } from '../flows/speak.ts';
import { addOrg } from '../identity/test-deps.ts';
import { openTestApp, type TestApp } from './test-app.ts';

let kitchen: TestApp;
let keeper: ReturnType<typeof createEventKeeper>;
let tell: ReturnType<typeof createNotify>;
let ana: Record<string, string>;
let bia: Record<string, string>;
let foreign: Record<string, string>;

interface Row {
  n: number;
  type: string;
  pessoal: boolean;
  lido: boolean;
}
const rowsFor = async (headers: Record<string, string>, query = ''): Promise<Row[]> => {
  const answer = await kitchen.send('GET', `/api/events${query}`, { headers });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { rows: Row[] }).rows;
};
const typesFor = async (headers: Record<string, string>, query = '') =>
  (await rowsFor(headers, query)).map(({ type }) => type);

beforeAll(async () => {
  kitchen = await openTestApp({}, { flushEvents: () => keeper.flush() });
  const { deps } = kitchen;
  keeper = createEventKeeper(deps, async () => {});
  tell = createNotify({ ...deps, keep: keeper.keep });
  await deps.store.createUser(
    {
      ...{ org_id: 'demo', user_id: 'bia', nome: 'Bia', role: 'leitor', permissoes: [], plataforma: false },
      senha: (await deps.store.findUser('ana'))?.senha ?? null,
      ...{ idioma: null, criado_em: 0, desativado_em: null, versao: 1 },
    },
    { quem: 'ana' },
  );
  await addOrg(deps, 'outra', 'zeca');
  ana = await kitchen.cookieOf('ana');
  bia = await kitchen.cookieOf('bia');
  foreign = await kitchen.cookieOf('zeca');
});
afterAll(() => kitchen.deps.close());

test('who was away reads what the org and they themselves were told, newest first, and nobody else does', async () => {
  tell('demo', 'task:created', { job_id: 1 });
  tell('demo', 'permission:pending', { job_id: 1 }, 'ana');
  tell('demo', 'pedido:novo', { mesa: 4 });
  tell('demo', 'connected', {}, 'ana');
  expect(await typesFor(ana)).toEqual(['pedido:novo', 'permission:pending', 'task:created']);
  expect(await typesFor(bia)).toEqual(['pedido:novo', 'task:created']);
  expect(await typesFor(foreign)).toEqual([]);
  expect((await rowsFor(ana))[1]).toMatchObject({ pessoal: true, lido: false, data: { job_id: 1 } });
});

test('the list goes on by its cursor, and central leaves out what the preferences do', async () => {
  const page = (await (await kitchen.send('GET', '/api/events?limit=2', { headers: ana })).json()) as {
    proximo: string;
  };
  expect(await typesFor(ana, `?limit=2&cursor=${page.proximo}`)).toEqual(['task:created']);
  expect(await typesFor(ana, '?central=true')).toEqual(['pedido:novo', 'permission:pending']);
});

test('reading counts on every screen of the person and for nobody else; it never goes back', async () => {
  const [newest] = await rowsFor(ana);
  const read = async (headers: Record<string, string>, ate: number) =>
    (await kitchen.send('POST', '/api/events/read', { headers, body: { ate } })).json();
  kitchen.deps.published.length = 0;
  expect(await read(ana, (newest?.n ?? 0) - 1)).toEqual({ lido_ate: 2, unread: 1 });
  expect(kitchen.deps.published).toMatchObject([
    { key: 'userBadge', params: { user: 'ana' }, payload: { unread: 1 } },
  ]);
  expect(await read(ana, 1_000_000)).toEqual({ lido_ate: 3, unread: 0 });
  expect(await read(ana, 1)).toEqual({ lido_ate: 3, unread: 0 });
  expect((await rowsFor(bia)).every(({ lido }) => !lido)).toBe(true);
});

test('a silenced event is no longer counted, one asked for is', async () => {
  const put = (body: unknown) => kitchen.send('PUT', '/api/preferences', { headers: bia, body });
  expect(await (await kitchen.send('GET', '/api/preferences', { headers: bia })).json()).toEqual({
    eventos: {},
    silencio: null,
  });
  const prefs = {
    eventos: { 'pedido:novo': [], 'task:created': ['central'] },
    silencio: { de: '22:00', ate: '07:00' },
  };
  expect((await put(prefs)).status).toBe(200);
  expect(await typesFor(bia, '?central=true')).toEqual(['task:created']);
  expect(kitchen.deps.published.at(-1)).toMatchObject({ payload: { unread: 1 }, params: { user: 'bia' } });
  expect((await put({ eventos: {}, silencio: { de: '25:00', ate: '07:00' } })).status).toBe(422);
  expect(await (await kitchen.send('GET', '/api/preferences', { headers: bia })).json()).toEqual(prefs);
  expect(await typesFor(ana, '?central=true')).toContain('pedido:novo');
});

test('events go after thirty days, or as many as the org says', async () => {
  kitchen.deps.advance(29 * 86_400_000);
  tell('demo', 'pedido:novo', { mesa: 5 });
  await keeper.flush();
  kitchen.deps.advance(2 * 86_400_000);
  await applyRetention(kitchen.deps);
  const left = await kitchen.deps.store.listEvents('demo', 'ana', { limit: 10 });
  expect(left.map(({ data, n }) => ({ data, n }))).toEqual([{ data: { mesa: 5 }, n: 4 }]);
  const kept = { execucoes: 730, avisos: 1, comandos: 730, rejeitadas: 730, auditoria: null };
  const set = await kitchen.send('PUT', '/api/org/retention', {
    headers: await kitchen.cookieOf('ana'),
    body: kept,
  });
  expect(await set.json()).toEqual(kept);
  await applyRetention(kitchen.deps);
  expect(await kitchen.deps.store.listEvents('demo', 'ana', { limit: 10 })).toEqual([]);
});

test('an org keeps only so many: the oldest go first', async () => {
  for (let mesa = 6; mesa < 12; mesa++) tell('demo', 'pedido:novo', { mesa });
  await keeper.flush();
  await kitchen.deps.store.sweepEvents(2);
  const left = await kitchen.deps.store.listEvents('demo', 'ana', { limit: 10 });
  expect(left.map(({ data }) => data)).toEqual([{ mesa: 11 }, { mesa: 10 }]);
});

test('when the disk is full the news is lost, and the platform goes on', async () => {
  const failing = createEventKeeper(
    { store: { keepEvents: () => Promise.reject(new Error('full')) }, log: kitchen.deps.log },
    async () => {},
  );
  failing.keep({ org_id: 'demo', id: 'x', type: 'a:b', user_id: null, data: {}, ts: 0 });
  await failing.flush();
  expect(kitchen.deps.logged.at(-1)).toMatchObject({ event: 'events_not_kept', count: 1 });
});
