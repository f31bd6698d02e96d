import { expect, test } from 'vitest';
import { percentile, readable, renderTable } from './figures.ts';

test('a percentile is the value that so many samples do not exceed', () => {
  const samples = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(percentile(samples, 50)).toBe(50);
  expect(percentile(samples, 99)).toBe(99);
  expect(percentile([7], 99)).toBe(7);
  expect(percentile([], 50)).toBe(0);
});

test('numbers are read at a glance', () => {
  expect([0.03333, 12.345, 999.5, 12_345.6].map(readable)).toEqual(['0.0333', '12.3', '1000', '12,346']);
});

test('a table has its first column to the left and the others to the right', () => {
  expect(
    renderTable(
      ['load', 'n'],
      [
        ['one', '1'],
        ['two', '1,000'],
      ],
    ),
  ).toBe(['load      n', '----  -----', 'one       1', 'two   1,000'].join('\n'));
});
