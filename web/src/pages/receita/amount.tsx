import { useState } from 'preact/hooks';
import { type AmountUnit, amountUnits, editable, gramsPer, parseDecimal } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { temperoDensities } from '../../store/temperos.ts';
import { InSpoons } from '../../ui/in-spoons.tsx';
import type { DraftItem } from './draft.ts';

interface Props {
  readonly item: DraftItem;
  /** Its place in the list, from 1. */
  readonly n: number;
  /** NaN while what stands there is no number. */
  readonly onGrams: (quantidade_g: number) => void;
}

/**
 * How much of an item: in grams, or in colheres de chá and pitadas where the tempero's density is known. The
 * receita keeps grams; the unit is only how they are typed.
 */
export function Amount({ item, n, onGrams }: Props) {
  const [unit, setUnit] = useState<AmountUnit>('g');
  const density = temperoDensities.value.get(item.tempero);
  const used = density ? unit : 'g';
  const per = gramsPer(used, density ?? 1);
  const names: Record<AmountUnit, string> = {
    g: 'g',
    cha: t('receita.colheres'),
    pitada: t('receita.pitadas'),
  };
  return (
    <div class="amount">
      <input
        key={used}
        class="input grams"
        inputMode="decimal"
        aria-label={t('receita.item-gramas', { n })}
        placeholder={used === 'g' ? 'g' : ''}
        defaultValue={editable(item.quantidade_g === null ? null : item.quantidade_g / per)}
        // To the milligram, which is what the platform keeps.
        onInput={({ currentTarget: { value } }) =>
          onGrams(Math.round(parseDecimal(value) * per * 1_000) / 1_000)
        }
      />
      {density ? (
        <select
          class="input unit"
          aria-label={t('receita.item-medida', { n })}
          value={used}
          onChange={({ currentTarget: { value } }) => setUnit(value as AmountUnit)}
        >
          {amountUnits.map((one) => (
            <option key={one} value={one}>
              {names[one]}
            </option>
          ))}
        </select>
      ) : (
        <span class="soft">g</span>
      )}
      {used === 'g' ? (
        <InSpoons g={item.quantidade_g ?? 0} tempero={item.tempero} />
      ) : (
        <small class="soft num">{`= ${editable(item.quantidade_g)} g`}</small>
      )}
    </div>
  );
}
