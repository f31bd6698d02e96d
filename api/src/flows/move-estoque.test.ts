import { afterEach, beforeEach, expect, test } from 'vitest';
import { createJob } from './create-job.ts';
import { moveEstoque } from './move-estoque.ts';
import { saveFrascos } from './save-frascos.ts';
import { ana, frascoIn, type Kitchen, mao, openKitchen, org } from './test-kitchen.ts';

let kitchen: Kitchen;
beforeEach(async () => {
  kitchen = await openKitchen();
});
afterEach(() => kitchen.close());

const by = ana;
const row = async (n: number) => (await kitchen.deps.store.listFrascos(org, mao))?.[n - 1];
const save = (...frascos: ReturnType<typeof frascoIn>[]) =>
  saveFrascos(kitchen.deps, { org, by, device: mao, body: { frascos } });

const move = (body: Parameters<typeof moveEstoque>[1]['body']) =>
  moveEstoque(kitchen.deps, { org, by, body });
const entrada = (quantidade_g: number) =>
  move({ tipo: 'entrada', device: mao, frasco: 1, quantidade_g, nota: 'compra' });
const ajuste = (saldo_g: number) => move({ tipo: 'ajuste', device: mao, frasco: 1, saldo_g, nota: '' });

test('a refill adds, a correction sets what was weighed, and both are rows of the ledger', async () => {
  expect(await entrada(50)).toMatchObject({
    tipo: 'entrada',
    quantidade_g: 50,
    saldo_g: 150,
    por: 'ana',
    tempero: 'Sal',
  });
  expect(await ajuste(140.5)).toMatchObject({ tipo: 'ajuste', quantidade_g: -9.5, saldo_g: 140.5 });
  expect(kitchen.last('estoque')?.payload).toMatchObject({ frasco: 1, saldo_g: 140.5 });
  expect(await kitchen.deps.store.wrongSaldos(org)).toEqual([]);
});

test('undoing is a row that compensates, once, and neither an undoing nor what was poured is undone', async () => {
  const { id } = await entrada(50);
  const undo = (movimento_id: number) => move({ tipo: 'estorno', movimento_id, nota: 'engano' });
  const undone = await undo(id);
  expect(undone).toMatchObject({ tipo: 'estorno', quantidade_g: -50, saldo_g: 100, estorna: id });
  await expect(undo(id)).rejects.toMatchObject({ code: 'conflict' });
  await expect(undo(undone.id)).rejects.toMatchObject({ code: 'conflict' });
  await expect(undo(999)).rejects.toMatchObject({ code: 'not_found' });
  await kitchen.bear();
  await createJob(kitchen.deps, { org, by, metodo: 'painel', body: { receita_id: 1, multiplicador: 1 } });
  await kitchen.startOffered();
  await kitchen.report(1, [1]);
  const [saida] = await kitchen.deps.store.listMovimentos(org, { device: mao, frasco: 1, limit: 1 });
  expect(saida).toMatchObject({ tipo: 'saida', quantidade_g: -2.5, job_id: 1, item_ordem: 1 });
  await expect(undo(saida?.id ?? 0)).rejects.toThrow('really poured');
  const list = await kitchen.deps.store.listMovimentos(org, { limit: 10 });
  expect(list.find((one) => one.id === id)).toMatchObject({ estornado: true });
});

test('estoque:low is told once per crossing', async () => {
  await save(frascoIn({ frasco: 1, tempero: 'Sal', minimo_g: 50 }));
  const lows = () => kitchen.notified.filter(({ type }) => type === 'estoque:low').length;
  await ajuste(50);
  expect(lows()).toBe(0);
  await ajuste(49.999);
  await ajuste(10);
  expect(lows()).toBe(1);
  expect(kitchen.notified.at(-1)?.data).toEqual({ device: mao, frasco: 1, saldo_g: 49.999, minimo_g: 50 });
  await entrada(90);
  await ajuste(1);
  expect(lows()).toBe(2);
});

test('weighing a frasco ends its doubt', async () => {
  await kitchen.deps.store.parts.db.write(() =>
    kitchen.deps.store.parts.ledger.recount({ org_id: org, device: mao, frasco: 1 }),
  );
  expect(await row(1)).toMatchObject({ recontar: true });
  await entrada(1);
  expect(await row(1)).toMatchObject({ recontar: true });
  await ajuste(80);
  expect(await row(1)).toMatchObject({ recontar: false, saldo_g: 80 });
});

test('a frasco there is not is not found', async () => {
  const nowhere = move({ tipo: 'entrada', device: 'fogao', frasco: 1, quantidade_g: 1, nota: '' });
  await expect(nowhere).rejects.toMatchObject({ code: 'not_found' });
});

test('movements are paged, newest first', async () => {
  for (let grams = 1; grams <= 5; grams++) await entrada(grams);
  const list = (before?: number) =>
    kitchen.deps.store.listMovimentos(org, { device: mao, frasco: 1, limit: 3, before });
  const first = await list();
  const second = await list(first.at(-1)?.id);
  expect([...first, ...second].map((one) => one.quantidade_g)).toEqual([5, 4, 3, 2, 1, 100]);
});
