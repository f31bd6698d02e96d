import { afterEach, beforeEach, expect, test } from 'vitest';
import { createJob } from '../flows/create-job.ts';
import { ana, type Kitchen, openKitchen, org } from '../flows/test-kitchen.ts';

let kitchen: Kitchen;
beforeEach(async () => {
  kitchen = await openKitchen();
});
afterEach(() => kitchen.close());

test('every act of a person leaves a row that says who, what, when and what changed', async () => {
  const by = { ...ana, endereco: '192.0.2.7' };
  await createJob(kitchen.deps, { org, by, metodo: 'painel', body: { receita_id: 1, multiplicador: 1 } });
  const [row] = await kitchen.deps.store.listAudit(org, { limit: 1 });
  expect(row).toMatchObject({
    quem: 'ana',
    acao: 'job.create',
    alvo: 'job:1',
    endereco: '192.0.2.7',
    em: kitchen.deps.now(),
  });
  expect(JSON.parse(row?.depois ?? '')).toMatchObject({ device: 'mao', total_g: 3.5 });
});

test('a refused act leaves no row', async () => {
  const { rows } = await kitchen.deps.store.verifyAudit(org);
  const refused = createJob(kitchen.deps, {
    org,
    by: ana,
    metodo: 'painel',
    body: { receita_id: 1, multiplicador: 90 },
  });
  await expect(refused).rejects.toMatchObject({ code: 'estoque_insuficiente' });
  expect((await kitchen.deps.store.verifyAudit(org)).rows).toBe(rows);
});

test('the chain holds, and a row that is changed or taken out is named', async () => {
  const { store } = kitchen.deps;
  const intact = await store.verifyAudit(org);
  expect(intact).toMatchObject({ broken: undefined });
  expect(intact.rows).toBeGreaterThan(5);
  store.parts.db.orm.run("update audit set quem = 'outra' where n = 3");
  expect((await store.verifyAudit(org)).broken).toBe(3);
  store.parts.db.orm.run("update audit set quem = 'ana' where n = 3");
  expect((await store.verifyAudit(org)).broken).toBeUndefined();
  store.parts.db.orm.run('delete from audit where n = 4');
  expect((await store.verifyAudit(org)).broken).toBe(5);
});

test('rows come newest first, in pages', async () => {
  const { store } = kitchen.deps;
  const first = await store.listAudit(org, { limit: 2 });
  const second = await store.listAudit(org, { limit: 2, before: first.at(-1)?.n ?? 0 });
  const numbers = [...first, ...second].map((row) => row.n);
  expect(numbers).toEqual([...numbers].sort((a, b) => b - a));
  expect(new Set(numbers).size).toBe(4);
});
