import { expect, test } from 'vitest';
import { isoDay, lastDays, startOfDay } from './days.ts';

test('a moment belongs to the calendar day of its time zone', () => {
  const late = Date.UTC(2026, 10, 24, 2, 30);
  expect(isoDay(late, 'UTC')).toBe('2026-11-24');
  expect(isoDay(late, 'America/Sao_Paulo')).toBe('2026-11-23');
});

test.each([
  ['2026-11-24', 'America/Sao_Paulo', Date.UTC(2026, 10, 24, 3)],
  ['2026-11-24', 'Asia/Kolkata', Date.UTC(2026, 10, 23, 18, 30)],
  // Clocks change in Lisbon at 1:00 UTC: that day starts in winter time.
  ['2026-03-29', 'Europe/Lisbon', Date.UTC(2026, 2, 29, 0)],
  ['2026-03-30', 'Europe/Lisbon', Date.UTC(2026, 2, 29, 23)],
  // Midnight was skipped in São Paulo: the day begins at 1:00.
  ['2018-11-04', 'America/Sao_Paulo', Date.UTC(2018, 10, 4, 3)],
  // Midnight came twice in São Paulo the night before; the day begins once.
  ['2018-02-18', 'America/Sao_Paulo', Date.UTC(2018, 1, 18, 3)],
])('%s in %s begins at its first moment', (day, fuso, at) => {
  expect(startOfDay(day, fuso)).toBe(at);
});

test('thirty days end today, without a hole or an overlap, also where clocks change', () => {
  for (const fuso of ['UTC', 'Europe/Lisbon', 'America/New_York', 'Pacific/Apia']) {
    const days = lastDays(Date.UTC(2026, 3, 10, 12), 30, fuso);
    expect(days).toHaveLength(30);
    expect(days.at(-1)?.dia).toBe(isoDay(Date.UTC(2026, 3, 10, 12), fuso));
    for (const [index, { de, ate, dia }] of days.entries()) {
      expect(isoDay(de, fuso)).toBe(dia);
      expect(isoDay(ate - 1, fuso)).toBe(dia);
      if (index > 0) expect(days[index - 1]?.ate).toBe(de);
    }
  }
});
