import { expect, test, vi } from 'vitest';
import { aFrasco } from '../../test-data.ts';
import { daysLeft, type LedgerPart, paceOf, readUsage } from './days-left.ts';

const day = 24 * 60 * 60 * 1_000;
const now = 1_790_000_000_000;
type Row = LedgerPart['rows'][number];
const saida = (daysAgo: number, g: number, change: Partial<Row> = {}): Row => ({
  device: 'cozinha',
  frasco: 1,
  tempero: 'Sal',
  tipo: 'saida',
  quantidade_g: -g,
  em: now - daysAgo * day,
  ...change,
});
const left = (rows: readonly Row[], since = now - 60 * day, saldo_g = 100) =>
  daysLeft(aFrasco({ saldo_g }), paceOf({ rows, since }, now));

test('a frasco lasts as long as the pace of its last 30 days says, in whole days', () => {
  expect(left([saida(1, 30), saida(29, 30)])).toBe(50);
  expect(left([saida(1, 33), saida(29, 33)])).toBe(45);
  expect(left([saida(2, 3_000)], undefined, 99)).toBe(0);
});

test('a ledger that is younger than 30 days gives the pace of its own time, of one day at least', () => {
  expect(left([saida(3, 30)], now - 10 * day)).toBe(33);
  expect(left([saida(0.01, 10)], now - 0.01 * day)).toBe(10);
});

test('only what was poured of this tempero from this frasco counts', () => {
  const others = [
    saida(31, 500),
    saida(1, 500, { frasco: 2 }),
    saida(1, 500, { device: 'mao' }),
    saida(1, 500, { tempero: 'Alho' }),
    saida(1, 500, { tipo: 'ajuste' }),
    saida(1, -500, { tipo: 'entrada' }),
  ];
  expect(left([saida(1, 60), ...others])).toBe(50);
  expect(left(others)).toBeUndefined();
});

test('an empty frasco and one below zero have no days left to tell', () => {
  expect(left([saida(1, 60)], undefined, 0)).toBeUndefined();
  expect(left([saida(1, 60)], undefined, -3)).toBeUndefined();
});

test('the ledger is read back to 30 days, to its beginning, or for five pages', async () => {
  const pages = (rows: (n: number) => Row[], last = Number.POSITIVE_INFINITY) => {
    let n = 0;
    return vi.fn(async (_cursor?: string) => {
      const page = { rows: rows(n), proximo: n >= last ? null : String(n) };
      n++;
      return page;
    });
  };
  const old = pages((n) => [saida(n * 20, 1)]);
  expect((await readUsage(old, now)).rows).toHaveLength(3);
  expect(old.mock.calls.map(([cursor]) => cursor)).toEqual([undefined, '0', '1']);
  expect(
    await readUsage(
      pages(() => [saida(2, 1)], 1),
      now,
    ),
  ).toMatchObject({ since: now - 2 * day });
  expect(
    (
      await readUsage(
        pages((n) => [saida(n, 1)]),
        now,
      )
    ).rows,
  ).toHaveLength(5);
  expect(
    await readUsage(
      pages(() => [], 0),
      now,
    ),
  ).toEqual({ rows: [], since: now });
});
