import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { removeReceita, saveReceita } from './save-receita.ts';
import { removeTempero, saveTempero } from './save-tempero.ts';
import { ana, type Kitchen, mao, openKitchen, org } from './test-kitchen.ts';

let kitchen: Kitchen;
beforeEach(async () => {
  kitchen = await openKitchen();
});
afterEach(() => kitchen.close());

const by = ana;
const config = () => kitchen.last('configDesired')?.payload;
const tempero = (nome: string) => ({ nome, densidade_g_ml: null, alergenos: [], cor: null });

describe('temperos', () => {
  test('a new name reaches the frascos, the receitas and the device', async () => {
    const [alho, sal] = await kitchen.deps.store.listTemperos(org);
    expect([alho?.nome, sal?.nome]).toEqual(['Alho', 'Sal']);
    await saveTempero(kitchen.deps, { org, by, id: sal?.id ?? 0, body: tempero('Sal grosso') });
    expect(config()?.frascos[0]).toMatchObject({ tempero: 'Sal grosso' });
    expect(await kitchen.deps.store.findReceita(org, 1, 0)).toMatchObject({
      itens: [{ tempero: 'Sal grosso' }, {}],
    });
  });

  test('two of one name, one there is not, and one in use are refused', async () => {
    const add = (nome: string, id: number | null = null) =>
      saveTempero(kitchen.deps, { org, by, id, body: tempero(nome) });
    await expect(add('Sal')).rejects.toMatchObject({ code: 'already_exists' });
    await expect(add('Novo', 99)).rejects.toMatchObject({ code: 'not_found' });
    await expect(removeTempero(kitchen.deps, { org, by, id: 1 })).rejects.toThrow(
      'receita "Tempero baiano", frasco 1 of mao',
    );
    const { id } = await add('Louro');
    await removeTempero(kitchen.deps, { org, by, id });
    await expect(removeTempero(kitchen.deps, { org, by, id })).rejects.toMatchObject({ code: 'not_found' });
    expect((await add('Louro')).id).toBeGreaterThan(id);
  });
});

describe('receitas', () => {
  const body = (nome: string, ...itens: [string, number][]) => ({
    ...{ nome, notas: '', tags: ['teste'], favorita: true },
    itens: itens.map(([name, quantidade_g]) => ({
      tempero: name,
      quantidade_g,
      escala: 'linear' as const,
      critico: false,
    })),
  });

  test('each change is a new version, and a change of an old one is stale', async () => {
    const saved = await saveReceita(kitchen.deps, {
      org,
      by,
      id: 1,
      versao: 1,
      body: body('Baiano', ['Alho', 2]),
    });
    expect(saved).toMatchObject({
      versao: 2,
      nome: 'Baiano',
      favorita: true,
      tags: ['teste'],
      pode_agora: [mao],
    });
    const stale = saveReceita(kitchen.deps, { org, by, id: 1, versao: 1, body: body('Outra', ['Alho', 2]) });
    await expect(stale).rejects.toMatchObject({ code: 'stale' });
  });

  test('pode_agora names the devices that hold enough', async () => {
    await saveReceita(kitchen.deps, { org, by, id: null, body: body('Muito', ['Sal', 200]) });
    const list = await kitchen.deps.store.listReceitas(org, kitchen.deps.now());
    expect(list.map(({ nome, pode_agora }) => [nome, pode_agora])).toEqual([
      ['Muito', []],
      ['Tempero baiano', [mao]],
    ]);
  });

  test('unknown temperos are told with their paths; names are taken once; a removed one is gone', async () => {
    const save = (id: number | null, ...args: Parameters<typeof body>) =>
      saveReceita(kitchen.deps, { org, by, id, body: body(...args) });
    await expect(save(null, 'Nova', ['Sal', 1], ['Nada', 1])).rejects.toMatchObject({
      faults: [{ path: 'itens.1.tempero' }],
    });
    await expect(save(null, 'Tempero baiano', ['Sal', 1])).rejects.toMatchObject({ code: 'already_exists' });
    await expect(save(9, 'Nova', ['Sal', 1])).rejects.toMatchObject({ code: 'not_found' });
    await removeReceita(kitchen.deps, { org, by, id: 1 });
    expect(await kitchen.deps.store.findReceita(org, 1, 0)).toBeUndefined();
    await expect(removeReceita(kitchen.deps, { org, by, id: 1 })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
