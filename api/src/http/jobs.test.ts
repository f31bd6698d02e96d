import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestApp, problemFrom, type TestApp } from './test-app.ts';
import { type Menu, setMenu } from './test-menu.ts';

let kitchen: TestApp;
let menu: Menu;
beforeEach(async () => {
  kitchen = await openTestApp();
  menu = await setMenu(kitchen);
});
afterEach(() => kitchen.deps.close());

interface Rows<T = Record<string, unknown>> {
  rows: T[];
  proximo: string | null;
}
interface Document {
  job_id: number;
  itens: { item_ordem: number; frasco: number; ms: number }[];
}
const order = (multiplicador: unknown = 1, more: object = {}) =>
  menu.as<{ id: number; job_id: number; code: string; status: string }>('POST', '/api/jobs', {
    receita_id: menu.receita_id,
    multiplicador,
    ...more,
  });
const saldo = async (frasco: number): Promise<unknown> =>
  (await menu.as<Rows>('GET', '/api/estoque')).json.rows.find((row) => row.frasco === frasco)?.saldo_g;
/** Runs what next_job gives, as firmware v0.2 does; items in `failed` report `timeout`. */
const pour = async (failed: number[] = []) => {
  const { json: job } = await menu.asDevice<Document>('GET', '/devices/me/next_job');
  const execution_logs = job.itens.map((item) =>
    failed.includes(item.item_ordem)
      ? { frasco: item.frasco, segundos: 0.4, status: 'failed', error: 'timeout' }
      : { frasco: item.frasco, segundos: item.ms / 1_000, status: 'done' },
  );
  const body = {
    itens_completados: job.itens.length - failed.length,
    itens_falhados: failed.length,
    execution_logs,
  };
  return { job, body, answer: await menu.asDevice('POST', `/devices/me/jobs/${job.job_id}/complete`, body) };
};

describe('making a job', () => {
  test('a preview says grams, seconds and frascos, and makes nothing', async () => {
    const body = { receita_id: menu.receita_id, multiplicador: 2 };
    expect(await menu.as('POST', '/api/jobs/preview', body)).toMatchObject({
      status: 200,
      json: {
        device: 'cozinha',
        total_g: 15,
        pode: true,
        itens: [
          { frasco: 1, ms: 5_000 },
          { frasco: 2, ms: 5_000 },
        ],
      },
    });
    expect((await menu.as<Rows>('GET', '/api/jobs')).json.rows).toEqual([]);
  });

  test('a job is made, seen in its list and in the queue of its device', async () => {
    const made = await order();
    expect(made).toMatchObject({
      status: 201,
      json: { id: made.json.job_id, status: 'queued', device: 'cozinha' },
    });
    expect((await menu.as<Rows>('GET', '/api/jobs?status=queued')).json.rows).toMatchObject([
      { job_id: made.json.id, metodo: 'api', criado_por: 'ana' },
    ]);
    expect((await menu.as('GET', `/api/jobs/${made.json.id}`)).json).toMatchObject({ execution_logs: [] });
    expect((await menu.as('GET', '/api/devices/cozinha/queue')).json).toMatchObject({ device: 'cozinha' });
  });

  test('a page makes it as "painel"', async () => {
    const answer = await kitchen.send('POST', '/api/jobs', {
      headers: await kitchen.cookieOf('ana'),
      body: { receita_id: menu.receita_id, multiplicador: 1 },
    });
    expect(answer.status).toBe(201);
    expect((await menu.as<Rows>('GET', '/api/jobs')).json.rows[0]).toMatchObject({ metodo: 'painel' });
  });

  test.each([[0], [-1], [1e9], ['2'], ['abc'], [null], [[1]], [0.0001]])(
    'multiplicador %j is refused, and nothing is half-made',
    async (multiplicador) => {
      const refused = await order(multiplicador);
      expect(refused).toMatchObject({
        status: 422,
        json: { code: 'invalid', errors: [{ path: 'multiplicador' }] },
      });
      expect((await menu.as<Rows>('GET', '/api/jobs')).json.rows).toEqual([]);
      expect((await menu.as<Rows>('GET', '/api/estoque')).json.rows[0]).toMatchObject({ reservado_g: 0 });
    },
  );

  test('what stands in the way is named', async () => {
    expect((await order(30)).json.code).toBe('estoque_insuficiente');
    await menu.as('PATCH', '/api/org', { limite_multiplicador: 5 });
    expect((await order(6)).json.code).toBe('multiplicador');
    expect((await order(1, { device: 'nobody' })).status).toBe(404);
    expect((await menu.as('POST', '/api/jobs', { receita_id: 999, multiplicador: 1 })).status).toBe(404);
    await menu.as('POST', '/api/temperos', { nome: 'Louro' });
    const louro = await menu.as<{ id: number }>('POST', '/api/receitas', {
      nome: 'Louro',
      itens: [{ tempero: 'Louro', quantidade_g: 1 }],
    });
    const refused = await menu.as('POST', '/api/jobs', {
      receita_id: louro.json.id,
      multiplicador: 1,
      device: 'cozinha',
    });
    expect(refused.json.code).toBe('sem_frasco');
  });

  test('the same key makes one job, however often it is sent', async () => {
    const body = { receita_id: menu.receita_id, multiplicador: 1 };
    const send = () => menu.as('POST', '/api/jobs', body, { 'Idempotency-Key': 'press-1' });
    const answers = await Promise.all(Array.from({ length: 10 }, send));
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toHaveLength(1);
    expect((await menu.as<Rows>('GET', '/api/jobs')).json.rows).toHaveLength(1);
  });
});

