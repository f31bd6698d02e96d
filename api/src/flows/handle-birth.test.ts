import { afterEach, beforeEach, expect, test } from 'vitest';
import { entryOf, mao, org } from '../store/test-store.ts';
import { at, birth, openWithDevice, type WithDevice } from './test-device.ts';

let t: WithDevice;
beforeEach(async () => {
  t = await openWithDevice();
});
afterEach(() => t.close());

test('a birth moves seq and job numbers above what the device reports, unless they are absurd', async () => {
  await t.hear('birth', {}, birth({ hi: 70, active: { job_id: 300, seq: 71 } }));
  expect(await t.store.device(org, mao)).toMatchObject({
    ultimo_seq: 71,
    hi: 70,
    birth_epoch: expect.any(String),
  });
  expect((await t.makeJob()).job_id).toBe(301);
  await t.hear('birth', {}, birth({ hi: 9_000_000_000, active: { job_id: 8_000_000_000, seq: 72 } }));
  expect(await t.store.device(org, mao)).toMatchObject({ ultimo_seq: 71 });
  expect(t.tables().rejected).toMatchObject([{ code: 'invalido' }]);
  expect(t.last('deviceState')).toMatchObject({ alertas: [{ code: 'reportes_de_lado' }] });
});

test('a journal that comes back after another means two boards with one credential', async () => {
  for (const [journal_id, boot_id] of [
    ['j1', 'b1'],
    ['j2', 'b2'],
    ['j1', 'b3'],
  ] as const) {
    await t.hear('birth', {}, birth({ journal_id, boot_id }));
  }
  expect((await t.store.device(org, mao))?.alertas.map(({ code }) => code)).toContain('gemeo');
  await t.makeJob({ fase: 'na_fila', liberado: true });
  await t.hear('birth', {}, birth({ boot_id: 'b4' }));
  expect(t.last('jobsNext')).toBeNull();
});

test('a birth after a reboot lets a paused job go on, and clears sem_noticias', async () => {
  const { job_id } = await t.running({ fase: 'pausado', sem_noticias: true, journal_id: 'j1' });
  await t.hear('birth', {}, birth({ active: { job_id, seq: 1 } }));
  expect(t.job(job_id)).toMatchObject({ status: 'running', fase: 'dispensando', sem_noticias: false });
  const versao = t.job(job_id).versao;
  await t.hear('birth', {}, birth({ active: { job_id, seq: 1 } }));
  expect(t.job(job_id).versao).toBe(versao);
  await t.hear('birth', {}, birth(), 'ninguem');
  expect(t.logged.at(-1)).toMatchObject({ event: 'birth_ignored' });
});

test('a birth of a free device brings its next job', async () => {
  const { job_id } = await t.makeJob({ fase: 'na_fila', liberado: true, seq: null });
  await t.hear('birth', {}, birth({ hi: 4 }));
  expect(t.last('jobsNext')).toMatchObject({ job_id, seq: 5 });
});

test('after a restore the old entries of a finished device end its job and bring the next', async () => {
  const old = await t.running({ frascos: [1], token: '1111111111111111' });
  const { job_id } = await t.makeJob({ fase: 'na_fila', liberado: true, seq: null });
  await t.hear('birth', {}, birth({ hi: 1 }));
  expect(t.job(job_id)).toMatchObject({ fase: 'na_fila' });
  await t.hear('jobLog', at(old.job_id, 1), entryOf(old.job_id, 1, { token: '1111111111111111' }));
  expect(t.job(old.job_id)).toMatchObject({ status: 'done' });
  expect(t.job(job_id)).toMatchObject({ fase: 'ofertado', seq: 2 });
});
