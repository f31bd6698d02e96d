import { cleanup, render } from '@testing-library/preact';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { loadTexts } from '../i18n/t.ts';
import { Jar, jarLabel, jarLevel, temperoColor } from './jar.tsx';

beforeAll(() => loadTexts('pages', 'office'));
afterEach(cleanup);

const sal = { frasco: 3, tempero: 'Sal', saldo_g: 12, desejado_g: 100 };

test('everything the drawing shows is said in its label', () => {
  const all = { ...sal, minimo_g: 50, reservado_g: 8, isPouring: true, isStale: true, recontar: true };
  expect(jarLabel(all)).toBe(
    'Frasco 3, Sal, 12 g, 12 % cheio, 8 g reservados, abaixo do mínimo de 50 g, conferir, despejando, valor antigo',
  );
  expect(jarLabel({ ...sal, tempero: null, saldo_g: 0 })).toBe('Frasco 3, vazio, 0 g, 0 % cheio');
});

test('the level is the share of a full jar, between empty and full', () => {
  expect([jarLevel(50, 100), jarLevel(-3, 100), jarLevel(140, 100)]).toEqual([0.5, 0, 1]);
});

test('a jar whose full content nobody has told draws no level: grams in text only', () => {
  expect(jarLevel(50, null)).toBeNull();
  const { container } = render(<Jar {...sal} desejado_g={null} minimo_g={5} />);
  expect(container.querySelector('.jar-fill')).toBeNull();
  expect(container.querySelector('svg')?.getAttribute('aria-label')).toBe('Frasco 3, Sal, 12 g');
});

test('it pours by class and its level is a transform, so that nothing is laid out anew', () => {
  const { container, rerender } = render(<Jar {...sal} isPouring />);
  const fill = container.querySelector<SVGElement>('.jar-fill');
  expect(fill?.style.transform).toBe('translateY(58.08px)');
  expect(container.querySelectorAll('.jar-grain')).toHaveLength(3);
  rerender(<Jar {...sal} isStale />);
  expect(container.querySelector('svg')?.classList.contains('stale')).toBe(true);
  expect(container.querySelector('.jar-grain')).toBeNull();
});

test('minimum and reserve are drawn where they are', () => {
  const { container } = render(<Jar {...sal} saldo_g={60} minimo_g={50} reservado_g={20} />);
  expect(container.querySelector('.jar-min')?.getAttribute('d')).toBe('M8 47h48');
  const hatch = container.querySelector('g rect');
  expect(Number(hatch?.getAttribute('height'))).toBeCloseTo(66 * 0.2);
});

test('two jars never share a clip path', () => {
  const { container } = render(
    <div>
      <Jar {...sal} />
      <Jar {...sal} frasco={4} />
    </div>,
  );
  const ids = [...container.querySelectorAll('clipPath')].map((one) => one.id);
  expect(new Set(ids).size).toBe(2);
});

test('a tempero keeps its colour: its own, a known look, or one made from its name', () => {
  expect(temperoColor('Sal', '#123456')).toBe('#123456');
  expect(temperoColor('Páprica doce')).toBe(temperoColor('paprica'));
  expect(temperoColor('Zimbro')).toBe(temperoColor('Zimbro'));
  expect(temperoColor('Zimbro')).not.toBe(temperoColor('Sumagre'));
});

test('a level that changes many times a second is set, not moved; a pouring one always moves', () => {
  const { container, rerender } = render(<Jar {...sal} />);
  const isHurried = () => container.querySelector('svg')?.classList.contains('hurried');
  rerender(<Jar {...sal} saldo_g={11} />);
  rerender(<Jar {...sal} saldo_g={10} />);
  expect(isHurried()).toBe(true);
  rerender(<Jar {...sal} saldo_g={9} isPouring />);
  expect(isHurried()).toBe(false);
});
