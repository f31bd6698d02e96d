import type { JobCompleteOut, JobCreated, JobDocument } from '@yaguts/shared';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectExact } from './exactness.ts';
import { openHouse, type TestHouse } from './fixture.ts';
import { holdTime } from './held-time.ts';

// Firmware v0.2 over real HTTP: it asks once a second, pours, and tells it all in one account.

const time = holdTime();
const ordered: number[] = [];
let house: TestHouse;
beforeAll(async () => {
  house = await openHouse({ held: time.held });
});
afterAll(() => house.close());

interface Answer<T> {
  readonly status: number;
  readonly retryAfterS: number;
  readonly body: T;
}
async function ask<T>(
  method: 'GET' | 'POST',
  path: string,
  body?: object,
  scheme = 'Basic',
): Promise<Answer<T>> {
  const { username, password } = house.kitchen.idle;
  const pair = `${username}:${password}`;
  const response = await fetch(house.running.origin + path, {
    method,
    headers: {
      authorization: `${scheme} ${scheme === 'Basic' ? Buffer.from(pair).toString('base64') : pair}`,
      'content-type': 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    retryAfterS: Number(response.headers.get('retry-after')),
    body: (text === '' ? undefined : JSON.parse(text)) as T,
  };
}
const next = (scheme?: string) => ask<JobDocument>('GET', '/devices/me/next_job', undefined, scheme);
const complete = (jobId: number, account: object) =>
  ask<JobCompleteOut>('POST', `/devices/me/jobs/${jobId}/complete`, account);

/** As v0.2 writes them: no seq, no token, no number; the position says which item it is. */
const logsOf = ({ itens }: JobDocument, failed: readonly number[] = []) =>
  itens.map(({ frasco, tempero, quantidade_g, ms }, i) => ({
    ...{ frasco, tempero, quantidade_g, segundos: ms / 1_000 },
    ...(failed.includes(i) ? { status: 'failed', error: 'rele: stuck' } : { status: 'done', error: null }),
  }));

async function order(): Promise<number> {
  const { job_id } = await house.order({ device: 'mao' });
  ordered.push(job_id);
  return job_id;
}

test('it is given its job again and again until its account, by Basic and by Bearer, then nothing', async () => {
  expect(await next()).toMatchObject({ status: 204 });
  const jobId = await order();
  const { body: job } = await next();
  expect(job).toMatchObject({ job_id: jobId, receita: 'Tempero baiano' });
  expect((await next('Bearer')).body).toEqual(job);
  expect(await house.job(jobId)).toMatchObject({ status: 'running' });
  const account = { itens_completados: 3, itens_falhados: 1, execution_logs: logsOf(job, [2]) };
  const first = await complete(jobId, account);
  expect(first).toMatchObject({
    status: 200,
    body: { ok: true, status: 'done_partial', itens_completados: 3 },
  });
  expect((await complete(jobId, account)).body).toEqual(first.body);
  expect(await next()).toMatchObject({ status: 204 });
  await expectExact(house, 'mao', ordered);
});

test('it may order a job for itself, which a person sees as any other', async () => {
  const { status, body } = await ask<JobCreated>('POST', '/jobs', {
    ...{ receita_id: house.kitchen.receitas[2]?.id, multiplicador: 1 },
  });
  expect(status).toBe(201);
  ordered.push(body.job_id);
  expect(await house.job(body.job_id)).toMatchObject({ metodo: 'http_v02', device: 'mao' });
  const { body: job } = await next();
  const account = { itens_completados: 3, itens_falhados: 0, execution_logs: logsOf(job) };
  expect((await complete(body.job_id, account)).body).toMatchObject({ status: 'done' });
  await expectExact(house, 'mao', ordered);
});

test('a board gone wild is told when to come back, and its account is stored when it does', async () => {
  // Accounts of the tests before have been taken from the same allowance.
  await time.pass(60_000);
  const jobId = await order();
  const { body: job } = await next();
  const account = { itens_completados: 4, itens_falhados: 0, execution_logs: logsOf(job) };
  const strangers = await Promise.all(Array.from({ length: 12 }, () => complete(jobId + 500, account)));
  const told = strangers.filter(({ status }) => status === 429);
  expect(new Set(strangers.map(({ status }) => status))).toEqual(new Set([404, 429]));
  for (const { retryAfterS } of told) expect(retryAfterS).toBeGreaterThan(0);
  const refused = await complete(jobId, account);
  expect(refused.status).toBe(429);
  expect((await house.job(jobId)).execution_logs).toEqual([]);
  await time.pass(refused.retryAfterS * 1_000);
  expect(await complete(jobId, account)).toMatchObject({ status: 200, body: { status: 'done' } });
  await expectExact(house, 'mao', ordered);
});
