import type { EstoqueState, Movimento } from '@yaguts/shared';

const dayMs = 24 * 60 * 60 * 1_000;
export const usagePeriodMs = 30 * dayMs;

/** What has been read of the ledger: its rows in any order, and from when on none is missing. */
export interface LedgerPart {
  readonly rows: readonly Pick<Movimento, 'device' | 'frasco' | 'tempero' | 'tipo' | 'quantidade_g' | 'em'>[];
  readonly since: number;
}

/** Grams a day, by frasco and tempero. */
export type Pace = ReadonlyMap<string, number>;

type InFrasco = Pick<EstoqueState, 'device' | 'frasco' | 'tempero'>;
const key = ({ device, frasco, tempero }: InFrasco): string => `${device}/${frasco}/${tempero}`;

/**
 * How fast each frasco was poured from in the last 30 days, or in the shorter time that the ledger covers; that
 * is taken as one day at least, or the first job would empty every jar.
 *
 * @param now epoch ms
 */
export function paceOf({ rows, since }: LedgerPart, now: number): Pace {
  const from = Math.max(since, now - usagePeriodMs);
  const days = Math.max(1, (now - from) / dayMs);
  const pace = new Map<string, number>();
  for (const row of rows) {
    if (row.tipo !== 'saida' || row.em < from) continue;
    pace.set(key(row), (pace.get(key(row)) ?? 0) - row.quantidade_g / days);
  }
  return pace;
}

/**
 * How many days a frasco lasts at its pace. What was poured while another tempero was in it does not count.
 *
 * @returns whole days, 0 for less than one; undefined when nothing was poured or there is nothing left
 */
export function daysLeft(frasco: InFrasco & Pick<EstoqueState, 'saldo_g'>, pace: Pace): number | undefined {
  const perDay = pace.get(key(frasco));
  if (!perDay || frasco.saldo_g <= 0) return undefined;
  // Sums of decimals: 49.999999999 days are 50.
  return Math.floor(frasco.saldo_g / perDay + 1e-9);
}

/** The ledger's pages, newest first. */
type ReadPage = (cursor?: string) => Promise<{
  readonly rows: LedgerPart['rows'];
  readonly proximo: string | null;
}>;

/** A busy kitchen pours a thousand items in a few days: their pace is as good as that of a month. */
const maxPages = 5;

/**
 * Reads the ledger back to 30 days ago, to its beginning, or as far as five pages go.
 *
 * @throws what the page throws
 */
export async function readUsage(page: ReadPage, now: number): Promise<LedgerPart> {
  const rows: LedgerPart['rows'][number][] = [];
  let cursor: string | undefined;
  for (let n = 0; n < maxPages; n++) {
    const next = await page(cursor);
    rows.push(...next.rows);
    if (next.proximo === null || (rows.at(-1)?.em ?? now) < now - usagePeriodMs) break;
    cursor = next.proximo;
  }
  return { rows, since: rows.reduce((oldest, { em }) => Math.min(oldest, em), now) };
}
