import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createJob } from './create-job.ts';
import { moveEstoque } from './move-estoque.ts';
import { createDevice, patchDevice, removeDevice } from './save-device.ts';
import { saveCalibration, saveFrascos } from './save-frascos.ts';
import { removeReceita, saveReceita } from './save-receita.ts';
import { removeTempero, saveTempero } from './save-tempero.ts';
import { sendCommand } from './send-command.ts';
import { ana, type Kitchen, mao, openKitchen, org } from './test-kitchen.ts';

let kitchen: Kitchen;
beforeEach(async () => {
  kitchen = await openKitchen();
});
afterEach(() => kitchen.close());

const by = ana;
const frasco = (
  given: { frasco: number; tempero: string | null } & Partial<
    Parameters<typeof saveFrascos>[1]['body']['frascos'][number]
  >,
) => ({
  ...{
    g_por_s: null,
    min_ms: 0,
    max_ms: 180_000,
    pin: null,
    minimo_g: 0,
    desejado_g: null,
    lote: null,
    validade: null,
  },
  ...given,
});
const save = (...frascos: ReturnType<typeof frasco>[]) =>
  saveFrascos(kitchen.deps, { org, by, device: mao, body: { frascos } });
const row = async (n: number) => (await kitchen.deps.store.listFrascos(org, mao))?.[n - 1];
const config = () => kitchen.last('configDesired')?.payload;
const tempero = (nome: string) => ({ nome, densidade_g_ml: null, alergenos: [], cor: null });

