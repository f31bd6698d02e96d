import { afterEach, beforeEach, expect, test } from 'vitest';
import { addOrg } from '../identity/test-deps.ts';
import { openTestApp, problemFrom, type TestApp } from './test-app.ts';
import { type Menu, type Rows, setMenu } from './test-menu.ts';

let kitchen: TestApp;
let menu: Menu;
beforeEach(async () => {
  kitchen = await openTestApp();
  menu = await setMenu(kitchen);
});
afterEach(() => kitchen.deps.close());

test('another org sees none of it, and can change none of it', async () => {
  await addOrg(kitchen.deps, 'outra', 'dora');
  const job = await menu.as<{ id: number }>('POST', '/api/jobs', {
    receita_id: menu.receita_id,
    multiplicador: 1,
  });
  const headers = await kitchen.cookieOf('dora');
  const asDora = async (method: string, path: string, body?: unknown) =>
    kitchen.send(method, path, { headers, ...(body !== undefined && { body }) });

  for (const path of [
    '/api/temperos',
    '/api/receitas',
    '/api/devices',
    '/api/estoque',
    '/api/estoque/movimentos',
    '/api/jobs',
    '/api/agent-tasks/execution-history',
    '/api/rejected-messages',
  ])
    expect(await (await asDora('GET', path)).json(), path).toMatchObject({ rows: [] });

  const { json } = await menu.as<Rows<{ id: number }>>('GET', '/api/estoque/movimentos');
  const receita = { nome: 'x', itens: [{ tempero: 'Sal', quantidade_g: 1 }] };
  const foreign: [string, string, unknown?][] = [
    ['GET', `/api/receitas/${menu.receita_id}`],
    ['PUT', `/api/temperos/1`, { nome: 'x' }],
    ['DELETE', `/api/temperos/1`],
    ['DELETE', `/api/receitas/${menu.receita_id}`],
    ['GET', '/api/devices/cozinha'],
    ['PATCH', '/api/devices/cozinha', { nome: 'x' }],
    ['DELETE', '/api/devices/cozinha'],
    ['GET', '/api/devices/cozinha/frascos'],
    ['PUT', '/api/devices/cozinha/frascos', { frascos: [] }],
    ['GET', '/api/devices/cozinha/frascos/1/history'],
    ['POST', '/api/devices/cozinha/calibrations', { frasco: 1, medidas: [{ ms: 1_000, gramas: 1 }] }],
    ['DELETE', '/api/devices/cozinha/alerts/gemeo'],
    ['GET', '/api/devices/cozinha/commands'],
    ['POST', '/api/devices/cozinha/commands', { op: 'identify' }],
    ['GET', '/api/devices/cozinha/credentials'],
    ['POST', '/api/devices/cozinha/credentials', {}],
    ['POST', '/api/devices/cozinha/claim-code', {}],
    ['GET', '/api/devices/cozinha/queue'],
    ['PUT', '/api/devices/cozinha/queue', { job_ids: [] }],
    ['POST', '/api/devices/cozinha/queue/next', {}],
    ['POST', '/api/devices/cozinha/queue/pause', { pausada: true }],
    ['GET', '/api/estoque?device=cozinha'],
    ['POST', '/api/estoque/movimentos', { tipo: 'entrada', device: 'cozinha', frasco: 1, quantidade_g: 1 }],
    ['POST', '/api/estoque/movimentos', { tipo: 'estorno', movimento_id: json.rows[0]?.id }],
    ['POST', '/api/jobs', { receita_id: menu.receita_id, multiplicador: 1 }],
    ['POST', '/api/jobs/preview', { receita_id: menu.receita_id, multiplicador: 1 }],
    ['GET', `/api/jobs/${job.json.id}`],
    ['PATCH', `/api/jobs/${job.json.id}`, { nota: 'x' }],
    ...['cancel', 'approve', 'reject', 'retry', 'pause', 'resume', 'close'].map(
      (act): [string, string, unknown] => ['POST', `/api/jobs/${job.json.id}/${act}`, {}],
    ),
  ];
  for (const [method, path, body] of foreign) {
    const answer = await asDora(method, path, body);
    expect(answer.status, `${method} ${path}`).toBe(404);
    expect(await problemFrom(answer)).toMatchObject({ code: 'not_found' });
  }
  expect((await asDora('PUT', `/api/receitas/${menu.receita_id}`, receita)).status).not.toBe(200);
  expect(await (await asDora('POST', '/api/stop', {})).json()).toEqual({ devices: [], jobs: [] });
  expect((await menu.as('GET', `/api/jobs/${job.json.id}`)).json).toMatchObject({ status: 'queued' });
});
