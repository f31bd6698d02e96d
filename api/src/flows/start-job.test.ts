import { afterEach, beforeEach, expect, test } from 'vitest';
import { entryOf, token } from '../store/test-store.ts';
import { at, birth, openWithDevice, type WithDevice } from './test-device.ts';

let t: WithDevice;
beforeEach(async () => {
  t = await openWithDevice();
});
afterEach(() => t.close());

test('leave to start is given once and again to the same journal, with the time', async () => {
  const { job_id } = await t.makeJob();
  await t.hear('birth', {}, birth());
  t.forget();
  t.now = 500;
  await t.hear('jobStart', { job_id }, { seq: 1, token });
  expect(t.last('startAccepted')).toEqual({ seq: 1, token, now: 500 });
  expect(t.job(job_id)).toMatchObject({
    status: 'running',
    iniciado_em: 500,
    journal_id: 'j1',
    fw_version: '0.3.0',
  });
  expect(t.types()).toEqual(['agent:execution:start']);
  expect(t.last('deviceState')).toMatchObject({ job: { job_id, status: 'running' } });
  await t.hear('jobStart', { job_id }, { seq: 1, token });
  expect(t.all('startAccepted')).toHaveLength(2);
  expect(t.types()).toEqual(['agent:execution:start']);
});

test('a device with another journal is refused and the job closed for a person to look into the bowl', async () => {
  const { job_id } = await t.makeJob();
  await t.hear('birth', {}, birth());
  await t.hear('jobStart', { job_id }, { seq: 1, token });
  await t.hear('jobLog', at(job_id, 1), entryOf(job_id, 1));
  await t.settled();
  t.forget();
  await t.hear('birth', {}, birth({ journal_id: 'j2', boot_id: 'b2' }));
  expect(t.job(job_id)).toMatchObject({
    status: 'done_partial',
    motivo: 'diario_perdido',
    fechado_a_forca: true,
  });
  expect(t.types()).toEqual(['device:alert', 'agent:execution:complete', 'task:executed']);
  expect(t.last('jobsNext')).toBeNull();
  expect(t.last('deviceState')).toMatchObject({ alertas: [{ code: 'diario_perdido' }] });
  await t.hear('jobStart', { job_id }, { seq: 1, token });
  expect(t.last('startRejected')).toMatchObject({ code: 'terminado' });
});

test('a job that began before any birth belongs to the first journal that asks', async () => {
  const { job_id } = await t.running();
  await t.hear('birth', {}, birth());
  await t.hear('jobStart', { job_id }, { seq: 1, token });
  expect(t.all('startAccepted')).toHaveLength(1);
  await t.hear('birth', {}, birth({ journal_id: 'j2', boot_id: 'b2' }));
  expect(t.job(job_id)).toMatchObject({ status: 'canceled', motivo: 'diario_perdido' });
});

test('a start with another journal than began the job is refused diario_perdido', async () => {
  const { job_id } = await t.running({ journal_id: 'old' });
  await t.hear('jobStart', { job_id }, { seq: 1, token });
  expect(t.last('startRejected')).toMatchObject({ seq: 1, code: 'diario_perdido' });
  expect(t.job(job_id)).toMatchObject({ status: 'canceled', motivo: 'diario_perdido', itens_cancelados: 3 });
  expect(t.tables().frascos.every(({ reservado_mg }) => reservado_mg === 0)).toBe(true);
});

test('a start is refused for what is over, unknown, not offered or too old', async () => {
  const { job_id } = await t.makeJob({ status: 'canceled', fase: 'terminado' });
  const start = async (id: number, seq = 1, secret = token) => {
    await t.hear('jobStart', { job_id: id }, { seq, token: secret });
    return t.last('startRejected')?.code;
  };
  expect(await start(job_id)).toBe('terminado');
  expect(await start(job_id, 9)).toBe('terminado');
  expect(await start(999)).toBe('desconhecido');
  const offered = await t.makeJob({ expira_em: 50 });
  expect(await start(offered.job_id, 7)).toBe('desconhecido');
  expect(await start(offered.job_id, 1, '0000000000000000')).toBe('desconhecido');
  expect(await start(offered.job_id)).toBe('expirado');
  expect(t.job(offered.job_id)).toMatchObject({ status: 'canceled', motivo: 'expirado' });
  const waiting = await t.makeJob({ fase: 'na_fila' });
  expect(await start(waiting.job_id)).toBe('desconhecido');
  expect(t.all('startAccepted')).toEqual([]);
});
