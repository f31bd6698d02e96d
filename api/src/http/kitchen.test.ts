import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addOrg } from '../identity/test-deps.ts';
import { openTestApp, problemFrom, type TestApp } from './test-app.ts';
import { type Menu, setMenu } from './test-menu.ts';

let kitchen: TestApp;
let menu: Menu;
beforeEach(async () => {
  kitchen = await openTestApp();
  menu = await setMenu(kitchen);
});
afterEach(() => kitchen.deps.close());
const codeOf = async (answer: Promise<{ json: Record<string, unknown> }>): Promise<unknown> =>
  (await answer).json.code;

interface Rows<T = Record<string, unknown>> {
  rows: T[];
  proximo: string | null;
}
const hostile = [
  '<img src=x onerror=alert(1)>',
  "'; drop table temperos; --",
  '=cmd|calc',
  '👩‍🍳 açaí ñ',
  '\u202Emoc.live',
  'constructor',
  '__proto__',
  '{{7*7}}',
];

describe('temperos and receitas', () => {
  test.each(hostile)('a tempero may be called %j and comes back as it went', async (nome) => {
    const made = await menu.as('POST', '/api/temperos', { nome });
    expect(made).toMatchObject({ status: 201, json: { nome } });
    const { json } = await menu.as<Rows>('GET', '/api/temperos');
    expect(json.rows.map((row) => row.nome)).toContain(nome);
  });

  test.each([
    [''],
    ['   '],
    ['a\u0000b'],
    ['a\nb'],
    ['x'.repeat(33)],
    ['ç'.repeat(17)],
    [7],
    [null],
    [['Sal']],
    [{}],
  ])('%j is no name of a tempero', async (nome) => {
    expect(await codeOf(menu.as('POST', '/api/temperos', { nome }))).toBe('invalid');
  });

  test('a name is taken once, and a tempero in use is not removed', async () => {
    expect(await codeOf(menu.as('POST', '/api/temperos', { nome: 'Sal' }))).toBe('already_exists');
    const { json } = await menu.as<Rows<{ id: number; nome: string }>>('GET', '/api/temperos');
    const sal = json.rows.find((row) => row.nome === 'Sal')?.id;
    expect(await codeOf(menu.as('DELETE', `/api/temperos/${sal}`))).toBe('conflict');
    const spare = await menu.as<{ id: number }>('POST', '/api/temperos', { nome: 'Louro' });
    expect((await menu.as('DELETE', `/api/temperos/${spare.json.id}`)).status).toBe(204);
    expect(await codeOf(menu.as('PUT', `/api/temperos/${spare.json.id}`, { nome: 'Louro' }))).toBe(
      'not_found',
    );
  });

  test('a receita says which devices could pour it now', async () => {
    const { json } = await menu.as<Rows>('GET', '/api/receitas');
    expect(json.rows).toMatchObject([{ nome: 'Sal com pimenta', versao: 1, pode_agora: ['cozinha'] }]);
  });

  test('a receita is written over only by who has read its last version', async () => {
    const path = `/api/receitas/${menu.receita_id}`;
    const itens = [{ tempero: 'Sal', quantidade_g: 1 }];
    const body = { nome: 'Só sal', itens };
    expect(await menu.as('PUT', path, body, { 'If-Match': '"1"' })).toMatchObject({ json: { versao: 2 } });
    expect(await codeOf(menu.as('PUT', path, body, { 'If-Match': '"1"' }))).toBe('stale');
    expect(await codeOf(menu.as('PUT', path, body, { 'If-Match': 'newest' }))).toBe('invalid');
    expect(await menu.as('PUT', path, body)).toMatchObject({ status: 200, json: { versao: 3 } });
    const answer = await kitchen.send('GET', path, { headers: await kitchen.cookieOf('ana') });
    expect(answer.headers.get('etag')).toBe('"3"');
    expect((await menu.as('DELETE', path)).status).toBe(204);
    expect(await codeOf(menu.as('GET', path))).toBe('not_found');
  });

  test.each([
    ['no items', { nome: 'x', itens: [] }],
    ['25 items', { nome: 'x', itens: Array(25).fill({ tempero: 'Sal', quantidade_g: 1 }) }],
    ['an unknown tempero', { nome: 'x', itens: [{ tempero: 'Ouro', quantidade_g: 1 }] }],
    ['0 g', { nome: 'x', itens: [{ tempero: 'Sal', quantidade_g: 0 }] }],
    ['−1 g', { nome: 'x', itens: [{ tempero: 'Sal', quantidade_g: -1 }] }],
    ['1e9 g', { nome: 'x', itens: [{ tempero: 'Sal', quantidade_g: 1e9 }] }],
    ['grams as text', { nome: 'x', itens: [{ tempero: 'Sal', quantidade_g: '5' }] }],
  ])('a receita of %s is refused', async (_title, body) => {
    expect(await codeOf(menu.as('POST', '/api/receitas', body))).toBe('invalid');
  });

  test.each(['0', '-1', '1.5', 'abc', '1e3', '9'.repeat(30), '%2e%2e', '1%20or%201=1'])(
    'the id %s is nothing of ours',
    async (id) => {
      expect((await menu.as('GET', `/api/receitas/${id}`)).status).toBe(404);
      expect((await menu.as('GET', `/api/jobs/${id}`)).status).toBe(404);
      expect((await menu.as('GET', `/api/devices/${id}`)).status).toBe(404);
    },
  );
});

