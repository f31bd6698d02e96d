import type { AppError } from '@yaguts/shared';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { frascos } from '../store/schema/index.ts';
import { cancelJob } from './cancel-job.ts';
import { createJob, retryJob } from './create-job.ts';
import { previewRetry } from './preview-job.ts';
import { saveFrascos } from './save-frascos.ts';
import { ana, frascoIn, type Kitchen, mao, openKitchen, org, person } from './test-kitchen.ts';

let kitchen: Kitchen;
beforeEach(async () => {
  kitchen = await openKitchen();
});
afterEach(() => kitchen.close());

const order = () =>
  createJob(kitchen.deps, {
    ...{ org, by: ana, metodo: 'painel' },
    body: { receita_id: kitchen.receita_id, multiplicador: 1 },
  });
const reserved = async () =>
  (await kitchen.deps.store.listFrascos(org, mao))?.slice(0, 2).map((row) => row.reservado_g);
const codeOf = (code: string) => expect.objectContaining({ code });
const repeat = (jobId: number, itens?: number[]) =>
  retryJob(kitchen.deps, { org, by: ana, jobId, ...(itens && { itens }) });
const itensOf = async (jobId: number) =>
  (await kitchen.deps.store.jobState(org, jobId))?.itens.map(({ tempero, quantidade_g }) => [
    tempero,
    quantidade_g,
  ]);

/** A job of two items that has ended; those named have failed. */
const runOnce = async (failed: number[]) => {
  await kitchen.bear();
  await order();
  const jobId = await kitchen.startOffered();
  await kitchen.report(jobId, [1, 2], failed);
  return jobId;
};

test('a partial job is repeated with only what is not done, as a new job; the old one stays', async () => {
  const jobId = await runOnce([2]);
  expect(await kitchen.deps.store.jobState(org, jobId)).toMatchObject({ status: 'done_partial' });
  const again = await retryJob(kitchen.deps, { org, by: ana, jobId });
  expect(again).toMatchObject({ job_id: 2, fase: 'ofertado' });
  expect(await kitchen.deps.store.jobState(org, 2)).toMatchObject({
    ...{ origem_job_id: 1, metodo: 'repeticao', receita: 'Tempero baiano' },
    itens: [{ item_ordem: 1, tempero: 'Alho', quantidade_g: 1 }],
  });
  expect(await kitchen.deps.store.jobState(org, 1)).toMatchObject({ status: 'done_partial' });
});

test('what a repetition has left is repeated from it or from the first job, and poured once', async () => {
  const jobId = await runOnce([1, 2]);
  const again = (await repeat(jobId)).job_id;
  await kitchen.startOffered();
  await kitchen.report(again, [1, 2], [2]);
  await kitchen.complete(again);
  for (const from of [jobId, again]) {
    const rest = (await repeat(from)).job_id;
    expect(await itensOf(rest)).toEqual([['Alho', 1]]);
    await cancelJob(kitchen.deps, { org, by: ana, jobId: rest });
  }
  const rest = (await repeat(jobId)).job_id;
  for (const from of [jobId, again])
    await expect(repeat(from)).rejects.toThrow(
      `Item 2 (Alho) is repeated already: job ${rest} waits or runs`,
    );
  await kitchen.startOffered();
  await kitchen.report(rest, [1]);
  await kitchen.complete(rest);
  for (const from of [jobId, again]) await expect(repeat(from)).rejects.toThrow(codeOf('not_retryable'));
});

test('one item of several is repeated by itself, the other one later', async () => {
  const jobId = await runOnce([1, 2]);
  const alho = (await repeat(jobId, [2])).job_id;
  expect(await itensOf(alho)).toEqual([['Alho', 1]]);
  expect(await reserved()).toEqual([0, 1]);
  expect(await itensOf((await repeat(jobId)).job_id)).toEqual([['Sal', 2.5]]);
});

test('one item that may not be repeated refuses all that were named, with its place and its word', async () => {
  const jobId = await runOnce([2]);
  const refusal = async (itens: number[]) =>
    await repeat(jobId, itens).then(
      () => [],
      (error: AppError) => [error.code, ...error.faults.map(({ path, code }) => `${path} ${code}`)],
    );
  expect(await refusal([2, 1])).toEqual(['not_retryable', 'itens.1 feito']);
  expect(await refusal([7, 2, 1])).toEqual(['not_retryable', 'itens.0 desconhecido', 'itens.2 feito']);
  expect(await kitchen.deps.store.openJobs(org)).toEqual([]);
  await repeat(jobId, [2]);
  expect(await refusal([2])).toEqual(['not_retryable', 'itens.0 em_andamento']);
});

