import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestApp, problemFrom, type TestApp } from './test-app.ts';
import { type Menu, order, pour, type Rows, setMenu } from './test-menu.ts';

let kitchen: TestApp;
let menu: Menu;
beforeEach(async () => {
  kitchen = await openTestApp();
  menu = await setMenu(kitchen);
});
afterEach(() => kitchen.deps.close());

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
    const made = await order(menu);
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
      const refused = await order(menu, multiplicador);
      expect(refused).toMatchObject({
        status: 422,
        json: { code: 'invalid', errors: [{ path: 'multiplicador' }] },
      });
      expect((await menu.as<Rows>('GET', '/api/jobs')).json.rows).toEqual([]);
      expect((await menu.as<Rows>('GET', '/api/estoque')).json.rows[0]).toMatchObject({ reservado_g: 0 });
    },
  );

  test('what stands in the way is named', async () => {
    expect((await order(menu, 30)).json.code).toBe('estoque_insuficiente');
    await menu.as('PATCH', '/api/org', { limite_multiplicador: 5 });
    expect((await order(menu, 6)).json.code).toBe('multiplicador');
    expect((await order(menu, 1, { device: 'nobody' })).status).toBe(404);
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

describe('what a person does to a job', () => {
  const act = (id: number, what: string, body: unknown = {}) =>
    menu.as('POST', `/api/jobs/${id}/${what}`, body);

  test('cancels it while it waits; then it is terminal, and is repeated as a new one', async () => {
    const made = await order(menu);
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
    const made = await order(menu);
    await pour(menu);
    expect((await act(made.json.id, 'retry')).json.code).toBe('not_retryable');
  });

  test('approves or refuses what waits for approval', async () => {
    await menu.as('PATCH', '/api/org', { regra_aprovacao: 'todos' });
    const [one, two] = [await order(menu), await order(menu)];
    expect((await menu.as<Rows>('GET', '/api/jobs?fase=aguardando_aprovacao')).json.rows).toHaveLength(2);
    // Whoever ordered it is not the one who looks at it a second time, unless the org says so.
    expect(await act(one.json.id, 'approve')).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    const rules = { acima_g: null, acima_multiplicador: null, alergenos: [] };
    const set = await menu.as('PUT', '/api/org/approval', { ...rules, proprios: true });
    expect(set.json).toEqual({ ...rules, proprios: true });
    expect((await act(one.json.id, 'approve', { comentario: 'pode' })).json).toMatchObject({
      status: 'queued',
    });
    // Left out, it stays as it is.
    expect((await menu.as('PUT', '/api/org/approval', rules)).json).toEqual({ ...rules, proprios: true });
    expect((await act(two.json.id, 'reject')).json).toMatchObject({ status: 'canceled', motivo: 'negado' });
    expect((await act(one.json.id, 'approve')).json.code).toBe('conflict');
  });

  test('closes a running job by force, and writes a note on it', async () => {
    const made = await order(menu);
    expect((await act(made.json.id, 'close')).json.code).toBe('conflict');
    await menu.asDevice('GET', '/devices/me/next_job');
    expect((await act(made.json.id, 'close', { motivo: 'caiu' })).status).toBe(200);
    expect(await menu.as('PATCH', `/api/jobs/${made.json.id}`, { nota: '<b>sal demais</b>' })).toMatchObject({
      json: { nota: '<b>sal demais</b>' },
    });
    expect((await menu.as('PATCH', '/api/jobs/999', { nota: 'x' })).status).toBe(404);
  });

  test('asks the device to hold before the next frasco, and to go on', async () => {
    const made = await order(menu);
    await menu.asDevice('GET', '/devices/me/next_job');
    expect((await act(made.json.id, 'pause')).json.code).toBe('dispensador_offline');
    const { devices, jobs } = await import('../store/schema/index.ts');
    const { orm } = kitchen.deps.store.parts.db;
    orm.update(devices).set({ presence: 'online' }).run();
    expect(await act(made.json.id, 'pause')).toMatchObject({ status: 200, json: { status: 'running' } });
    expect((await act(made.json.id, 'resume')).json.code).toBe('conflict');
    orm.update(jobs).set({ fase: 'pausado' }).run();
    expect(await act(made.json.id, 'resume')).toMatchObject({ status: 200, json: { fase: 'pausado' } });
    const sent = kitchen.deps.published.filter(({ key }) => key === 'command').map(({ params }) => params);
    expect(sent).toMatchObject([{ op: 'pause' }, { op: 'resume' }]);
    const identify = await menu.as('POST', '/api/devices/cozinha/commands', { op: 'identify' });
    expect(identify.json.code).toBe('ocupado');
    expect((await menu.as<Rows>('GET', '/api/devices/cozinha/commands')).json.rows).toHaveLength(2);
  });

  test('orders the queue, holds it, lets it go on, and stops everything', async () => {
    const ids = [];
    for (let n = 0; n < 3; n++) ids.push((await order(menu)).json.id);
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
    const made = await order(menu);
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
