import { permissionsOf, type RequestOp, type Role, topic } from '@yaguts/shared';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { idempotency } from '../store/schema/index.ts';
import { handleUserRequest } from './handle-user-request.ts';
import { type Kitchen, openKitchen, org } from './test-kitchen.ts';

let kitchen: Kitchen;
beforeEach(async () => {
  kitchen = await openKitchen();
  await kitchen.bear();
});
afterEach(() => kitchen.close());

/** What a person publishes on `users/{user}/req/{op}`; answers what comes back. */
async function ask(op: RequestOp, body: object | string, user = 'ana', role: Role = 'dono') {
  const principal = {
    kind: 'user',
    org,
    user,
    permissions: permissionsOf[role],
    via: 'token',
    credential: 't:1',
  } as const;
  const params = { org, user, op };
  topic('userRequest', params);
  const before = kitchen.all('userResponse').length;
  const payload = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  await handleUserRequest(kitchen.deps, { principal, match: { key: 'userRequest', params }, payload });
  const answers = kitchen.all('userResponse').slice(before);
  return answers[0]?.payload;
}

test('a job made over MQTT is answered on res/ with the id of the request', async () => {
  expect(await ask('jobs.create', { id: 'a1', receita_id: 1, multiplicador: 2 })).toEqual({
    ...{ id: 'a1', ok: true },
    data: { id: 1, job_id: 1, status: 'queued', fase: 'ofertado', device: 'mao' },
  });
  expect(await kitchen.deps.store.jobState(org, 1)).toMatchObject({
    metodo: 'mqtt',
    criado_por: 'ana',
    multiplicador: 2,
  });
});

test('the same request again is given the first answer, and nothing is done twice', async () => {
  const body = { id: 'a1', receita_id: 1, multiplicador: 1 };
  const first = await ask('jobs.create', body);
  kitchen.later(24 * 3_600_000 - 1);
  expect(await ask('jobs.create', body)).toEqual(first);
  expect(await kitchen.deps.store.openJobs(org)).toEqual([1]);
});

test('a request delivered twice at once makes one job and is answered the same twice', async () => {
  const body = { id: 'a1', receita_id: 1, multiplicador: 1 };
  await Promise.all([ask('jobs.create', body), ask('jobs.create', body), ask('jobs.create', body)]);
  const answers = kitchen.all('userResponse').map(({ payload }) => payload);
  expect(answers).toHaveLength(3);
  for (const answer of answers) expect(answer).toMatchObject({ id: 'a1', ok: true, data: { job_id: 1 } });
  expect(await kitchen.deps.store.openJobs(org)).toEqual([1]);
});

test('the key belongs to one person and one request, and is free again after 24 h', async () => {
  const body = { id: 'a1', receita_id: 1, multiplicador: 1 };
  await ask('jobs.create', body);
  expect(await ask('jobs.create', { ...body, multiplicador: 2 })).toMatchObject({
    ok: false,
    problem: { code: 'idempotency_reuse' },
  });
  expect(await ask('jobs.create', body, 'sol', 'solicitante')).toMatchObject({
    ok: true,
    data: { job_id: 2 },
  });
  kitchen.later(24 * 3_600_000);
  expect(await ask('jobs.create', body)).toMatchObject({ ok: true, data: { job_id: 3 } });
});

test('an event whose answer a stop has cut off is not told twice', async () => {
  const body = { id: 'e1', type: 'pedido:novo', data: {} };
  expect(await ask('events.send', body)).toMatchObject({ ok: true });
  const told = kitchen.all('orgEvent').length;
  const { orm } = kitchen.deps.store.parts.db;
  orm.update(idempotency).set({ status: null, resposta: null, processo: 'dead' }).run();
  expect(await ask('events.send', body)).toMatchObject({ ok: false, problem: { code: 'conflict' } });
  expect(kitchen.all('orgEvent')).toHaveLength(told);
});

test('a request that failed may be sent again with the same id', async () => {
  const body = { id: 'a1', job_id: 1 };
  expect(await ask('jobs.cancel', body)).toMatchObject({
    id: 'a1',
    ok: false,
    problem: { code: 'not_found', status: 404 },
  });
  await ask('jobs.create', { id: 'b', receita_id: 1, multiplicador: 1 });
  expect(await ask('jobs.cancel', body)).toMatchObject({ ok: true, data: { status: 'canceled' } });
});

test.each([
  [{ multiplicador: 1 }, 'receita_id'],
  [{ receita_id: 1, multiplicador: 0 }, 'multiplicador'],
  [{ receita_id: 1, multiplicador: 'dois' }, 'multiplicador'],
  [{ receita_id: 1, multiplicador: 1e9 }, 'multiplicador'],
  [{ receita_id: 1, multiplicador: 1, device: 'a/#' }, 'device'],
])('a body with a fault is refused with its path: %j', async (body, path) => {
  expect(await ask('jobs.create', { id: 'x', ...body })).toMatchObject({
    ...{ id: 'x', ok: false },
    problem: { code: 'invalid', errors: [{ path }] },
  });
});

