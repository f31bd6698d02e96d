import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestApp, type TestApp } from './test-app.ts';
import { type Menu, type Offered, order, pour, type Rows, setMenu } from './test-menu.ts';

let kitchen: TestApp;
let menu: Menu;
beforeEach(async () => {
  kitchen = await openTestApp();
  menu = await setMenu(kitchen);
});
afterEach(() => kitchen.deps.close());
const saldo = async (frasco: number): Promise<unknown> =>
  (await menu.as<Rows>('GET', '/api/estoque')).json.rows.find((row) => row.frasco === frasco)?.saldo_g;

describe('a job over the paths of firmware v0.2', () => {
  test('is claimed, repeated until its complete, and takes estoque for what was done only', async () => {
    const made = await order(menu);
    const first = await menu.asDevice<Offered>('GET', '/devices/me/next_job');
    expect(first).toMatchObject({ status: 200, json: { job_id: made.json.id } });
    expect((await menu.asDevice('GET', '/devices/me/next_job')).json).toEqual(first.json);
    const { answer, body } = await pour(menu, [2]);
    expect(answer).toMatchObject({
      status: 200,
      json: { ok: true, status: 'done_partial', itens_completados: 1, itens_falhados: 1 },
    });
    expect([await saldo(1), await saldo(2)]).toEqual([45, 50]);
    const again = await menu.asDevice('POST', `/devices/me/jobs/${made.json.id}/complete`, body);
    expect(again.json).toEqual(answer.json);
    expect([await saldo(1), await saldo(2)]).toEqual([45, 50]);
    expect((await menu.asDevice('GET', '/devices/me/next_job')).status).toBe(204);
    expect((await menu.as('GET', `/api/jobs/${made.json.id}`)).json).toMatchObject({
      status: 'done_partial',
      execution_logs: [
        { item_ordem: 1, status: 'done', quantidade_g: 5 },
        { item_ordem: 2, status: 'failed', error: 'timeout' },
      ],
    });
  });

  test('a hundred duplicate reports take estoque once', async () => {
    const made = await order(menu);
    const { json: job } = await menu.asDevice<Offered>('GET', '/devices/me/next_job');
    const body = {
      itens_completados: 2,
      itens_falhados: 0,
      execution_logs: job.itens.map((item) => ({ segundos: 1, status: 'done', frasco: item.frasco })),
    };
    const path = `/devices/me/jobs/${made.json.id}/complete`;
    const answers = [];
    for (let round = 0; round < 10; round++) {
      answers.push(
        ...(await Promise.all(Array.from({ length: 10 }, () => menu.asDevice('POST', path, body)))),
      );
      kitchen.deps.advance(10_000);
    }
    expect(answers.map((answer) => answer.status).every((status) => status === 200)).toBe(true);
    expect(new Set(answers.map((answer) => JSON.stringify(answer.json)))).toHaveLength(1);
    expect([await saldo(1), await saldo(2)]).toEqual([45, 47.5]);
    expect(await kitchen.deps.store.wrongSaldos('demo')).toEqual([]);
  });

  test('a board gone wild is told to wait, and its report is taken when it comes again', async () => {
    await order(menu);
    for (let n = 0; n < 20; n++) await menu.asDevice('GET', '/devices/me/next_job');
    const refused = await menu.asDevice('GET', '/devices/me/next_job');
    expect(refused).toMatchObject({ status: 429, json: { code: 'rate_limited' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    kitchen.deps.advance(1_000);
    expect((await pour(menu)).answer).toMatchObject({ status: 200, json: { status: 'done' } });
  });

  test('a report that cannot be read or is not its own is refused, and nothing is stored', async () => {
    const made = await order(menu);
    await menu.asDevice('GET', '/devices/me/next_job');
    const complete = (id: unknown, body: unknown) =>
      menu.asDevice('POST', `/devices/me/jobs/${id}/complete`, body);
    const log = { segundos: 1, status: 'done' };
    expect((await complete(made.json.id, { itens_completados: 1 })).status).toBe(422);
    expect(
      (await complete(made.json.id, { itens_completados: -1, itens_falhados: 0, execution_logs: [] })).status,
    ).toBe(422);
    for (const bad of [
      { ...log, segundos: 'x' },
      { ...log, status: 'maybe' },
      { ...log, item_ordem: 99 },
    ])
      expect(
        (await complete(made.json.id, { itens_completados: 1, itens_falhados: 0, execution_logs: [bad] }))
          .status,
        JSON.stringify(bad),
      ).toBe(422);
    expect(
      (await complete(999, { itens_completados: 0, itens_falhados: 0, execution_logs: [] })).status,
    ).toBe(404);
    expect(
      (await complete('abc', { itens_completados: 0, itens_falhados: 0, execution_logs: [] })).status,
    ).toBe(404);
    expect((await menu.as('GET', `/api/jobs/${made.json.id}`)).json).toMatchObject({
      status: 'running',
      execution_logs: [],
    });
  });

  test('a device makes a job for itself only', async () => {
    const body = { receita_id: menu.receita_id, multiplicador: 1 };
    const made = await menu.asDevice('POST', '/jobs', body);
    expect(made).toMatchObject({ status: 201, json: { device: 'cozinha' } });
    expect((await menu.as<Rows>('GET', '/api/jobs')).json.rows[0]).toMatchObject({
      metodo: 'http_v02',
      criado_por: 'device:cozinha',
    });
    expect((await menu.asDevice('POST', '/jobs', { ...body, device: 'bar' })).status).toBe(404);
  });

  test('people have no business there, nor devices under /api; a cookie opens nothing', async () => {
    expect((await menu.as('GET', '/devices/me/next_job')).status).toBe(403);
    expect((await menu.asDevice('GET', '/api/jobs')).status).toBe(403);
    const withCookie = await kitchen.send('GET', '/devices/me/next_job', {
      headers: await kitchen.cookieOf('ana'),
    });
    expect(withCookie.status).toBe(403);
    const { status, headers } = await kitchen.send('GET', '/devices/me/next_job', {
      headers: { Authorization: 'Basic x' },
    });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toContain('Basic');
  });

  test('the simulator’s route is not there', async () => {
    const answer = await menu.as('POST', '/devices/test/simulate-execution', {});
    expect(answer).toMatchObject({ status: 404, json: { code: 'not_found' } });
  });
});

test('in development the simulator gets its parameters with their defaults, for jobs of the own org', async () => {
  await kitchen.deps.close();
  const seen: unknown[] = [];
  kitchen = await openTestApp(
    { development: true },
    {
      simulate: async (org, input) => {
        seen.push([org, input]);
        return { itens_completados: 0, itens_falhados: 0, execution_logs: [] };
      },
    },
  );
  menu = await setMenu(kitchen);
  const run = (body: unknown) => menu.as('POST', '/devices/test/simulate-execution', body);
  expect((await run({ device: 'cozinha', fail_frasco_indices: [1] })).status).toBe(200);
  expect(seen).toEqual([
    [
      'demo',
      {
        device: 'cozinha',
        frasco_delay_ms: 2_000,
        fail_frasco_indices: [1],
        simulate_wifi_drop: false,
        drop_at_frasco_index: null,
        drop_duration_seconds: 5,
      },
    ],
  ]);
  expect((await run({ job_id: 999 })).status).toBe(404);
  expect((await run({ frasco_delay_ms: -1 })).status).toBe(422);
  expect((await menu.as('GET', '/api/session')).json).toMatchObject({ development: true });
});
