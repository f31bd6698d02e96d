import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestApp, type TestApp } from './test-app.ts';
import { type Menu, type Rows, setMenu } from './test-menu.ts';

let kitchen: TestApp;
let menu: Menu;
beforeAll(async () => {
  kitchen = await openTestApp();
  menu = await setMenu(kitchen);
});
afterAll(() => kitchen.deps.close());
const codeOf = async (answer: Promise<{ json: Record<string, unknown> }>): Promise<unknown> =>
  (await answer).json.code;
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
  test.each(['', 'A', 'a b', 'a/b', '+', '#', 'a.b', 'x'.repeat(37), '-a', 'ação'])(
    'the id %j is refused before it can become part of a topic',
    async (id) => {
      expect(await codeOf(menu.as('POST', '/api/devices', { id, nome: 'x' }))).toBe('invalid');
    },
  );
});

describe('estoque', () => {
  const move = (body: unknown) => menu.as<{ id: number }>('POST', '/api/estoque/movimentos', body);
  const at = { device: 'cozinha', frasco: 1 };

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

  test('a list names what it does not know', async () => {
    expect((await menu.as('GET', '/api/estoque?device=nobody')).status).toBe(404);
    for (const bad of ['frasco=0', 'frasco=x', 'limit=1000', 'cursor=abc', 'dispositivo=x'])
      expect(await codeOf(menu.as('GET', `/api/estoque/movimentos?${bad}`)), bad).toBe('invalid');
  });
});