test('an item that must come from two frascos is still one item to repeat', async () => {
  const jobId = await runOnce([1, 2]);
  const { orm } = kitchen.deps.store.parts.db;
  orm.update(frascos).set({ saldo_mg: 1_000 }).where(eq(frascos.frasco, 1)).run();
  const sal = frascoIn({ frasco: 3, tempero: 'Sal', g_por_s: 2 });
  await saveFrascos(kitchen.deps, { org, by: ana, device: mao, body: { frascos: [sal] } });
  orm.update(frascos).set({ saldo_mg: 2_000 }).where(eq(frascos.frasco, 3)).run();
  const parts = (await repeat(jobId, [1])).job_id;
  expect(await itensOf(parts)).toEqual([
    ['Sal', 2],
    ['Sal', 0.5],
  ]);
  await kitchen.startOffered();
  await kitchen.report(parts, [1, 2], [2]);
  await kitchen.complete(parts);
  expect(await kitchen.deps.store.repetitionsOf(org, jobId)).toMatchObject([
    { item_ordem: 1, pode_g: 0.5, em: [{ estado: 'done', quantidade_g: 2 }, { estado: 'failed' }] },
    { item_ordem: 2, pode_g: 1, motivo: null, em: [] },
  ]);
  expect(await itensOf((await repeat(jobId, [1])).job_id)).toEqual([['Sal', 0.5]]);
});

test('what a repetition would be is told before, with what stands in the way', async () => {
  const jobId = await runOnce([1, 2]);
  const preview = (itens?: number[]) =>
    previewRetry(kitchen.deps, { org, by: ana, jobId, ...(itens && { itens }) });
  expect(await preview([2])).toMatchObject({
    device: mao,
    total_g: 1,
    pode: true,
    itens: [{ tempero: 'Alho' }],
  });
  expect(await preview()).toMatchObject({ total_g: 3.5, pode: true });
  kitchen.deps.store.parts.db.orm.update(frascos).set({ saldo_mg: 500 }).where(eq(frascos.frasco, 2)).run();
  expect(await preview([2])).toMatchObject({
    pode: false,
    obstaculos: [{ code: 'estoque_insuficiente', tempero: 'Alho', impede: true }],
  });
  await expect(repeat(jobId, [2])).rejects.toThrow(codeOf('estoque_insuficiente'));
  await expect(preview([9])).rejects.toThrow(codeOf('not_retryable'));
  expect(await kitchen.deps.store.openJobs(org)).toEqual([]);
});

test('a repetition that was canceled before it poured leaves the first job to be repeated', async () => {
  const jobId = await runOnce([2]);
  const again = (await retryJob(kitchen.deps, { org, by: ana, jobId })).job_id;
  await cancelJob(kitchen.deps, { org, by: ana, jobId: again });
  await expect(retryJob(kitchen.deps, { org, by: ana, jobId })).resolves.toMatchObject({ job_id: 3 });
});

test('a job that is all done, one that has not ended and one already repeated are not repeated', async () => {
  const jobId = await runOnce([]);
  await expect(retryJob(kitchen.deps, { org, by: ana, jobId })).rejects.toThrow(codeOf('not_retryable'));
  const next = (await order()).job_id;
  await expect(retryJob(kitchen.deps, { org, by: ana, jobId: next })).rejects.toThrow(
    codeOf('not_retryable'),
  );
  await cancelJob(kitchen.deps, { org, by: ana, jobId: next });
  await retryJob(kitchen.deps, { org, by: ana, jobId: next });
  await expect(retryJob(kitchen.deps, { org, by: ana, jobId: next })).rejects.toThrow(
    codeOf('not_retryable'),
  );
});

test('a repetition passes the approval rule again', async () => {
  const jobId = await runOnce([1, 2]);
  kitchen.setOrg({ regra_aprovacao: 'solicitantes' });
  const again = await retryJob(kitchen.deps, { org, by: person('sol', 'solicitante'), jobId });
  expect(again).toMatchObject({ fase: 'aguardando_aprovacao' });
});
