import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { approveJob } from './approve-job.ts';
import { cancelExpiryMs, cancelJob } from './cancel-job.ts';
import { closeJob, noteJob } from './close-job.ts';
import { createJob, retryJob } from './create-job.ts';
import { runHousekeeping } from './housekeeping.ts';
import { readQueue } from './manage-queue.ts';
import { pauseJob, resumeJob } from './pause-job.ts';
import { sendCommand } from './send-command.ts';
import { stopAll } from './stop-all.ts';
import { addDevice, ana, type Kitchen, mao, openKitchen, org, person } from './test-kitchen.ts';

let kitchen: Kitchen;
beforeEach(async () => {
  kitchen = await openKitchen();
  await kitchen.bear();
});
afterEach(() => kitchen.close());

const order = (device = mao) =>
  createJob(kitchen.deps, {
    org,
    by: ana,
    metodo: 'painel',
    body: { receita_id: 1, multiplicador: 1, device },
  });
const cancel = (jobId = 1, motivo = '') => cancelJob(kitchen.deps, { org, by: ana, jobId, motivo });
const state = (jobId = 1) => kitchen.deps.store.jobState(org, jobId);
const reserved = async () => (await kitchen.deps.store.listFrascos(org, mao))?.map((row) => row.reservado_g);
const saldo = async () =>
  (await kitchen.deps.store.listFrascos(org, mao))?.slice(0, 2).map((row) => row.saldo_g);
const running = async () => {
  await order();
  return kitchen.startOffered();
};
const types = () => kitchen.notified.map(({ type }) => type);

