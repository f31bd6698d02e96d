import type { Receita } from '@yaguts/shared';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadTexts, setLanguage } from '../i18n/t.ts';
import { aFrasco } from '../test-data.ts';
import { summary } from './calibrar/runs.ts';
import { safeReturn } from './entrar/safe-return.ts';
import { toBuy } from './estoque/shopping-list.tsx';
import { kinds, pieces } from './historico/days-chart.tsx';
import { filtersIn, withFilters } from './historico/query.ts';
import { idFrom } from './primeiro-uso/id-from.ts';
import { draftFrom, emptyDraft, faultsOf, moved, receitaFrom } from './receita/draft.ts';
import { filterReceitas, multiplicadorFor, tagsOf } from './receitas/filter.ts';

beforeAll(async () => {
  await setLanguage('pt-BR');
  await loadTexts('pages', 'office');
});

const receita = (change: Partial<Receita> = {}): Receita => ({
  id: 1,
  versao: 1,
  nome: 'Feijão da vovó',
  notas: '',
  tags: ['almoço'],
  favorita: false,
  itens: [
    { tempero: 'Sal', quantidade_g: 20, escala: 'linear', critico: false },
    { tempero: 'Louro', quantidade_g: 1, escala: 'fixa', critico: false },
  ],
  atualizada_em: 0,
  pode_agora: [],
  ...change,
});

describe('receitas', () => {
  const all = [
    receita(),
    receita({ id: 2, nome: 'Churrasco', tags: [], favorita: true, pode_agora: ['cozinha'] }),
  ];
  const found = (query: Record<string, string>) => filterReceitas(all, query).map(({ id }) => id);

  test('search finds names, tags and temperos without accents, every word of it', () => {
    expect(found({ q: 'feijao' })).toEqual([1]);
    expect(found({ q: 'ALMOCO vovo' })).toEqual([1]);
    expect(found({ q: 'louro churrasco' })).toEqual([2]);
    expect(found({ q: 'louro bolo' })).toEqual([]);
  });

  test('favourites come first; favourites, tag and "dá para fazer agora" narrow the list', () => {
    expect(found({})).toEqual([2, 1]);
    expect(found({ favoritas: '1' })).toEqual([2]);
    expect(found({ tag: 'almoço' })).toEqual([1]);
    expect(found({ agora: '1' })).toEqual([2]);
  });

  test('tags in use, the commonest first', () => {
    expect(tagsOf([receita({ tags: ['b', 'a'] }), receita({ tags: ['b'] })])).toEqual(['b', 'a']);
  });

  test('"tenho 40 g de sal" is twice the receita; never more than one has', () => {
    expect(multiplicadorFor(receita(), 'Sal', 40)).toBe(2);
    expect(multiplicadorFor(receita(), 'Louro', 40)).toBeUndefined();
    expect(multiplicadorFor(receita(), 'Sal', Number.NaN)).toBeUndefined();
    fc.assert(
      fc.property(fc.double({ min: 1, max: 5_000, noNaN: true }), (have) => {
        expect((multiplicadorFor(receita(), 'Sal', have) ?? 0) * 20).toBeLessThanOrEqual(have + 1e-9);
      }),
    );
  });
});

describe('the editor', () => {
  test('a stored receita goes through the editor unchanged', () => {
    const { id, versao, atualizada_em, pode_agora, ...body } = receita();
    expect(receitaFrom(draftFrom(receita()))).toEqual(body);
  });

  test('what is missing is said, and nothing is sent before it is there', () => {
    const draft = emptyDraft();
    expect(receitaFrom(draft)).toBeUndefined();
    expect(faultsOf(draft).nome).toBe('Dê um nome (até 32 letras).');
    const long = { ...draftFrom(receita()), nome: 'ç'.repeat(17) };
    expect(faultsOf(long).nome).toBeDefined();
    const nan = {
      ...draftFrom(receita()),
      itens: [{ ...draftFrom(receita()).itens[0], quantidade_g: Number.NaN }],
    };
    expect(receitaFrom(nan as never)).toBeUndefined();
  });

  test('tags are split at commas, trimmed and told once', () => {
    expect(receitaFrom({ ...draftFrom(receita()), tags: ' a, b ,a,, ' })?.tags).toEqual(['a', 'b']);
  });

  test('moving keeps every item and stops at the ends', () => {
    expect(moved([1, 2, 3], 0, 1)).toEqual([2, 1, 3]);
    expect(moved([1, 2, 3], 0, -1)).toEqual([1, 2, 3]);
    expect(moved([1, 2, 3], 2, 1)).toEqual([1, 2, 3]);
  });
});

test('filters of the history survive a reload: query to filters and back, unknown names left out', () => {
  const query = { de: '2026-11-01', status: 'failed', tempero: 'Pimenta do reino', estranho: 'x' };
  const filters = filtersIn(query);
  expect(filters).toEqual({ de: '2026-11-01', status: 'failed', tempero: 'Pimenta do reino' });
  expect(withFilters(filters, {})).toBe('?de=2026-11-01&status=failed&tempero=Pimenta+do+reino');
  expect(withFilters(filters, { status: '', de: '', tempero: '' })).toBe('');
});

test('a bar’s pieces stand on each other and reach as high as the day’s share of the tallest day', () => {
  const day = { dia: '2026-11-24', done: 3, done_partial: 1, failed: 0, canceled: 1, outros: 0 };
  const parts = pieces(day, 10);
  expect(parts.map(({ kind }) => kind)).toEqual(['done', 'done_partial', 'canceled']);
  expect(parts.reduce((sum, { h }) => sum + h, 0)).toBeCloseTo(60);
  expect(parts.at(-1)?.y).toBeCloseTo(60);
  expect(pieces({ ...day, done: 0, done_partial: 0, canceled: 0 }, 0)).toEqual([]);
  expect(kinds).toHaveLength(5);
});

test('the shopping list adds up what brings low jars back to full, after what is reserved', () => {
  const rows = [
    aFrasco({ saldo_g: 20, minimo_g: 50, desejado_g: 500 }),
    aFrasco({ device: 'loja', saldo_g: 60, reservado_g: 30, minimo_g: 50, desejado_g: null }),
    aFrasco({ tempero: 'Alho', saldo_g: 200, minimo_g: 50 }),
    aFrasco({ tempero: null, saldo_g: 0, minimo_g: 50 }),
  ];
  expect(toBuy(rows)).toEqual([{ tempero: 'Sal', gramas: 480 + 70 }]);
});

test('the spread of weighed runs is (largest − smallest) ÷ mean', () => {
  const run = (gramas: number) => ({ command_id: String(gramas), ms: 5_000, gramas });
  expect(summary([])).toBeUndefined();
  expect(summary([run(10)])).toEqual({ g_por_s: 2, spread: null });
  expect(summary([run(10), run(11), run(9)])?.spread).toBeCloseTo(0.2);
});

test('a name becomes what may stand in a topic', () => {
  expect(idFrom('Cozinha da Ana')).toBe('cozinha-da-ana');
  expect(idFrom('  São João #2!  ')).toBe('sao-joao-2');
  fc.assert(
    fc.property(fc.string(), (name) => {
      expect(idFrom(name)).toMatch(/^([a-z0-9][a-z0-9-]{0,35})?$/);
    }),
  );
});

test('the way back after logging in stays on this site', () => {
  expect(safeReturn('/historico?status=failed')).toBe('/historico?status=failed');
  for (const evil of ['//evil.example', '/\\evil.example', 'https://evil.example', undefined, '/entrar']) {
    expect(safeReturn(evil)).toBe('/');
  }
});