describe('frascos', () => {
  test('a changed frasco goes to the device as a new config, without a restart', async () => {
    await save(frasco({ frasco: 1, tempero: 'Sal', g_por_s: 1.5, pin: 12, min_ms: 50 }));
    expect(config()).toMatchObject({
      ...{ versao: 3, telemetry_s: 10 },
      frascos: [
        { frasco: 1, tempero: 'Sal', g_por_s: 1.5, pin: 12, min_ms: 50, max_ms: 180_000 },
        { frasco: 2 },
        { frasco: 3 },
        { frasco: 4 },
      ],
    });
    expect(kitchen.last('deviceState')?.payload).toMatchObject({ config: { desejada: 3 } });
  });

  test('a change that is none of the device leaves its config alone', async () => {
    await save(frasco({ frasco: 1, tempero: 'Sal', minimo_g: 10, lote: 'L7' }));
    expect(config()).toBeUndefined();
    expect(kitchen.last('estoque')?.payload).toMatchObject({ minimo_g: 10, g_por_s: 2 });
  });

  test('an unchanged tempero keeps its calibration; another one starts at saldo 0 without', async () => {
    await save(frasco({ frasco: 1, tempero: 'Sal' }));
    expect(await row(1)).toMatchObject({ g_por_s: 2, saldo_g: 100 });
    await save(frasco({ frasco: 1, tempero: 'Alho' }));
    expect(await row(1)).toMatchObject({ tempero: 'Alho', g_por_s: null, calibrado_em: null, saldo_g: 0 });
    const [last] = await kitchen.deps.store.listMovimentos(org, { device: mao, frasco: 1, limit: 1 });
    expect(last).toMatchObject({
      tipo: 'ajuste',
      quantidade_g: -100,
      tempero: 'Sal',
      nota: 'troca de tempero',
    });
    expect(await kitchen.deps.store.wrongSaldos(org)).toEqual([]);
  });

  test('a tempero that comes back brings its calibration, and the history tells what was when', async () => {
    kitchen.later(1_000);
    await save(frasco({ frasco: 1, tempero: 'Alho' }));
    await save(frasco({ frasco: 1, tempero: 'Sal' }));
    expect(await row(1)).toMatchObject({ tempero: 'Sal', g_por_s: 2 });
    const history = await kitchen.deps.store.frascoHistory(org, mao, 1);
    expect(history.map((one) => [one.tempero, one.ug_por_s, one.por])).toEqual([
      ['Sal', 2_000_000, 'ana'],
      ['Alho', null, 'ana'],
      ['Sal', 2_000_000, 'ana'],
    ]);
  });

  test('a frasco that a job counts on keeps its tempero until the job is gone', async () => {
    await createJob(kitchen.deps, { org, by, metodo: 'painel', body: { receita_id: 1, multiplicador: 1 } });
    await expect(save(frasco({ frasco: 1, tempero: null }))).rejects.toMatchObject({ code: 'conflict' });
    expect(await row(1)).toMatchObject({ tempero: 'Sal', saldo_g: 100 });
  });

  test('every fault is told with its path, and nothing is half-set', async () => {
    await kitchen.bear(mao, { frascos: 3 });
    const refused = save(
      frasco({ frasco: 1, tempero: null }),
      frasco({ frasco: 1, tempero: 'Sal' }),
      frasco({ frasco: 4, tempero: 'Nada', min_ms: 9, max_ms: 8 }),
    );
    await expect(refused).rejects.toMatchObject({
      code: 'invalid',
      faults: [
        { path: 'frascos.1.frasco' },
        { path: 'frascos.2.frasco', message: 'the device drives 3 frascos' },
        { path: 'frascos.2.min_ms' },
        { path: 'frascos.2.tempero' },
      ],
    });
    expect(await row(1)).toMatchObject({ tempero: 'Sal' });
    const elsewhere = saveFrascos(kitchen.deps, { org, by, device: 'fogao', body: { frascos: [] } });
    await expect(elsewhere).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a config that would not fit 3,072 bytes is refused with its size', async () => {
    const nome = '"'.repeat(32);
    await saveTempero(kitchen.deps, { org, by, id: null, body: tempero(nome) });
    const all = Array.from({ length: 24 }, (_, i) =>
      frasco({ frasco: i + 1, tempero: nome, g_por_s: 123.456789, pin: 48 }),
    );
    await expect(save(...all)).rejects.toThrow(/would have \d{4} bytes; a device takes at most 3072/);
    expect(await row(3)).toMatchObject({ tempero: null });
  });

  test('a minimum above the saldo cries once', async () => {
    await save(frasco({ frasco: 1, tempero: 'Sal', minimo_g: 101 }));
    await save(frasco({ frasco: 1, tempero: 'Sal', minimo_g: 102 }));
    expect(kitchen.notified.filter(({ type }) => type === 'estoque:low')).toHaveLength(1);
  });

  test('what the device could not apply stands as an alert of the device', async () => {
    await kitchen.say('configReported', { org, device: mao }, { versao: 2, errors: ['frasco 1: pin 99'] });
    expect(kitchen.last('deviceState')?.payload).toMatchObject({
      config: { reportada: { versao: 2 } },
      alertas: [{ code: 'config_recusada', detalhe: 'frasco 1: pin 99' }],
    });
    await kitchen.say('configReported', { org, device: mao }, { versao: 3 });
    expect(kitchen.last('deviceState')?.payload?.alertas).toEqual([]);
  });
});

describe('calibration', () => {
  const calibrate = (medidas: { ms?: number; command_id?: string; gramas: number }[]) =>
    saveCalibration(kitchen.deps, { org, by, device: mao, body: { frasco: 1, medidas } });

  test('the rate is the mean of the runs, with their spread; estoque and jobs are not touched', async () => {
    const result = await calibrate([
      { ms: 2_000, gramas: 2.9 },
      { ms: 2_000, gramas: 3 },
      { ms: 4_000, gramas: 6.2 },
    ]);
    expect(result).toMatchObject({ frasco: 1, g_por_s: 1.5, calibrado_em: kitchen.deps.now() });
    expect(result.desvio).toBeCloseTo(0.0667, 3);
    expect(config()?.frascos[0]).toMatchObject({ g_por_s: 1.5 });
    expect(await row(1)).toMatchObject({ saldo_g: 100, g_por_s: 1.5 });
    expect(await calibrate([{ ms: 1_000, gramas: 1 }])).toMatchObject({ desvio: null, g_por_s: 1 });
  });

  test('a run made by a calibrate command counts what the device really ran', async () => {
    await kitchen.bear();
    const { id } = await sendCommand(kitchen.deps, {
      org,
      by,
      device: mao,
      body: { op: 'calibrate', frasco: 1, ms: 2_000 },
    });
    await expect(calibrate([{ command_id: id, gramas: 3 }])).rejects.toMatchObject({
      faults: [{ path: 'medidas.0.command_id', message: 'the command is enviado' }],
    });
    await kitchen.say('commandAccepted', { org, device: mao, op: 'calibrate' }, { id, ran_ms: 1_500 });
    expect(await calibrate([{ command_id: id, gramas: 3 }])).toMatchObject({
      g_por_s: 2,
      medidas: [{ ms: 1_500 }],
    });
    await expect(calibrate([{ command_id: 'nada', gramas: 3 }])).rejects.toMatchObject({ code: 'invalid' });
  });

  test('a rate out of range, and a frasco that holds nothing, are refused', async () => {
    await expect(calibrate([{ ms: 180_000, gramas: 0.001 }])).rejects.toMatchObject({ code: 'invalid' });
    await save(frasco({ frasco: 1, tempero: null }));
    await expect(calibrate([{ ms: 1_000, gramas: 1 }])).rejects.toMatchObject({ code: 'sem_frasco' });
  });
});

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

