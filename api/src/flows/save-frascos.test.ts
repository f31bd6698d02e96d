import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createJob } from './create-job.ts';
import { saveCalibration, saveFrascos } from './save-frascos.ts';
import { saveTempero } from './save-tempero.ts';
import { sendCommand } from './send-command.ts';
import { ana, frascoIn, type Kitchen, mao, openKitchen, org } from './test-kitchen.ts';

let kitchen: Kitchen;
beforeEach(async () => {
  kitchen = await openKitchen();
});
afterEach(() => kitchen.close());

const by = ana;
const save = (...frascos: ReturnType<typeof frascoIn>[]) =>
  saveFrascos(kitchen.deps, { org, by, device: mao, body: { frascos } });
const row = async (n: number) => (await kitchen.deps.store.listFrascos(org, mao))?.[n - 1];
const config = () => kitchen.last('configDesired')?.payload;
const tempero = (nome: string) => ({ nome, densidade_g_ml: null, alergenos: [], cor: null });

describe('frascos', () => {
  test('a changed frasco goes to the device as a new config, without a restart', async () => {
    await save(frascoIn({ frasco: 1, tempero: 'Sal', g_por_s: 1.5, pin: 12, min_ms: 50 }));
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
    await save(frascoIn({ frasco: 1, tempero: 'Sal', minimo_g: 10, lote: 'L7' }));
    expect(config()).toBeUndefined();
    expect(kitchen.last('estoque')?.payload).toMatchObject({ minimo_g: 10, g_por_s: 2 });
  });

  test('an unchanged tempero keeps its calibration; another one starts at saldo 0 without', async () => {
    await save(frascoIn({ frasco: 1, tempero: 'Sal' }));
    expect(await row(1)).toMatchObject({ g_por_s: 2, saldo_g: 100 });
    await save(frascoIn({ frasco: 1, tempero: 'Alho' }));
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
    await save(frascoIn({ frasco: 1, tempero: 'Alho' }));
    await save(frascoIn({ frasco: 1, tempero: 'Sal' }));
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
    await expect(save(frascoIn({ frasco: 1, tempero: null }))).rejects.toMatchObject({ code: 'conflict' });
    expect(await row(1)).toMatchObject({ tempero: 'Sal', saldo_g: 100 });
  });

  test('every fault is told with its path, and nothing is half-set', async () => {
    await kitchen.bear(mao, { frascos: 3 });
    const refused = save(
      frascoIn({ frasco: 1, tempero: null }),
      frascoIn({ frasco: 1, tempero: 'Sal' }),
      frascoIn({ frasco: 4, tempero: 'Nada', min_ms: 9, max_ms: 8 }),
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
      frascoIn({ frasco: i + 1, tempero: nome, g_por_s: 123.456789, pin: 48 }),
    );
    await expect(save(...all)).rejects.toThrow(/would have \d{4} bytes; a device takes at most 3072/);
    expect(await row(3)).toMatchObject({ tempero: null });
  });

  test('a frasco that is set up empty does not cry', async () => {
    await save(frascoIn({ frasco: 3, tempero: 'Sal', minimo_g: 20 }));
    expect(kitchen.notified.filter(({ type }) => type === 'estoque:low')).toEqual([]);
  });

  test('a minimum above the saldo cries once', async () => {
    await save(frascoIn({ frasco: 1, tempero: 'Sal', minimo_g: 101 }));
    await save(frascoIn({ frasco: 1, tempero: 'Sal', minimo_g: 102 }));
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
    await save(frascoIn({ frasco: 1, tempero: null }));
    await expect(calibrate([{ ms: 1_000, gramas: 1 }])).rejects.toMatchObject({ code: 'sem_frasco' });
  });
});
