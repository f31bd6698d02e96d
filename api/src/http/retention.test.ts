import { afterEach, beforeEach, expect, test } from 'vitest';
import { applyRetention } from '../flows/apply-retention.ts';
import { addOrg } from '../identity/test-deps.ts';
import { openTestApp, problemFrom, type TestApp } from './test-app.ts';
import { type Menu, order, pour, type Rows, setMenu } from './test-menu.ts';

let kitchen: TestApp;
let menu: Menu;
beforeEach(async () => {
  kitchen = await openTestApp({ env: { YAGUTS_REQUESTS_PER_MINUTE: '100000' } });
  menu = await setMenu(kitchen);
});
afterEach(() => kitchen.deps.close());

const day = 86_400_000;
const standard = { execucoes: 730, avisos: 30, comandos: 730, rejeitadas: 730, auditoria: null };
const keep = (days: object) => menu.as('PUT', '/api/org/retention', { ...standard, ...days });
const actsOf = async () =>
  (await kitchen.deps.store.listAudit('demo', { limit: 200 })).map((row) => row.acao);

/** One of each kind, as old as now; answers what is left of them. */
async function oneOfEach(): Promise<() => Promise<string[]>> {
  const { orm } = kitchen.deps.store.parts.db;
  const now = kitchen.deps.now();
  await order(menu);
  await pour(menu);
  orm.run(`insert into commands (org_id, id, device, op, params, estado, criado_em, expira_em)
    values ('demo', 'c1', 'cozinha', 'identify', '{}', 'aceito', ${now}, ${now})`);
  orm.run(`insert into rejected_messages (org_id, device, topic, digest, code, inicio, tamanho, primeira_em, ultima_em)
    values ('demo', 'cozinha', 't', 'd', 'token', x'00', 1, ${now}, ${now})`);
  orm.run(`insert into events (org_id, id, n, type, data, ts) values ('demo', 'e1', 1, 'a:b', '{}', ${now})`);
  const count = (table: string): number =>
    (orm.get(`select count(*) as n from ${table} where org_id = 'demo'`) as { n: number }).n;
  return async () =>
    Object.entries({
      execucoes: 'execution_logs',
      comandos: 'commands',
      rejeitadas: 'rejected_messages',
      avisos: 'events',
    }).flatMap(([kind, table]) => (count(table) > 0 ? [kind] : []));
}

test('each kind is forgotten by its own number of days', async () => {
  const left = await oneOfEach();
  await keep({ execucoes: 40, avisos: 10, comandos: 20, rejeitadas: 30 });
  const seen: string[][] = [];
  for (const days of [9, 12, 10, 10]) {
    kitchen.deps.advance(days * day);
    await applyRetention(kitchen.deps);
    seen.push(await left());
  }
  expect(seen).toEqual([
    ['execucoes', 'comandos', 'rejeitadas', 'avisos'],
    ['execucoes', 'rejeitadas'],
    ['execucoes'],
    [],
  ]);
  const moves = await menu.as<Rows<{ tipo: string }>>('GET', '/api/estoque/movimentos');
  expect(moves.json.rows.filter(({ tipo }) => tipo === 'saida')).toHaveLength(2);
  const said = kitchen.deps.logged.filter(({ event }) => event === 'history_forgotten');
  expect(said.at(-1)).toMatchObject({ org: 'demo', execucoes: 1 });
});

test('what one organisation forgets, another keeps', async () => {
  const left = await oneOfEach();
  await addOrg(kitchen.deps, 'outra', 'dora');
  const act = { em: kitchen.deps.now(), quem: 'dora' };
  await kitchen.deps.store.changeOrg('outra', { retencao_dias: 30, retencao_avisos_dias: 1 }, act);
  kitchen.deps.advance(29 * day);
  await applyRetention(kitchen.deps);
  expect(await left()).toEqual(['execucoes', 'comandos', 'rejeitadas', 'avisos']);
});

test('whoever manages the organisation sets it, within bounds, and it is an act', async () => {
  expect((await menu.as('GET', '/api/org/retention')).json).toEqual(standard);
  expect((await keep({ avisos: 7, auditoria: 400 })).json).toEqual({
    ...standard,
    avisos: 7,
    auditoria: 400,
  });
  expect((await menu.as('GET', '/api/org')).json).toMatchObject({ retencao_dias: 730 });
  expect((await actsOf())[0]).toBe('org.change');
  for (const fault of [
    { execucoes: 29 },
    { avisos: 0 },
    { comandos: 7.5 },
    { auditoria: 364 },
    { auditoria: 4_000 },
  ]) {
    const answer = await kitchen.send('PUT', '/api/org/retention', {
      headers: await kitchen.cookieOf('ana'),
      body: { ...standard, ...fault },
    });
    expect(await problemFrom(answer)).toMatchObject({
      code: 'invalid',
      errors: [{ path: Object.keys(fault)[0] }],
    });
  }
});

test('acts are kept for ever, until the organisation says otherwise; the chain then begins with an act that says so', async () => {
  const { store } = kitchen.deps;
  const { rows } = await store.verifyAudit('demo');
  kitchen.deps.advance(1_000 * day);
  await applyRetention(kitchen.deps);
  expect((await store.verifyAudit('demo')).rows).toBe(rows);
  await store.changeOrg('demo', { retencao_auditoria_dias: 365 }, { em: kitchen.deps.now(), quem: 'ana' });
  await applyRetention(kitchen.deps);
  expect(await actsOf()).toEqual(['audit.forget', 'org.change']);
  expect(await store.verifyAudit('demo')).toMatchObject({ rows: 2, forgotten: rows, broken: undefined });
  // Nothing is old enough now, and what there is does not grow by forgetting.
  await applyRetention(kitchen.deps);
  expect(await actsOf()).toHaveLength(2);
});

test('a start of the chain that no act vouches for is a break', async () => {
  const { store } = kitchen.deps;
  const first = (await store.listAudit('demo', { limit: 200 })).at(-1)?.n ?? 0;
  store.parts.db.orm.run(`delete from audit where org_id = 'demo' and n = ${first}`);
  expect((await store.verifyAudit('demo')).broken).toBe(first + 1);
});

test('an archive of an organisation that has forgotten acts is taken in, with its chain', async () => {
  const { store } = kitchen.deps;
  kitchen.deps.advance(1_000 * day);
  await store.changeOrg('demo', { retencao_auditoria_dias: 365 }, { em: kitchen.deps.now(), quem: 'ana' });
  await applyRetention(kitchen.deps);
  const { forgotten } = await store.verifyAudit('demo');
  const headers = await kitchen.cookieOf('ana');
  const archive = await (await kitchen.send('GET', '/api/org/export', { headers })).arrayBuffer();
  const made = await kitchen.send('POST', '/api/orgs/import?org=veio', {
    headers: { ...headers, 'Content-Type': 'application/gzip' },
    body: new Uint8Array(archive),
  });
  expect(made.status).toBe(201);
  expect(forgotten).toBeGreaterThan(0);
  expect(await store.verifyAudit('veio')).toMatchObject({ forgotten, broken: undefined });
});