describe('devices', () => {
  test('a device is made with its credential, shown once', async () => {
    const made = await menu.as('POST', '/api/devices', { id: 'bar', nome: 'Bar' });
    expect(made).toMatchObject({
      status: 201,
      json: { org: 'demo', device: 'bar', username: 'demo.bar', client_id: 'demo.bar' },
    });
    const { password } = made.json as { password: string };
    for (const path of ['/api/devices', '/api/devices/bar', '/api/devices/bar/credentials', '/api/audit'])
      expect(JSON.stringify((await menu.as('GET', path)).json)).not.toContain(password);
    expect(await codeOf(menu.as('POST', '/api/devices', { id: 'bar', nome: 'Bar' }))).toBe('already_exists');
  });

  test.each(['', 'A', 'a b', 'a/b', '+', '#', 'a.b', 'x'.repeat(37), '-a', 'ação'])(
    'the id %j is refused before it can become part of a topic',
    async (id) => {
      expect(await codeOf(menu.as('POST', '/api/devices', { id, nome: 'x' }))).toBe('invalid');
    },
  );

  test('a credential is replaced, listed without its secret, and revoked', async () => {
    const path = '/api/devices/cozinha/credentials';
    const second = await menu.as<{ id: string }>('POST', path, { manter_anteriores: true });
    expect((await menu.as<Rows>('GET', path)).json.rows).toHaveLength(2);
    expect((await menu.asDevice('GET', '/devices/me/next_job')).status).toBe(204);
    await menu.as('DELETE', `${path}/${second.json.id}`);
    await menu.as('POST', path);
    expect((await menu.as<Rows>('GET', path)).json.rows).toHaveLength(1);
    expect((await menu.asDevice('GET', '/devices/me/next_job')).status).toBe(401);
    expect(await codeOf(menu.as('DELETE', `${path}/${second.json.id}`))).toBe('not_found');
    expect(await codeOf(menu.as('POST', '/api/devices/nobody/credentials'))).toBe('not_found');
  });

  test('a device is renamed, set up and removed', async () => {
    expect(await menu.as('PATCH', '/api/devices/cozinha', { nome: 'Copa' })).toMatchObject({
      json: { nome: 'Copa', transicao: 'manual' },
    });
    expect(await codeOf(menu.as('PATCH', '/api/devices/cozinha', { transicao: 'nunca' }))).toBe('invalid');
    expect(await codeOf(menu.as('PATCH', '/api/devices/nobody', { nome: 'x' }))).toBe('not_found');
    expect((await menu.as('DELETE', '/api/devices/cozinha')).status).toBe(204);
    expect((await menu.as('GET', '/api/devices/cozinha')).status).toBe(404);
    expect((await menu.asDevice('GET', '/devices/me/next_job')).status).toBe(401);
  });

  test('frascos are set by number, and each fault is named by its path', async () => {
    const { json } = await menu.as<Rows>('GET', '/api/devices/cozinha/frascos');
    expect(json.rows.slice(0, 2)).toMatchObject([
      { frasco: 1, tempero: 'Sal', g_por_s: 2, saldo_g: 50 },
      { frasco: 2, tempero: 'Pimenta', g_por_s: 1, saldo_g: 50, minimo_g: 5 },
    ]);
    const put = (frascos: unknown) => menu.as('PUT', '/api/devices/cozinha/frascos', { frascos });
    for (const bad of [
      [{ frasco: 0, tempero: 'Sal' }],
      [{ frasco: 25, tempero: 'Sal' }],
      [{ frasco: 1, tempero: 'Ouro' }],
      [{ frasco: 1, tempero: 'Sal', g_por_s: 0 }],
      [{ frasco: 1, tempero: 'Sal', max_ms: 180_001 }],
      'all',
    ])
      expect(await codeOf(put(bad)), JSON.stringify(bad)).toBe('invalid');
    expect((await menu.as('GET', '/api/devices/nobody/frascos')).status).toBe(404);
    expect((await menu.as('GET', '/api/devices/nobody/frascos/1/history')).status).toBe(404);
    const past = await menu.as<Rows>('GET', '/api/devices/cozinha/frascos/1/history');
    expect(past.json.rows[0]).toMatchObject({ tempero: 'Sal', g_por_s: 2, por: 'ana' });
  });

  test('a rate is stored from weighed runs', async () => {
    const calibrate = (medidas: unknown) =>
      menu.as('POST', '/api/devices/cozinha/calibrations', { frasco: 1, medidas });
    expect(
      await calibrate([
        { ms: 1_000, gramas: 2 },
        { ms: 2_000, gramas: 6 },
      ]),
    ).toMatchObject({
      status: 201,
      json: { frasco: 1 },
    });
    expect(await codeOf(calibrate([]))).toBe('invalid');
    expect(await codeOf(calibrate([{ gramas: 1 }]))).toBe('invalid');
  });

  test('an alert is taken away by a person who has looked, once', async () => {
    const { devices } = await import('../store/schema/index.ts');
    const { orm } = kitchen.deps.store.parts.db;
    const alertas = [{ code: 'gemeo' as const, desde: 1, detalhe: 'two boards' }];
    orm.update(devices).set({ alertas }).where(eq(devices.device, 'cozinha')).run();
    const path = '/api/devices/cozinha/alerts/gemeo';
    expect(await menu.as('DELETE', path)).toMatchObject({ status: 200, json: { alertas: [] } });
    expect(await codeOf(menu.as('DELETE', path))).toBe('not_found');
    expect(await codeOf(menu.as('DELETE', '/api/devices/cozinha/alerts/fogo'))).toBe('not_found');
  });

  test('messages put aside are shown to who manages devices', async () => {
    const { rejectedMessages } = await import('../store/schema/index.ts');
    const row = { org_id: 'demo', device: 'cozinha', topic: 't', digest: 'd', code: 'ilegivel', tamanho: 3 };
    const inicio = Buffer.from([0x7b, 0xff, 0x3c]);
    const { orm } = kitchen.deps.store.parts.db;
    orm
      .insert(rejectedMessages)
      .values({ ...row, inicio, primeira_em: 1, ultima_em: 2 })
      .run();
    expect((await menu.as<Rows>('GET', '/api/rejected-messages')).json.rows).toMatchObject([
      { device: 'cozinha', topic: 't', code: 'ilegivel', inicio: '{\ufffd<', vezes: 1 },
    ]);
  });

  test('a command to a device that is away is refused, and an unknown one too', async () => {
    const send = (body: unknown) => menu.as('POST', '/api/devices/cozinha/commands', body);
    expect(await codeOf(send({ op: 'identify' }))).toBe('dispensador_offline');
    expect(await codeOf(send({ op: 'prime', frasco: 1 }))).toBe('invalid');
    expect(await codeOf(send({ op: 'explode' }))).toBe('invalid');
    expect((await menu.as<Rows>('GET', '/api/devices/cozinha/commands')).json.rows).toEqual([]);
    expect((await menu.as('GET', '/api/devices/nobody/commands')).status).toBe(404);
  });
});

