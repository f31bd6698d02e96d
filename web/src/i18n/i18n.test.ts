import fc from 'fast-check';
import { beforeEach, expect, test, vi } from 'vitest';
import { ago, decimal, duration, editable, grams, parseDecimal, percent, spoons } from './numbers.ts';
import { officeEn } from './office.en.ts';
import { officePtBR } from './office.pt-BR.ts';
import { pagesEn } from './pages.en.ts';
import { pagesPtBR } from './pages.pt-BR.ts';
import { shellEn } from './shell.en.ts';
import { shellPtBR } from './shell.pt-BR.ts';
import { firstLanguage, format, language, languages, loadTexts, setLanguage, t, word } from './t.ts';

const nbsp = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');
beforeEach(async () => {
  await setLanguage('pt-BR');
  await loadTexts('pages', 'office');
});

test('both languages have the same keys, the same holes and no empty text', () => {
  const holes = (message: unknown) => [...new Set(JSON.stringify(message).match(/\{\w+\}/g))].sort();
  for (const [pt, en] of [
    [shellPtBR, shellEn],
    [pagesPtBR, pagesEn],
    [officePtBR, officeEn],
  ] as const) {
    expect(Object.keys(en).sort()).toEqual(Object.keys(pt).sort());
    for (const [key, message] of Object.entries(pt)) {
      expect([key, holes((en as Record<string, unknown>)[key])]).toEqual([key, holes(message)]);
      expect(JSON.stringify(message)).not.toContain('""');
    }
  }
});

test('a text follows the language, and so does the document', async () => {
  expect(t('job.feita')).toBe('feita');
  await setLanguage('en');
  expect(t('job.feita')).toBe('done');
  expect(document.documentElement.lang).toBe('en');
});

test('a part that is asked for while a language is on its way comes in that language', async () => {
  vi.resetModules();
  const fresh = await import('./t.ts');
  await Promise.all([fresh.setLanguage('en'), fresh.loadTexts('pages')]);
  expect([fresh.t('nav.estoque'), fresh.t('estoque.vazio')]).toEqual([
    shellEn['nav.estoque'],
    pagesEn['estoque.vazio'],
  ]);
});

test('plurals: one, other, and the "many" of a million in pt-BR', () => {
  const forms = { one: '{n} item', other: '{n} itens' };
  expect(format(forms, { n: 1 }, 'pt-BR')).toBe('1 item');
  expect(format(forms, { n: 2 }, 'pt-BR')).toBe('2 itens');
  expect(format(forms, { n: 1_000_000 }, 'pt-BR')).toBe('1.000.000 itens');
});

test('a code without a text is shown as it is', () => {
  expect(word('erro', 'estoque_insuficiente')).toBe('Não há o bastante de:');
  expect(word('erro', 'brand_new')).toBe('brand_new');
});

test('the first language is the choice, else Portuguese for Portuguese browsers, else English', () => {
  expect(firstLanguage('en', 'pt-BR')).toBe('en');
  expect(firstLanguage('klingon', 'pt-PT')).toBe('pt-BR');
  expect(firstLanguage(undefined, 'de')).toBe('en');
});

test('amounts are written the Brazilian way, and the English way in English', async () => {
  expect(grams(1_234.56)).toBe('1.234,6 g');
  expect(grams(0.005)).toBe('0,005 g');
  expect(nbsp(percent(0.982))).toBe('98,2%');
  expect(percent(null)).toBe('–');
  expect([duration(2_140), duration(80_000), duration(7_500_000), duration(null)]).toEqual([
    '2,1 s',
    '1 min 20 s',
    '2 h 5 min',
    '–',
  ]);
  expect(ago(180_000)).toBe('há 3 min');
  await setLanguage('en');
  expect(grams(1_234.56)).toBe('1,234.6 g');
});

test('grams are told as colheres de chá of 5 ml or as pitadas, by the density of the tempero', () => {
  expect(spoons(6, 1.2)).toEqual({ unit: 'cha', n: 1 });
  expect(spoons(4, 0.43)).toEqual({ unit: 'cha', n: 1.75 });
  expect(spoons(820, 1.2)).toEqual({ unit: 'cha', n: 137 });
  expect(spoons(1.5, 1.2)).toEqual({ unit: 'cha', n: 0.25 });
  expect(spoons(1.4, 1.2)).toEqual({ unit: 'pitada', n: 2 });
  expect(spoons(0.01, 1.2)).toEqual({ unit: 'pitada', n: 1 });
});

test('without a density or an amount no spoons are told', () => {
  for (const density of [null, undefined, 0, -1]) expect(spoons(5, density)).toBeUndefined();
  for (const g of [0, -2, Number.NaN]) expect(spoons(g, 1)).toBeUndefined();
});

test('2,5 and 2.5 are two and a half in both languages; a full grouping means thousands in its own', () => {
  for (const lang of languages) {
    expect(parseDecimal('2,5', lang)).toBe(2.5);
    expect(parseDecimal(' 2.5 ', lang)).toBe(2.5);
  }
  expect(parseDecimal('1.234', 'pt-BR')).toBe(1_234);
  expect(parseDecimal('1.234,5', 'pt-BR')).toBe(1_234.5);
  expect(parseDecimal('1,234', 'en')).toBe(1_234);
  expect(parseDecimal('1,234.5', 'en')).toBe(1_234.5);
});

test('what is no number is NaN, never a guess', () => {
  for (const text of ['', 'abc', '2,5g', '1,2,3', '--1', '1e9', 'Infinity', ',', '0x10']) {
    expect([text, parseDecimal(text, 'pt-BR')]).toEqual([text, Number.NaN]);
  }
});

test('every amount survives being written into a field and read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), fc.constantFrom(...languages), (mg, lang) => {
      expect(parseDecimal(editable(mg / 1_000, lang), lang)).toBe(mg / 1_000);
    }),
  );
});

test('a formatted number with grouping reads back as well', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000_000 }), fc.constantFrom(...languages), (n, lang) => {
      language.value = lang;
      expect(parseDecimal(decimal(n / 10, 1), lang)).toBeCloseTo(n / 10, 6);
    }),
  );
});

test('each page asks only for texts that arrive with it', () => {
  const sources = import.meta.glob<string>(['../**/*.ts', '../**/*.tsx', '!../**/*.test.*'], {
    query: '?raw',
    import: 'default',
    eager: true,
  });
  const officePages =
    /pages\/(dispensador|dispensadores|novo|calibrar|usuarios|config|instalacao|auditoria|saude|conta|convite|nova-senha)\/|pages\/avisos\/preferences|ui\/(secret|claim-code)/;
  const early =
    /^\.\.\/(ui\/(lazy|lights|stop-button|bell|page|states|icon|toast|problem)|pages\/(shell|nav|routes)|app|main)/;
  const wrong: string[] = [];
  for (const [file, source] of Object.entries(sources)) {
    for (const [, key = ''] of source.matchAll(/\bt\(\s*'([\w.-]+)'/g)) {
      if (key in officePtBR && !officePages.test(file)) wrong.push(`${file}: ${key}`);
      if (!(key in shellPtBR) && early.test(file)) wrong.push(`${file}: ${key}`);
    }
  }
  expect(Object.keys(sources).length).toBeGreaterThan(80);
  expect(wrong).toEqual([]);
});
