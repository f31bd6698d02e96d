import { afterEach, beforeEach, expect, test } from 'vitest';
import { createJob } from './create-job.ts';
import { createDevice, patchDevice, removeDevice } from './save-device.ts';
import { ana, type Kitchen, mao, openKitchen, org } from './test-kitchen.ts';

let kitchen: Kitchen;
beforeEach(async () => {
  kitchen = await openKitchen();
});
afterEach(() => kitchen.close());

const by = ana;
const row = async (n: number) => (await kitchen.deps.store.listFrascos(org, mao))?.[n - 1];
const config = () => kitchen.last('configDesired')?.payload;

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