describe('estoque', () => {
  const move = (body: unknown) => menu.as<{ id: number }>('POST', '/api/estoque/movimentos', body);
  const at = { device: 'cozinha', frasco: 1 };

  test('a refill, a weighing and an undo each leave a row, and the saldo is their sum', async () => {
    expect(await move({ tipo: 'ajuste', ...at, saldo_g: 40 })).toMatchObject({
      status: 201,
      json: { quantidade_g: -10, saldo_g: 40, por: 'ana' },
    });
    const refill = await move({ tipo: 'entrada', ...at, quantidade_g: 2.5 });
    expect(await move({ tipo: 'estorno', movimento_id: refill.json.id })).toMatchObject({
      json: { quantidade_g: -2.5, saldo_g: 40 },
    });
    expect(await codeOf(move({ tipo: 'estorno', movimento_id: refill.json.id }))).toBe('conflict');
    const { json } = await menu.as<Rows>('GET', '/api/estoque/movimentos?device=cozinha&frasco=1&limit=2');
    expect(json.rows.map((row) => row.tipo)).toEqual(['estorno', 'entrada']);
    const rest = await menu.as<Rows>(
      'GET',
      `/api/estoque/movimentos?device=cozinha&frasco=1&cursor=${json.proximo}`,
    );
    expect(rest.json.rows.map((row) => row.tipo)).toEqual(['ajuste', 'entrada']);
    expect(await kitchen.deps.store.wrongSaldos('demo')).toEqual([]);
  });

  test.each([
    [{ tipo: 'entrada', ...at, quantidade_g: 0 }, 'invalid'],
    [{ tipo: 'entrada', ...at, quantidade_g: -5 }, 'invalid'],
    [{ tipo: 'entrada', ...at, quantidade_g: 1e12 }, 'invalid'],
    [{ tipo: 'entrada', ...at, quantidade_g: '5' }, 'invalid'],
    [{ tipo: 'saida', ...at, quantidade_g: 5 }, 'invalid'],
    [{ tipo: 'ajuste', ...at, saldo_g: -1 }, 'invalid'],
    [{ tipo: 'entrada', device: 'nobody', frasco: 1, quantidade_g: 5 }, 'not_found'],
    [{ tipo: 'estorno', movimento_id: 999 }, 'not_found'],
  ])('%j is refused as %s, and nothing moves', async (body, code) => {
    expect(await codeOf(move(body))).toBe(code);
    const { json } = await menu.as<Rows>('GET', '/api/estoque?device=cozinha');
    expect(json.rows[0]).toMatchObject({ frasco: 1, saldo_g: 50 });
  });

  test('a saldo that is not the sum of its ledger is found, with both figures', async () => {
    const { frascos } = await import('../store/schema/index.ts');
    const { orm } = kitchen.deps.store.parts.db;
    orm.update(frascos).set({ saldo_mg: 49_000 }).where(eq(frascos.frasco, 2)).run();
    expect(await kitchen.deps.store.wrongSaldos('demo')).toEqual([
      { device: 'cozinha', frasco: 2, saldo_mg: 49_000, soma_mg: 50_000 },
    ]);
  });

  test('a list names what it does not know', async () => {
    expect((await menu.as('GET', '/api/estoque?device=nobody')).status).toBe(404);
    for (const bad of ['frasco=0', 'frasco=x', 'limit=1000', 'cursor=abc', 'dispositivo=x'])
      expect(await codeOf(menu.as('GET', `/api/estoque/movimentos?${bad}`)), bad).toBe('invalid');
  });
});

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
