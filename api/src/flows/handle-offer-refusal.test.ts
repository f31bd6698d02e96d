import { afterEach, beforeEach, expect, test } from 'vitest';
import { entryOf, token } from '../store/test-store.ts';
import { at, birth, complete, openWithDevice, type WithDevice } from './test-device.ts';

let t: WithDevice;
beforeEach(async () => {
  t = await openWithDevice();
});
afterEach(() => t.close());

test.each([
  ['ocupado', { status: 'queued', fase: 'na_fila', motivo: 'ocupado' }],
  ['expirado', { status: 'canceled', motivo: 'expirado' }],
  ['frasco', { status: 'failed', motivo: 'recusado: frasco (no such jar)' }],
  ['limite', { status: 'failed' }],
  ['tigela', { status: 'failed' }],
  ['invalido', { status: 'failed' }],
  ['something_new', { status: 'failed' }],
])('an offer refused as %s leaves the job as the contract says', async (code, expected) => {
  const { job_id } = await t.makeJob();
  await t.hear('jobRejected', { job_id }, { seq: 1, token, code, message: 'no such jar' });
  expect(t.job(job_id)).toMatchObject(expected);
  const reserved = expected.status === 'queued' ? 2_000 : 0;
  expect(t.tables().frascos[0]).toMatchObject({ reservado_mg: reserved });
  expect(t.last('jobState')).toMatchObject({ status: expected.status });
});

test('an offer refused as duplicado is offered again with a new seq', async () => {
  await t.hear('birth', {}, birth({ hi: 40 }));
  const { job_id } = await t.makeJob({ liberado: true });
  await t.hear('jobRejected', { job_id }, { seq: 1, token, code: 'duplicado', message: '' });
  expect(t.job(job_id)).toMatchObject({ status: 'queued', fase: 'ofertado', seq: 41 });
  expect(t.last('jobsNext')).toMatchObject({ job_id, seq: 41 });
});

test('a refusal of an offer that does not stand changes nothing', async () => {
  const { job_id } = await t.running();
  await t.hear('jobRejected', { job_id }, { seq: 1, token, code: 'frasco', message: '' });
  await t.hear('jobRejected', { job_id }, { seq: 1, token: '0000000000000000', code: 'frasco', message: '' });
  expect(t.job(job_id)).toMatchObject({ status: 'running', versao: 1 });
});

test('a job that lapsed between its leave and the flash of the device is canceled, not waited for', async () => {
  const { job_id } = await t.running();
  await t.hear('jobRejected', { job_id }, { seq: 1, token, code: 'expirado', message: '' });
  expect(t.job(job_id)).toMatchObject({ status: 'canceled', motivo: 'expirado' });
  expect(t.tables().frascos[0]).toMatchObject({ reservado_mg: 0 });
});

test('a job that has reported does not lapse', async () => {
  await t.hear('birth', {}, birth());
  const { job_id } = await t.running({ frascos: [4, 4] });
  await t.hear('jobLog', at(job_id, 1), entryOf(job_id, 1, { frasco: 4 }));
  await t.hear('jobRejected', { job_id }, { seq: 1, token, code: 'expirado', message: '' });
  expect(t.job(job_id)).toMatchObject({ status: 'running' });
});

test('a busy device gets its job again when it is free', async () => {
  await t.hear('birth', {}, birth());
  const first = await t.running({ token: '1111111111111111', frascos: [4] });
  const { job_id } = await t.makeJob({ liberado: true, seq: 2 });
  await t.hear('jobRejected', { job_id }, { seq: 2, token, code: 'ocupado', message: '' });
  const word = { token: '1111111111111111', frasco: 4 };
  await t.hear('jobLog', at(first.job_id, 1), entryOf(first.job_id, 1, word));
  const account = complete(first.job_id, { ...word, itens_completados: 1 });
  await t.hear('jobComplete', { job_id: first.job_id }, account);
  expect(t.job(job_id)).toMatchObject({ fase: 'ofertado', motivo: 'ocupado' });
  expect(t.last('jobsNext')).toMatchObject({ job_id });
});

test('a device kept busy by a job that a restored backup does not know gets its job when that one is put aside', async () => {
  await t.hear('birth', {}, birth());
  const { job_id } = await t.makeJob({ liberado: true, seq: 2 });
  await t.hear('jobRejected', { job_id }, { seq: 2, token, code: 'ocupado', message: '' });
  expect(t.job(job_id)).toMatchObject({ fase: 'na_fila', motivo: 'ocupado' });
  await t.hear('jobComplete', { job_id: 400 }, complete(400, { token: '1111111111111111' }));
  expect(t.job(job_id)).toMatchObject({ fase: 'ofertado', motivo: 'ocupado' });
});