describe('a job over the paths of firmware v0.2', () => {
  test('is claimed, repeated until its complete, and takes estoque for what was done only', async () => {
    const made = await order();
    const first = await menu.asDevice<Document>('GET', '/devices/me/next_job');
    expect(first).toMatchObject({ status: 200, json: { job_id: made.json.id } });
    expect((await menu.asDevice('GET', '/devices/me/next_job')).json).toEqual(first.json);
    const { answer, body } = await pour([2]);
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
    const made = await order();
    const { json: job } = await menu.asDevice<Document>('GET', '/devices/me/next_job');
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
    await order();
    for (let n = 0; n < 20; n++) await menu.asDevice('GET', '/devices/me/next_job');
    const refused = await menu.asDevice('GET', '/devices/me/next_job');
    expect(refused).toMatchObject({ status: 429, json: { code: 'rate_limited' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    kitchen.deps.advance(1_000);
    expect((await pour()).answer).toMatchObject({ status: 200, json: { status: 'done' } });
  });

  test('a report that cannot be read or is not its own is refused, and nothing is stored', async () => {
    const made = await order();
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

describe('what a person does to a job', () => {
  const act = (id: number, what: string, body: unknown = {}) =>
    menu.as('POST', `/api/jobs/${id}/${what}`, body);

  test('cancels it while it waits; then it is terminal, and is repeated as a new one', async () => {
    const made = await order();
    expect(await act(made.json.id, 'cancel', { motivo: 'mudei de ideia' })).toMatchObject({
      status: 200,
      json: { status: 'canceled' },
    });
    expect((await act(made.json.id, 'cancel')).json.code).toBe('terminal');
    expect((await act(made.json.id, 'pause')).json.code).toBe('terminal');
    expect(await act(made.json.id, 'retry')).toMatchObject({ status: 201, json: { status: 'queued' } });
    expect((await act(made.json.id, 'cancel', { motivo: 'x'.repeat(121) })).status).toBe(422);
  });

  test('retry of a job that went well is refused', async () => {
    const made = await order();
    await pour();
    expect((await act(made.json.id, 'retry')).json.code).toBe('not_retryable');
  });

  test('approves or refuses what waits for approval', async () => {
    await menu.as('PATCH', '/api/org', { regra_aprovacao: 'todos' });
    const [one, two] = [await order(), await order()];
    expect((await menu.as<Rows>('GET', '/api/jobs?fase=aguardando_aprovacao')).json.rows).toHaveLength(2);
    expect((await act(one.json.id, 'approve', { comentario: 'pode' })).json).toMatchObject({
      status: 'queued',
    });
    expect((await act(two.json.id, 'reject')).json).toMatchObject({ status: 'canceled', motivo: 'negado' });
    expect((await act(one.json.id, 'approve')).json.code).toBe('conflict');
  });

  test('closes a running job by force, and writes a note on it', async () => {
    const made = await order();
    expect((await act(made.json.id, 'close')).json.code).toBe('conflict');
    await menu.asDevice('GET', '/devices/me/next_job');
    expect((await act(made.json.id, 'close', { motivo: 'caiu' })).status).toBe(200);
    expect(await menu.as('PATCH', `/api/jobs/${made.json.id}`, { nota: '<b>sal demais</b>' })).toMatchObject({
      json: { nota: '<b>sal demais</b>' },
    });
    expect((await menu.as('PATCH', '/api/jobs/999', { nota: 'x' })).status).toBe(404);
  });

  test('orders the queue, holds it, lets it go on, and stops everything', async () => {
    const ids = [];
    for (let n = 0; n < 3; n++) ids.push((await order()).json.id);
    const path = '/api/devices/cozinha/queue';
    const put = await menu.as<{ jobs: { job_id: number }[] }>('PUT', path, { job_ids: [ids[2], ids[1]] });
    expect(put.json.jobs.map((job) => job.job_id)).toEqual(expect.arrayContaining([ids[2], ids[1]]));
    expect((await menu.as('PUT', path, { job_ids: [999] })).status).toBeGreaterThanOrEqual(404);
    expect((await menu.as('PUT', path, { job_ids: ['1'] })).status).toBe(422);
    expect(await menu.as('POST', `${path}/pause`, { pausada: true })).toMatchObject({
      json: { pausada: true },
    });
    expect((await menu.as('POST', `${path}/pause`, {})).status).toBe(422);
    expect(await menu.as('POST', `${path}/pause`, { pausada: false })).toMatchObject({
      json: { pausada: false },
    });
    const stopped = await menu.as<{ jobs: number[] }>('POST', '/api/stop');
    expect(stopped.json.jobs.sort()).toEqual(ids);
    expect((await menu.as<Rows>('GET', '/api/jobs?status=canceled')).json.rows).toHaveLength(3);
    expect((await menu.as('POST', `${path}/next`)).json.code).toBe('fila_vazia');
  });

  test('a role without the right is told which it lacks', async () => {
    const bia = { user: 'bia', nome: 'Bia', role: 'leitor', password: 'another long one' };
    await menu.as('POST', '/api/users', bia);
    const headers = await kitchen.cookieOf('bia', bia.password);
    const made = await order();
    for (const [method, path, body, permission] of [
      ['POST', '/api/jobs', { receita_id: menu.receita_id, multiplicador: 1 }, 'jobs:create'],
      ['POST', `/api/jobs/${made.json.id}/cancel`, {}, 'jobs:stop'],
      ['POST', `/api/jobs/${made.json.id}/approve`, {}, 'jobs:approve'],
      ['POST', `/api/jobs/${made.json.id}/close`, {}, 'jobs:close'],
      ['POST', '/api/stop', {}, 'jobs:stop'],
      ['PUT', '/api/devices/cozinha/queue', { job_ids: [] }, 'queue:manage'],
      ['DELETE', '/api/devices/cozinha', undefined, 'devices:manage'],
      ['POST', '/api/estoque/movimentos', {}, 'estoque:edit'],
      ['POST', '/api/receitas', {}, 'receitas:edit'],
    ] as const) {
      const answer = await kitchen.send(method, path, { headers, ...(body && { body }) });
      expect(await problemFrom(answer), path).toMatchObject({
        status: 403,
        detail: expect.stringContaining(permission),
      });
    }
    expect((await kitchen.send('GET', '/api/jobs', { headers })).status).toBe(200);
  });
});

describe('history', () => {
  beforeEach(async () => {
    for (const failed of [[], [2], [1, 2]]) {
      await order();
      await menu.as('POST', '/api/devices/cozinha/queue/next');
      await pour(failed);
      kitchen.deps.advance(60_000);
    }
  });

  test('lists every execution, page by page, with its filters', async () => {
    const get = (query: string) => menu.as<Rows>('GET', `/api/agent-tasks/execution-history?${query}`);
    const first = await get('limit=2');
    expect(first.json.rows.map((row) => row.status)).toEqual(['failed', 'done_partial']);
    expect(first.json.rows[1]).toMatchObject({
      receita: 'Sal com pimenta',
      gramas: 5,
      frascos: [1, 2],
      criado_por: 'ana',
    });
    const second = await get(`limit=2&cursor=${first.json.proximo}`);
    expect(second.json.rows.map((row) => row.status)).toEqual(['done']);
    expect(second.json.proximo).toBeNull();
    expect(
      (await get('status=done&tempero=Sal&device=cozinha&metodo=api&user=ana&receita=pimenta')).json.rows,
    ).toHaveLength(1);
    expect((await get('tempero=Ouro')).json.rows).toEqual([]);
    expect((await get('sort=gramas&ordem=asc')).json.rows.map((row) => row.gramas)).toEqual([0, 5, 7.5]);
    for (const bad of [
      'status=great',
      'sort=id;drop',
      'cursor=!!',
      'de=yesterday',
      'ate=2026-02-30',
      'limit=9999',
      'org=outra',
    ])
      expect((await get(bad)).status, bad).toBe(422);
  });

  test('days are days of the org, both counted in', async () => {
    const get = async (query: string) =>
      (await menu.as<Rows>('GET', `/api/agent-tasks/execution-history?${query}`)).json.rows.length;
    const day = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Sao_Paulo' }).format(
      kitchen.deps.now(),
    );
    expect(await get(`de=${day}&ate=${day}`)).toBe(3);
    expect(await get('ate=2020-01-01')).toBe(0);
    expect(await get(`de=${kitchen.deps.now() + 1}`)).toBe(0);
  });

  test('a CSV has every row, and no cell that a spreadsheet would run', async () => {
    const { json } = await menu.as<Rows<{ job_id: number }>>('GET', '/api/agent-tasks/execution-history');
    await menu.as('PATCH', `/api/jobs/${json.rows[0]?.job_id}`, { nota: '=HYPERLINK("http://x","a")' });
    const answer = await kitchen.send('GET', '/api/agent-tasks/execution-history?formato=csv&limit=1', {
      headers: await kitchen.cookieOf('ana'),
    });
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toContain('historico.csv');
    const lines = (await answer.text()).trimEnd().split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^job_id,criado_em,/);
    expect(lines[1]).toContain(`"'=HYPERLINK(""http://x"",""a"")"`);
  });

  test('the summary counts what was run', async () => {
    expect((await menu.as('GET', '/api/history/summary')).json).toMatchObject({
      total: 3,
      sucesso: 1,
      gramas: 12.5,
      estoque_exato: 1,
      fuso: 'America/Sao_Paulo',
    });
    const { json } = await menu.as<{ dias: unknown[] }>('GET', '/api/history/summary?status=done');
    expect(json).toMatchObject({ total: 1 });
    expect(json.dias).toHaveLength(30);
    expect((await menu.as('GET', '/api/history/summary?dias=7')).status).toBe(422);
  });
});
