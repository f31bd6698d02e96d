import '../../style/form.css';
import '../../style/kitchen.css';
import { limits } from '@yaguts/shared';
import { grams } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { temperoColors, unknownTemperos } from '../../store/temperos.ts';
import { Icon } from '../../ui/icon.tsx';
import { temperoColor } from '../../ui/jar.tsx';
import { TemperosList, temperosListId } from '../../ui/temperos-list.tsx';
import { Amount } from './amount.tsx';
import { type DraftItem, moved, newItem } from './draft.ts';

interface Props {
  readonly itens: readonly DraftItem[];
  readonly faults: ReadonlyMap<number, string> | undefined;
  /** Given what to make of the items as they are then. */
  readonly onItens: (next: (itens: readonly DraftItem[]) => readonly DraftItem[]) => void;
}

/** The items in the order they are poured; each can be moved by a button, not by dragging alone. */
export function ItemRows({ itens, faults, onItens }: Props) {
  const set = (key: number, change: Partial<DraftItem>): void =>
    onItens((now) => now.map((item) => (item.key === key ? { ...item, ...change } : item)));
  const total = itens.reduce((sum, item) => sum + (item.quantidade_g || 0), 0);
  const fresh = unknownTemperos(itens.map((item) => item.tempero));
  return (
    <fieldset class="stack">
      <legend>{t('receita.itens')}</legend>
      <TemperosList />
      <ol class="stack plain">
        {itens.map((item, i) => (
          <li key={item.key} class="edit-item">
            <svg class="swatch" viewBox="0 0 8 8" aria-hidden="true">
              <circle
                cx="4"
                cy="4"
                r="4"
                fill={temperoColor(item.tempero, temperoColors.value.get(item.tempero))}
              />
            </svg>
            <input
              class="input"
              list={temperosListId}
              aria-label={t('receita.item-tempero', { n: i + 1 })}
              placeholder={t('receita.tempero')}
              value={item.tempero}
              onInput={(event) => set(item.key, { tempero: event.currentTarget.value })}
            />
            <Amount item={item} n={i + 1} onGrams={(quantidade_g) => set(item.key, { quantidade_g })} />
            <div class="row">
              <label class="check">
                <input
                  type="checkbox"
                  checked={item.escala === 'fixa'}
                  onChange={(event) =>
                    set(item.key, { escala: event.currentTarget.checked ? 'fixa' : 'linear' })
                  }
                />
                {t('receita.fixa')}
              </label>
              <label class="check" title={t('receita.critico-dica')}>
                <input
                  type="checkbox"
                  checked={item.critico}
                  onChange={(event) => set(item.key, { critico: event.currentTarget.checked })}
                />
                {t('receita.critico')}
              </label>
              <button
                type="button"
                class="btn icon"
                aria-label={t('receita.subir', { n: i + 1 })}
                disabled={i === 0}
                onClick={() => onItens((now) => moved(now, i, -1))}
              >
                <Icon name="up" />
              </button>
              <button
                type="button"
                class="btn icon"
                aria-label={t('receita.descer', { n: i + 1 })}
                disabled={i === itens.length - 1}
                onClick={() => onItens((now) => moved(now, i, 1))}
              >
                <Icon name="down" />
              </button>
              <button
                type="button"
                class="btn icon danger"
                aria-label={t('receita.tirar', { n: i + 1 })}
                disabled={itens.length === 1}
                onClick={() => onItens((now) => now.filter((one) => one.key !== item.key))}
              >
                <Icon name="trash" />
              </button>
            </div>
            {faults?.get(item.key) && (item.tempero || item.quantidade_g !== null) && (
              <small class="fault">{faults.get(item.key)}</small>
            )}
          </li>
        ))}
      </ol>
      <div class="row between">
        <button
          type="button"
          class="btn"
          disabled={itens.length >= limits.maxItens}
          onClick={() => onItens((now) => [...now, newItem()])}
        >
          <Icon name="plus" />
          {t('receita.mais-item')}
        </button>
        <strong class="num">{grams(total)}</strong>
      </div>
      {fresh.length > 0 && <small>{t('receita.temperos-novos', { nomes: fresh.join(', ') })}</small>}
    </fieldset>
  );
}