describe('canceling', () => {
  test('a job that awaits approval or waits in the queue ends at once', async () => {
    kitchen.setOrg({ regra_aprovacao: 'solicitantes' });
    const sol = person('sol', 'solicitante');
    const body = { receita_id: 1, multiplicador: 1 };
    await createJob(kitchen.deps, { org, by: sol, metodo: 'api', body });
    await order();
    await order();
    expect(await cancel(1)).toMatchObject({ status: 'canceled', motivo: 'cancelado', fase: 'terminado' });
    expect(await cancel(3)).toMatchObject({ status: 'canceled', itens_cancelados: 2 });
    expect(await reserved()).toEqual([2.5, 1, 0, 0]);
  });

  test('an offered job is taken from jobs/next, and a start that crosses it is told terminado', async () => {
    await order();
    const offer = kitchen.last('jobsNext')?.payload;
    expect(await cancel()).toMatchObject({ status: 'canceled' });
    expect(kitchen.last('jobsNext')?.payload).toBeNull();
    const { seq = 0, token = '' } = offer ?? {};
    await kitchen.say('jobStart', { org, device: mao, job_id: 1 }, { seq, token });
    expect(kitchen.last('startRejected')?.payload).toMatchObject({ code: 'terminado' });
    expect(await reserved()).toEqual([0, 0, 0, 0]);
  });

  test('a running job is asked to stop; its device decides', async () => {
    await running();
    expect(await cancel(1, 'queimou')).toMatchObject({ status: 'running', fase: 'cancelando' });
    const wish = kitchen.last('jobCancel')?.payload;
    expect(wish).toMatchObject({ motivo: 'queimou', expires_at: kitchen.deps.now() + cancelExpiryMs });
    const id = wish?.id ?? '';
    await kitchen.say('cancelAccepted', { org, device: mao, job_id: 1 }, { id, item_ordem: 1 });
    expect(await state()).toMatchObject({ status: 'running', fase: 'cancelando' });
    kitchen.later(cancelExpiryMs);
    await runHousekeeping(kitchen.deps);
    expect(kitchen.all('jobCancel')).toHaveLength(1);
    expect(await state()).toMatchObject({ fase: 'cancelando' });
  });

  test('the wish is sent again until it is answered or over; then the job runs on', async () => {
    await running();
    await cancel();
    await cancel();
    await runHousekeeping(kitchen.deps);
    const ids = kitchen.all('jobCancel').map(({ payload }) => payload?.id);
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
    kitchen.later(cancelExpiryMs);
    await runHousekeeping(kitchen.deps);
    expect(kitchen.all('jobCancel')).toHaveLength(3);
    expect(await state()).toMatchObject({ status: 'running', fase: 'dispensando' });
  });

  test('a device that is away is not sent the same wish over and over, but again when it is back', async () => {
    await running();
    await kitchen.say('presence', { org, device: mao }, { state: 'lost', boot_id: 'b1', session: 1 });
    await cancel();
    await runHousekeeping(kitchen.deps);
    expect(kitchen.all('jobCancel')).toHaveLength(1);
    await kitchen.bear(mao, { active: { job_id: 1, seq: 1 } });
    await runHousekeeping(kitchen.deps);
    expect(kitchen.all('jobCancel')).toHaveLength(2);
  });

  test('a refused wish is final: the job goes on and nothing is sent again', async () => {
    await running();
    await cancel();
    const id = kitchen.last('jobCancel')?.payload?.id ?? '';
    await kitchen.say(
      'cancelRejected',
      { org, device: mao, job_id: 1 },
      { id, code: 'terminado', message: '' },
    );
    await runHousekeeping(kitchen.deps);
    expect(kitchen.all('jobCancel')).toHaveLength(1);
    expect(await state()).toMatchObject({ fase: 'dispensando' });
  });

  test('a job that has ended, and one there is not, are refused', async () => {
    await order();
    await cancel();
    await expect(cancel()).rejects.toMatchObject({ code: 'terminal' });
    await expect(cancel(9)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('closing by force', () => {
  test('no entry is invented: with something done it is done_partial, with nothing it is canceled', async () => {
    await running();
    await kitchen.report(1, [1]);
    expect(await closeJob(kitchen.deps, { org, by: ana, jobId: 1 })).toMatchObject({
      ...{ status: 'done_partial', motivo: 'fechado_a_forca', itens_completados: 1, itens_cancelados: 1 },
      itens: [{ estado: 'done' }, { estado: 'pendente' }],
    });
    expect(kitchen.last('jobsNext')?.payload).toBeNull();
    expect(types()).toContain('task:executed');
    await order();
    await kitchen.startOffered();
    expect(await closeJob(kitchen.deps, { org, by: ana, jobId: 2 })).toMatchObject({ status: 'canceled' });
  });

  test('with only failures it is failed', async () => {
    await running();
    await kitchen.report(1, [1], [1]);
    const how = { org, by: ana, jobId: 1, motivo: 'tigela caiu' };
    expect(await closeJob(kitchen.deps, how)).toMatchObject({ status: 'failed', motivo: 'fechado_a_forca' });
    expect(types()).toContain('agent:execution:error');
    // Whoever follows the events of the job hears the end as after a last entry, under the next number.
    const events = kitchen.all('jobEvents').map(({ payload }) => payload);
    expect(events.at(-1)).toMatchObject({
      type: 'execution_complete',
      data: { ok: true, status: 'failed', itens_falhados: 1, itens_cancelados: 1 },
    });
    const numbers = events.map((event) => event?.seq ?? 0);
    expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i));
  });

  test('a late entry still adds and deducts, marked tardio; the status stays', async () => {
    await running();
    await closeJob(kitchen.deps, { org, by: ana, jobId: 1 });
    await kitchen.report(1, [1]);
    expect(await state()).toMatchObject({
      status: 'canceled',
      itens_completados: 1,
      itens: [{ tardio: true }, {}],
    });
    expect(await saldo()).toEqual([97.5, 100]);
  });

  test('a device that still holds the job is asked to let go of it, at once and when it is born again', async () => {
    await running();
    await closeJob(kitchen.deps, { org, by: ana, jobId: 1 });
    const asked = () => kitchen.all('jobCancel').map(({ params, payload }) => ({ ...params, ...payload }));
    const wish = { device: mao, job_id: 1, motivo: 'fechado_a_forca' };
    expect(asked()).toMatchObject([wish]);
    const { seq } = (await kitchen.deps.store.jobWithItens(org, 1))?.job ?? {};
    await kitchen.bear(mao, { active: { job_id: 1, seq: (seq ?? 0) + 1 } });
    await kitchen.bear(mao, { active: null });
    expect(asked()).toHaveLength(1);
    await kitchen.bear(mao, { active: { job_id: 1, seq: seq ?? 0 } });
    expect(asked()).toMatchObject([wish, wish]);
  });

  test('only a running job can be closed', async () => {
    await order();
    await expect(closeJob(kitchen.deps, { org, by: ana, jobId: 1 })).rejects.toMatchObject({
      code: 'conflict',
    });
  });
});

describe('pausing', () => {
  const answer = async (op: 'pause' | 'resume') =>
    kitchen.say(
      'commandAccepted',
      { org, device: mao, op },
      { id: kitchen.last('command')?.payload?.id ?? '' },
    );

  test('a job is paused when its device says so, goes on likewise, and is not silent meanwhile', async () => {
    await running();
    await pauseJob(kitchen.deps, { org, by: ana, jobId: 1 });
    expect(kitchen.last('command')).toMatchObject({ params: { op: 'pause' } });
    expect(await state()).toMatchObject({ fase: 'dispensando' });
    await answer('pause');
    expect(await state()).toMatchObject({ status: 'running', fase: 'pausado' });
    kitchen.later(3_600_000);
    await runHousekeeping(kitchen.deps);
    expect(await state()).toMatchObject({ sem_noticias: false });
    await resumeJob(kitchen.deps, { org, by: ana, jobId: 1 });
    await answer('resume');
    expect(await state()).toMatchObject({ fase: 'dispensando' });
  });

  test('a pause that is answered when its job has ended changes nothing', async () => {
    await running();
    await pauseJob(kitchen.deps, { org, by: ana, jobId: 1 });
    await kitchen.report(1, [1, 2]);
    await answer('pause');
    expect(await state()).toMatchObject({ status: 'done', fase: 'terminado' });
  });

  test('what does not pour cannot be paused, what is not paused cannot go on', async () => {
    await order();
    await expect(pauseJob(kitchen.deps, { org, by: ana, jobId: 1 })).rejects.toMatchObject({
      code: 'conflict',
    });
    await kitchen.startOffered();
    await expect(resumeJob(kitchen.deps, { org, by: ana, jobId: 1 })).rejects.toMatchObject({
      code: 'conflict',
    });
    await kitchen.report(1, [1, 2]);
    await expect(pauseJob(kitchen.deps, { org, by: ana, jobId: 1 })).rejects.toMatchObject({
      code: 'terminal',
    });
  });
});

test('parar tudo sends stop to every connected device and cancels every open job', async () => {
  await addDevice(kitchen, 'cozinha');
  await addDevice(kitchen, 'longe');
  await kitchen.bear('cozinha');
  await running();
  await order();
  await order('longe');
  expect(await stopAll(kitchen.deps, { org, by: ana })).toEqual({
    devices: ['cozinha', mao],
    jobs: [1, 2, 3],
  });
  expect(kitchen.all('command').map(({ params }) => [params.device, params.op])).toEqual([
    ['cozinha', 'stop'],
    [mao, 'stop'],
  ]);
  expect(await state(1)).toMatchObject({ fase: 'cancelando' });
  expect(await state(2)).toMatchObject({ status: 'canceled' });
  expect(await state(3)).toMatchObject({ status: 'canceled' });
});

describe('time', () => {
  test('a job that waits for 24 h is canceled as expirado and its estoque is free again', async () => {
    await order();
    await order();
    kitchen.later(24 * 3_600_000 - 1);
    await runHousekeeping(kitchen.deps);
    expect(await kitchen.deps.store.openJobs(org)).toEqual([1, 2]);
    kitchen.later(1);
    await runHousekeeping(kitchen.deps);
    expect(await state(1)).toMatchObject({ status: 'canceled', motivo: 'expirado' });
    expect(await reserved()).toEqual([0, 0, 0, 0]);
    expect(kitchen.last('jobsNext')?.payload).toBeNull();
  });

  test("a running job is flagged sem_noticias after the item's planned time and 30 s, and never ended", async () => {
    await running();
    kitchen.later(1_250 + 30_000);
    await runHousekeeping(kitchen.deps);
    expect(await state()).toMatchObject({ sem_noticias: false });
    kitchen.later(1);
    await runHousekeeping(kitchen.deps);
    expect(await state()).toMatchObject({ sem_noticias: true, status: 'running' });
    const { length } = kitchen.published;
    await runHousekeeping(kitchen.deps);
    expect(kitchen.published).toHaveLength(length);
    await kitchen.report(1, [1]);
    expect(await state()).toMatchObject({ sem_noticias: false });
  });
});

test('nothing of an org can be read or moved from another', async () => {
  const foreign = { org: 'outra', by: ana };
  await running();
  const { deps } = kitchen;
  const tries = [
    cancelJob(deps, { ...foreign, jobId: 1 }),
    closeJob(deps, { ...foreign, jobId: 1 }),
    noteJob(deps, { ...foreign, jobId: 1, nota: 'x' }),
    pauseJob(deps, { ...foreign, jobId: 1 }),
    approveJob(deps, { ...foreign, jobId: 1 }),
    retryJob(deps, { ...foreign, jobId: 1 }),
    createJob(deps, { ...foreign, metodo: 'api', body: { receita_id: 1, multiplicador: 1, device: mao } }),
    readQueue(deps, { ...foreign, device: mao }),
    sendCommand(deps, { ...foreign, device: mao, body: { op: 'stop' } }),
  ];
  for (const one of await Promise.allSettled(tries)) {
    expect(one).toMatchObject({ status: 'rejected', reason: { code: 'not_found' } });
  }
  expect(await stopAll(deps, foreign)).toEqual({ devices: [], jobs: [] });
  expect(await state()).toMatchObject({ status: 'running', fase: 'dispensando', nota: null });
});

test('a note stands on a job, ended or not, and an empty one takes it away', async () => {
  await order();
  await cancel();
  const note = (nota: string) => noteJob(kitchen.deps, { org, by: ana, jobId: 1, nota });
  expect(await note('faltou sal')).toMatchObject({ nota: 'faltou sal', status: 'canceled' });
  expect(await note('')).toMatchObject({ nota: null });
  await expect(noteJob(kitchen.deps, { org, by: ana, jobId: 9, nota: 'x' })).rejects.toMatchObject({
    code: 'not_found',
  });
});
