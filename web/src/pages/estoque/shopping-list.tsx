import '../../style/kitchen.css';
import type { EstoqueState } from '@yaguts/shared';
import { grams } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { estoque } from '../../store/kitchen.ts';

export interface ToBuy {
  readonly tempero: string;
  readonly gramas: number;
}

/** What to buy: per tempero, what brings every jar that is low back to full (or to twice its minimum). */
export function toBuy(rows: readonly EstoqueState[]): readonly ToBuy[] {
  const need = new Map<string, number>();
  for (const row of rows) {
    const free = row.saldo_g - row.reservado_g;
    if (row.tempero === null || free >= row.minimo_g) continue;
    const full = row.desejado_g ?? row.minimo_g * 2;
    if (full > free) need.set(row.tempero, (need.get(row.tempero) ?? 0) + full - free);
  }
  return [...need]
    .map(([tempero, gramas]) => ({ tempero, gramas }))
    .sort((a, b) => a.tempero.localeCompare(b.tempero));
}

export function ShoppingList() {
  const list = toBuy(estoque.all.value);
  return (
    <section class="card">
      <h2>{t('estoque.compras')}</h2>
      {list.length === 0 && <p class="soft">{t('estoque.compras-nada')}</p>}
      <ul class="items">
        {list.map(({ tempero, gramas }) => (
          <li key={tempero}>
            <span class="box" aria-hidden="true" />
            <span>{tempero}</span>
            <strong class="num">{grams(gramas)}</strong>
          </li>
        ))}
      </ul>
    </section>
  );
}