describe('devices', () => {
  test('a new device has empty frascos, a config and a state that says it was never seen', async () => {
    const state = await createDevice(kitchen.deps, {
      org,
      by,
      body: { id: 'novo', nome: 'Novo', frascos: 2 },
    });
    expect(state).toMatchObject({
      device: 'novo',
      presence: 'never',
      transicao: 'manual',
      alertas: [{ code: 'sem_credencial' }],
    });
    expect(config()?.frascos).toHaveLength(2);
    const again = createDevice(kitchen.deps, { org, by, body: { id: 'novo', nome: 'Novo', frascos: 2 } });
    await expect(again).rejects.toMatchObject({ code: 'already_exists' });
  });

  test('its telemetry interval is part of its config', async () => {
    await patchDevice(kitchen.deps, { org, by, device: mao, body: { telemetry_s: 60, nome: 'À mão' } });
    expect(config()).toMatchObject({ telemetry_s: 60, versao: 3 });
    expect(kitchen.last('deviceState')?.payload).toMatchObject({ nome: 'À mão' });
    const other = patchDevice(kitchen.deps, { org, by, device: 'fogao', body: { nome: 'x' } });
    await expect(other).rejects.toMatchObject({ code: 'not_found' });
  });

  test('removed, its jobs are canceled, its credential ends and its retained topics are cleared', async () => {
    await kitchen.bear();
    await createJob(kitchen.deps, { org, by, metodo: 'painel', body: { receita_id: 1, multiplicador: 1 } });
    await removeDevice(kitchen.deps, { org, by, device: mao });
    expect(await kitchen.deps.store.jobState(org, 1)).toMatchObject({
      status: 'canceled',
      motivo: 'dispensador_removido',
    });
    for (const key of ['jobsNext', 'configDesired', 'deviceState', 'presence', 'birth', 'estoque'] as const) {
      expect(kitchen.last(key, mao)?.payload, key).toBeNull();
    }
    expect(await kitchen.deps.store.deviceIds(org)).toEqual([]);
    await expect(removeDevice(kitchen.deps, { org, by, device: mao })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('one that runs a job is not removed; one that comes back has its estoque and must be born again', async () => {
    await kitchen.bear();
    await createJob(kitchen.deps, { org, by, metodo: 'painel', body: { receita_id: 1, multiplicador: 1 } });
    await kitchen.startOffered();
    await expect(removeDevice(kitchen.deps, { org, by, device: mao })).rejects.toMatchObject({
      code: 'ocupado',
    });
    await kitchen.report(1, [1, 2]);
    await removeDevice(kitchen.deps, { org, by, device: mao });
    await createDevice(kitchen.deps, { org, by, body: { id: mao, nome: 'De novo', frascos: 4 } });
    expect(await row(1)).toMatchObject({ tempero: 'Sal', saldo_g: 97.5 });
    expect(await kitchen.deps.store.deviceState(org, mao)).toMatchObject({
      presence: 'never',
      nome: 'De novo',
    });
  });
});

describe('estoque', () => {
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
    await save(frasco({ frasco: 1, tempero: 'Sal', minimo_g: 50 }));
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
});
