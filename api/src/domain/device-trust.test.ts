import { expect, test } from 'vitest';
import { isTwin, withAlert } from './device-trust.ts';

const seen = { boot_id: 'b2', boot_anterior: 'b1', journal_id: 'j2', journal_anterior: 'j1' };

test.each([
  ['the boot before the last', { boot_id: 'b1' }, true],
  ['the journal before the last', { journal_id: 'j1' }, true],
  ['the same boot and journal', { boot_id: 'b2', journal_id: 'j2' }, false],
  ['a new boot', { boot_id: 'b3' }, false],
  ['nothing', {}, false],
])('a device that shows %s', (_, now, twin) => {
  expect(isTwin(seen, now)).toBe(twin);
});

test('a device that was never seen has no twin', () => {
  const never = { boot_id: null, boot_anterior: null, journal_id: null, journal_anterior: null };
  expect(isTwin(never, { boot_id: 'b1', journal_id: 'j1' })).toBe(false);
});

test('an alert raised again keeps its first time and takes the new words', () => {
  const first = withAlert([], { code: 'gemeo', desde: 1, detalhe: 'a' });
  const other = withAlert(first, { code: 'diario_perdido', desde: 2, detalhe: 'b' });
  expect(withAlert(other, { code: 'gemeo', desde: 3, detalhe: 'c' })).toEqual([
    { code: 'diario_perdido', desde: 2, detalhe: 'b' },
    { code: 'gemeo', desde: 1, detalhe: 'c' },
  ]);
});
