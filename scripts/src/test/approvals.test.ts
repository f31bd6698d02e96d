import type { JobCreated, JobDetail, JobState } from '@yaguts/shared';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HttpProblem } from '../http-client.ts';
import { openHouse, type TestHouse } from './fixture.ts';
import type { HandBoard } from './hand-board.ts';
import { addOrg, addPerson, type HeardClient, owner, type TestPerson } from './people.ts';

// Asking and approving over the real broker: who asks, two who may approve, somebody of another org.

let house: TestHouse;
let board: HandBoard;
let sol: TestPerson;
let apo: TestPerson;
const live: Record<string, HeardClient> = {};

beforeAll(async () => {
  house = await openHouse();
  sol = await addPerson(house, 'sol', 'solicitante');
  apo = await addPerson(house, 'apo', 'aprovador');
  const lia = await addPerson(house, 'lia', 'leitor');
  const zeca = await addOrg(house, 'vizinha', 'zeca');
  for (const one of [sol, apo, lia, zeca, owner(house)]) live[one.user] = await one.live();
  await house.api.call('PATCH', '/api/org', { regra_aprovacao: 'solicitantes' });
  board = await house.board();
});
afterAll(async () => {
  for (const one of Object.values(live)) one.client.disconnect();
  // Nobody next door has heard a word of all this.
  expect(
    live.zeca?.heard.map(({ type }) => type).filter((type) => !['connected', 'badge'].includes(type)),
  ).toEqual([]);
  await house.close();
});

const of = (user: string): HeardClient => live[user] as HeardClient;
const isJob = (jobId: number) => (data: Readonly<Record<string, unknown>>) => data.job_id === jobId;
const ask = (receita = 0): Promise<JobCreated> =>
  sol.api.call('POST', '/api/jobs', {
    receita_id: house.kitchen.receitas[receita]?.id,
    multiplicador: 1,
    device: 'mao',
  });
const pendingOf = (user: string, pending: number) =>
  of(user).next('badge', (data) => data.permission_pending === pending);

test('a job asked for waits unseen by its device; approved, it is created, approved and executed in this order', async () => {
  const { job_id, fase } = await ask();
  expect(fase).toBe('aguardando_aprovacao');
  for (const user of ['apo', 'ana']) {
    expect(await of(user).next('permission:pending', isJob(job_id))).toMatchObject({
      ...{ device: 'mao', criado_por: 'sol', espera: ['solicitante'], total_g: 14.5 },
    });
    await pendingOf(user, 1);
  }
  // A person who comes later finds the number waiting: it is retained.
  const late = await apo.live();
  await late.next('badge', (data) => data.permission_pending === 1);
  late.client.disconnect();

  const decided = await apo.api.call<JobState>('POST', `/api/jobs/${job_id}/approve`, { comentario: 'pode' });
  expect(decided).toMatchObject({ decidido_por: 'apo', comentario: 'pode', espera: ['solicitante'] });
  const job = await board.start(job_id);
  await board.finish(job);
  await of('sol').next('task:executed', isJob(job_id));
  const about = of('sol').heard.filter(
    ({ type, data }) => type.startsWith('task:') && data.job_id === job_id,
  );
  expect(about.map(({ type }) => type)).toEqual(['task:created', 'task:approved', 'task:executed']);
  expect(await of('sol').next('permission:decided', isJob(job_id))).toMatchObject({
    ...{ decisao: 'aprovado', por: 'apo', comentario: 'pode' },
  });
  await of('ana').next('task:executed', isJob(job_id));
  // Who only reads is asked nothing.
  expect(of('lia').heard.some(({ type }) => type.startsWith('permission:'))).toBe(false);
  expect(await of('lia').next('task:approved', isJob(job_id))).toMatchObject({ por: 'apo' });
});

