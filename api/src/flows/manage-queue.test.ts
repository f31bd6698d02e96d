import { afterEach, beforeEach, expect, test } from 'vitest';
import { cancelJob } from './cancel-job.ts';
import { clearAlert } from './clear-alert.ts';
import { createJob } from './create-job.ts';
import { nextJob, pauseQueue, readQueue, reorderQueue } from './manage-queue.ts';
import { offerNextJob } from './offer-next-job.ts';
import { patchDevice } from './save-device.ts';
import { ana, type Kitchen, mao, openKitchen, org } from './test-kitchen.ts';

let kitchen: Kitchen;
beforeEach(async () => {
  kitchen = await openKitchen();
  await kitchen.bear();
});
afterEach(() => kitchen.close());

const order = () =>
  createJob(kitchen.deps, { org, by: ana, metodo: 'painel', body: { receita_id: 1, multiplicador: 1 } });
const at = { org, device: mao };
const next = () => nextJob(kitchen.deps, { ...at, by: ana });
const queue = () => readQueue(kitchen.deps, at);
const offered = () => kitchen.last('jobsNext')?.payload?.job_id;
const runFirst = async () => {
  const jobId = await kitchen.startOffered();
  await kitchen.report(jobId, [1, 2]);
  await kitchen.complete(jobId);
};

test('two jobs queued: the second waits for "tigela vazia" and is offered then', async () => {
  await order();
  await order();
  expect(await queue()).toMatchObject({
    atual: { job_id: 1, fase: 'ofertado' },
    jobs: [{ job_id: 2 }],
    espera_tigela: false,
  });
  await runFirst();
  expect(kitchen.last('jobsNext')?.payload).toBeNull();
  expect(await queue()).toMatchObject({
    atual: null,
    jobs: [{ job_id: 2, fase: 'na_fila' }],
    espera_tigela: true,
  });
  expect(await next()).toMatchObject({ atual: { job_id: 2, fase: 'ofertado' }, jobs: [] });
  expect(kitchen.last('jobsNext')?.payload).toMatchObject({ job_id: 2, seq: 2 });
});

test('an automatic device goes on with its queue by itself', async () => {
  await patchDevice(kitchen.deps, { ...at, by: ana, body: { transicao: 'automatica' } });
  await order();
  await order();
  await runFirst();
  expect(offered()).toBe(2);
});

test('"tigela vazia" with nothing waiting, with the device busy or with the queue paused is refused', async () => {
  await expect(next()).rejects.toMatchObject({ code: 'fila_vazia' });
  await order();
  await order();
  await expect(next()).rejects.toMatchObject({ code: 'ocupado' });
  await runFirst();
  await pauseQueue(kitchen.deps, { ...at, by: ana, pausada: true });
  await expect(next()).rejects.toMatchObject({ code: 'conflict' });
});

test('a paused queue offers nothing, not even a job made on an idle device, until it goes on', async () => {
  await pauseQueue(kitchen.deps, { ...at, by: ana, pausada: true });
  expect(kitchen.last('deviceState')?.payload).toMatchObject({ fila_pausada: true });
  expect(await order()).toMatchObject({ fase: 'na_fila' });
  expect(await pauseQueue(kitchen.deps, { ...at, by: ana, pausada: true })).toMatchObject({ pausada: true });
  expect(await pauseQueue(kitchen.deps, { ...at, by: ana, pausada: false })).toMatchObject({
    atual: { job_id: 1 },
  });
});

test('reordering changes who is next; the one on the device keeps its place', async () => {
  for (let n = 0; n < 4; n++) await order();
  const result = await reorderQueue(kitchen.deps, { ...at, by: ana, jobIds: [4, 2] });
  expect(result.atual).toMatchObject({ job_id: 1 });
  expect(result.jobs.map((job) => job.job_id)).toEqual([4, 2, 3]);
  await runFirst();
  await next();
  expect(offered()).toBe(4);
  await expect(reorderQueue(kitchen.deps, { ...at, by: ana, jobIds: [4] })).rejects.toMatchObject({
    code: 'stale',
  });
});

test('the bowl in place stays in place when another job is put first', async () => {
  await pauseQueue(kitchen.deps, { ...at, by: ana, pausada: true });
  await order();
  await order();
  await reorderQueue(kitchen.deps, { ...at, by: ana, jobIds: [2] });
  await pauseQueue(kitchen.deps, { ...at, by: ana, pausada: false });
  expect(offered()).toBe(2);
});

test('offering again changes nothing while a job is offered', async () => {
  await order();
  expect(await offerNextJob(kitchen.deps, at)).toBeUndefined();
  expect(kitchen.last('jobsNext')?.payload).toMatchObject({ job_id: 1, seq: 1 });
});

test('nothing is offered to a device under the twin alarm or without a valid credential', async () => {
  // Another board takes the connection, and the first one comes back.
  for (const boot_id of ['b2', 'b1']) {
    await kitchen.say('presence', at, { state: 'online', boot_id, session: 2 });
  }
  expect(await order()).toMatchObject({ fase: 'na_fila' });
  await expect(next()).rejects.toThrow('Two boards use the credential');
  const twin = { ...at, by: ana, code: 'gemeo' } as const;
  expect(await clearAlert(kitchen.deps, twin)).toMatchObject({
    alertas: [],
    job: { job_id: 1, fase: 'ofertado' },
  });
  await expect(clearAlert(kitchen.deps, twin)).rejects.toMatchObject({ code: 'not_found' });
  await cancelJob(kitchen.deps, { org, by: ana, jobId: 1 });
  await kitchen.deps.store.revokeCredential(org, mao, 'c1', { em: kitchen.deps.now(), quem: 'ana' });
  expect(await order()).toMatchObject({ job_id: 2, fase: 'na_fila' });
  await expect(next()).rejects.toMatchObject({ code: 'dispensador_revogado' });
});

test('a firmware v0.2 is offered its job without a birth', async () => {
  await kitchen.close();
  kitchen = await openKitchen();
  await order();
  expect(await offerNextJob(kitchen.deps, at)).toBeUndefined();
  expect(await offerNextJob(kitchen.deps, { ...at, legacy: true })).toBe(1);
});

test('a device that is busy keeps the word that was given: the job is offered again with a new seq', async () => {
  await order();
  const first = kitchen.last('jobsNext')?.payload;
  const { seq, token } = first as NonNullable<typeof first>;
  await kitchen.say(
    'jobRejected',
    { org, device: mao, job_id: 1 },
    { seq, token, code: 'ocupado', message: '' },
  );
  expect(await queue()).toMatchObject({ atual: null, jobs: [{ job_id: 1, fase: 'na_fila' }] });
  expect(await offerNextJob(kitchen.deps, at)).toBe(1);
  expect(kitchen.last('jobsNext')?.payload).toMatchObject({ job_id: 1, seq: 2, token });
});

test('canceling the offered job of an automatic device offers the next', async () => {
  await patchDevice(kitchen.deps, { ...at, by: ana, body: { transicao: 'automatica' } });
  await order();
  await order();
  await cancelJob(kitchen.deps, { org, by: ana, jobId: 1 });
  expect(offered()).toBe(2);
});

test('the queue of a device that is not there is not found', async () => {
  await expect(readQueue(kitchen.deps, { org, device: 'fogao' })).rejects.toMatchObject({
    code: 'not_found',
  });
  expect(await offerNextJob(kitchen.deps, { org, device: 'fogao' })).toBeUndefined();
  await expect(nextJob(kitchen.deps, { org, device: 'fogao', by: ana })).rejects.toMatchObject({
    code: 'not_found',
  });
});
