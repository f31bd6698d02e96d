import { expect, test } from 'vitest';
import { isRetention } from './retention.tsx';

test('each kind has bounds of its own; only acts may be kept for ever', () => {
  expect(isRetention('execucoes', 30)).toBe(true);
  expect(isRetention('execucoes', 29)).toBe(false);
  expect(isRetention('avisos', 366)).toBe(false);
  expect(isRetention('comandos', 7.5)).toBe(false);
  expect(isRetention('comandos', Number.NaN)).toBe(false);
  expect(isRetention('auditoria', null)).toBe(true);
  expect(isRetention('rejeitadas', null)).toBe(false);
});