test('the device is offered nothing while a job awaits approval, and never what was refused', async () => {
  const { job_id } = await ask();
  await of('apo').next('permission:pending', isJob(job_id));
  const next = await house.api.call<{ jobs: JobState[]; atual: JobState | null }>(
    'GET',
    '/api/devices/mao/queue',
  );
  expect(next.atual).toBeNull();
  const estoque = await house.estoque('mao', 2);
  expect(estoque.reservado_g).toBe(0);
  const answer = await of('apo').client.send('jobs.reject', { job_id, comentario: 'hoje não' });
  expect(answer).toMatchObject({ status: 'canceled', motivo: 'negado', decidido_por: 'apo' });
  expect(await of('sol').next('permission:decided', isJob(job_id))).toMatchObject({
    ...{ decisao: 'negado', por: 'apo', comentario: 'hoje não' },
  });
  expect(await of('lia').next('task:rejected', isJob(job_id))).toMatchObject({ por: 'apo' });
  // Whatever the device was ever offered, this was not among it.
  const probe = await house.api.call<JobCreated>('POST', '/api/jobs', {
    ...{ receita_id: house.kitchen.receitas[0]?.id, multiplicador: 1, device: 'mao' },
  });
  const offered = await board.hear('jobsNext', (job) => job.job_id >= job_id);
  expect(offered.job_id).toBe(probe.job_id);
  await board.finish(await board.start(probe.job_id));
});

test('of two decisions at once the first counts, and the second is told whose it was', async () => {
  const { job_id } = await ask();
  await of('ana').next('permission:pending', isJob(job_id));
  const answers = await Promise.allSettled([
    apo.api.call('POST', `/api/jobs/${job_id}/reject`, { comentario: 'não' }),
    of('ana').client.send('jobs.approve', { job_id }),
  ]);
  expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const { reason } = answers.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
  const problem =
    reason instanceof HttpProblem ? reason.problem : (reason as { code: string; detail: string });
  expect(problem.code).toBe('conflict');
  const { decidido_por } = await house.api.call<JobDetail>('GET', `/api/jobs/${job_id}`);
  expect(problem.detail).toContain(`by ${decidido_por} already`);
  await Promise.all([pendingOf('apo', 0), pendingOf('ana', 0)]);
  if (decidido_por === 'ana') await board.finish(await board.start(job_id));
});

test('who may not approve cannot, over HTTP and over MQTT', async () => {
  const { job_id } = await ask();
  await expect(sol.api.call('POST', `/api/jobs/${job_id}/approve`)).rejects.toMatchObject({ status: 403 });
  await expect(of('sol').client.send('jobs.approve', { job_id })).rejects.toMatchObject({
    code: 'forbidden',
  });
  await expect(of('zeca').client.send('jobs.approve', { job_id })).rejects.toMatchObject({
    code: 'not_found',
  });
  await sol.api.call('POST', `/api/jobs/${job_id}/cancel`);
  const { status, decidido_por } = await house.api.call<JobDetail>('GET', `/api/jobs/${job_id}`);
  expect([status, decidido_por]).toEqual(['canceled', null]);
});

test('above the limits of the org everybody waits, and a repetition waits again', async () => {
  const limits = { acima_g: 30, acima_multiplicador: null, alergenos: [] };
  await house.api.call('PUT', '/api/org/approval', limits);
  const big = await house.order({ receita: 1, device: 'mao' });
  expect(big.fase).toBe('aguardando_aprovacao');
  expect(await of('apo').next('permission:pending', isJob(big.job_id))).toMatchObject({ espera: ['gramas'] });
  await apo.api.call('POST', `/api/jobs/${big.job_id}/approve`);
  const job = await board.start(big.job_id);
  await board.report(job, 1, { status: 'failed', error: 'timeout' });
  const failed = { itens_completados: 0, itens_falhados: 4, itens_cancelados: 0 };
  for (const item of [2, 3, 4]) await board.report(job, item, { status: 'failed', error: 'timeout' });
  await board.say(
    'jobComplete',
    { job_id: job.job_id },
    { v: 1, job_id: job.job_id, seq: job.seq, token: job.token, ...failed, execution_logs: [] },
  );
  await board.ack(job.job_id, ({ complete }) => complete);
  const again = await house.api.call<JobCreated>('POST', `/api/jobs/${big.job_id}/retry`);
  expect(again.fase).toBe('aguardando_aprovacao');
  await house.api.call('POST', `/api/jobs/${again.job_id}/cancel`);
});