test('who may not is told so', async () => {
  const create = { id: 'x', receita_id: 1, multiplicador: 1 };
  expect(await ask('jobs.create', create, 'lei', 'leitor')).toMatchObject({
    ok: false,
    problem: { code: 'forbidden' },
  });
  const send = { id: 'y', type: 'forno:quente', data: {} };
  expect(await ask('events.send', send, 'sol', 'solicitante')).toMatchObject({
    problem: { code: 'forbidden' },
  });
  expect(await ask('events.send', send)).toEqual({ id: 'y', ok: true, data: {} });
  expect(kitchen.notified.at(-1)).toMatchObject({ type: 'forno:quente' });
});

test('approving, refusing and repeating work the same way', async () => {
  kitchen.setOrg({ regra_aprovacao: 'solicitantes' });
  for (const id of ['1', '2'])
    await ask('jobs.create', { id, receita_id: 1, multiplicador: 1 }, 'sol', 'solicitante');
  expect(await ask('jobs.approve', { id: '3', job_id: 1 }, 'apo', 'aprovador')).toMatchObject({
    data: { fase: 'ofertado' },
  });
  expect(
    await ask('jobs.reject', { id: '4', job_id: 2, comentario: 'não' }, 'apo', 'aprovador'),
  ).toMatchObject({ data: { motivo: 'negado' } });
  expect(await ask('jobs.retry', { id: '5', job_id: 2, itens: [2] })).toMatchObject({ data: { job_id: 3 } });
  expect((await kitchen.deps.store.jobState(org, 3))?.itens).toMatchObject([{ tempero: 'Alho' }]);
  expect(await ask('jobs.retry', { id: '6', job_id: 2, itens: [1, 2] })).toMatchObject({
    problem: { code: 'not_retryable', errors: [{ path: 'itens.1', code: 'em_andamento' }] },
  });
  expect(await ask('jobs.retry', { id: '7', job_id: 2, itens: [1, 1] })).toMatchObject({
    problem: { code: 'invalid', errors: [{ path: 'itens' }] },
  });
});

test('what cannot be read, or comes under another name, is not answered and harms nothing', async () => {
  expect(await ask('jobs.create', 'não é json')).toBeUndefined();
  expect(await ask('jobs.create', { receita_id: 1, multiplicador: 1 })).toBeUndefined();
  const device = { kind: 'device', org, device: 'mao', credential: 'd:1' } as const;
  const match = { key: 'userRequest', params: { org, user: 'ana', op: 'jobs.create' } } as const;
  const payload = Buffer.from('{"id":"x","receita_id":1,"multiplicador":1}');
  await handleUserRequest(kitchen.deps, { principal: device, match, payload });
  expect(kitchen.all('userResponse')).toEqual([]);
  expect(await kitchen.deps.store.openJobs(org)).toEqual([]);
});

test('a failure inside answers internal, and the same id again says that the outcome is not known', async () => {
  const { store } = kitchen.deps;
  const broken = { ...kitchen.deps, store: { ...store, jobState: () => Promise.reject(new Error('disk')) } };
  const good = kitchen.deps;
  Object.assign(kitchen, { deps: broken });
  const body = { id: 'a1', receita_id: 1, multiplicador: 1 };
  expect(await ask('jobs.create', body)).toMatchObject({ ok: false, problem: { code: 'internal' } });
  Object.assign(kitchen, { deps: good });
  expect(await ask('jobs.create', body)).toMatchObject({ ok: false, problem: { code: 'conflict' } });
  expect(await good.store.openJobs(org)).toEqual([1]);
});

test('who asks too often is told when to ask again; nobody else has to wait, and the same request is taken then', async () => {
  // The kitchen's measure: 600 a minute with a burst of 150.
  for (let n = 0; n < 150; n++) kitchen.deps.rates.person.take(`${org}.ana`);
  const body = { id: 'late', receita_id: 1, multiplicador: 1 };
  expect(await ask('jobs.create', body)).toMatchObject({
    ...{ id: 'late', ok: false },
    problem: { code: 'rate_limited', detail: 'Too many requests; try again in 1 s', retry_after_s: 1 },
  });
  expect(await ask('jobs.create', { ...body, id: 'apo' }, 'apo', 'aprovador')).toMatchObject({ ok: true });
  kitchen.later(1_000);
  expect(await ask('jobs.create', body)).toMatchObject({ ok: true });
  expect(kitchen.deps.rates.refusals().person).toBe(1);
});
