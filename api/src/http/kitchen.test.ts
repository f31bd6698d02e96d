import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestApp, type TestApp } from './test-app.ts';
import { type Menu, type Rows, setMenu } from './test-menu.ts';

let kitchen: TestApp;
let menu: Menu;
beforeEach(async () => {
  kitchen = await openTestApp();
  menu = await setMenu(kitchen);
});
afterEach(() => kitchen.deps.close());
const codeOf = async (answer: Promise<{ json: Record<string, unknown> }>): Promise<unknown> =>
  (await answer).json.code;

describe('temperos and receitas', () => {
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
    expect(await menu.as('POST', '/api/devices/cozinha/claim-code')).toMatchObject({
      status: 201,
      json: { code: expect.stringMatching(/^[a-z0-9]{12}$/), expires_at: kitchen.deps.now() + 3_600_000 },
    });
    expect(await codeOf(menu.as('POST', '/api/devices/nobody/claim-code'))).toBe('not_found');
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

  test('a saldo that is not the sum of its ledger is found, with both figures', async () => {
    const { frascos } = await import('../store/schema/index.ts');
    const { orm } = kitchen.deps.store.parts.db;
    orm.update(frascos).set({ saldo_mg: 49_000 }).where(eq(frascos.frasco, 2)).run();
    expect(await kitchen.deps.store.wrongSaldos('demo')).toEqual([
      { device: 'cozinha', frasco: 2, saldo_mg: 49_000, soma_mg: 50_000 },
    ]);
  });
});
