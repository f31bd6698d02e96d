import { expect, test } from 'vitest';
import { seeded } from './random.ts';
import { spoil } from './spoil.ts';

const document = { nome: 'menu', itens: [{ tempero: 'sal', quantidade_g: 1.5 }], data: {} };

test('a spoilt document differs from the one handed in, which stays as it was', () => {
  const before = structuredClone(document);
  const texts = new Set<string>();
  for (let seed = 1; seed <= 100; seed++) texts.add(JSON.stringify(spoil(document, seeded(seed))));
  expect(document).toEqual(before);
  expect(texts.size).toBeGreaterThan(30);
  expect(texts).not.toContain(JSON.stringify(document));
});

test('fields inside lists are spoilt as well, and the same seed spoils the same', () => {
  const spoilt = Array.from({ length: 100 }, (_, seed) => spoil(document, seeded(seed)));
  const reached = spoilt.filter(
    ({ itens }) => Array.isArray(itens) && JSON.stringify(itens[0]) !== JSON.stringify(document.itens[0]),
  );
  expect(reached.length).toBeGreaterThan(0);
  expect(spoil(document, seeded(7))).toEqual(spoil(document, seeded(7)));
});
