import '../../style/kitchen.css';
import type { ReadonlySignal } from '@preact/signals';
import type { EstoqueState } from '@yaguts/shared';
import { grams } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { isFresh, isStale } from '../../store/conn.ts';
import { estoque } from '../../store/kitchen.ts';
import { can } from '../../store/session.ts';
import { temperoColors } from '../../store/temperos.ts';
import { Icon } from '../../ui/icon.tsx';
import { InSpoons } from '../../ui/in-spoons.tsx';
import { Jar } from '../../ui/jar.tsx';
import { daysLeft, type Pace } from './days-left.ts';
import type { Movement } from './move-dialog.tsx';

interface Props {
  /** Its name in the store. */
  readonly id: string;
  readonly pace: ReadonlySignal<Pace>;
  readonly onMove: (row: EstoqueState, kind: Movement) => void;
  readonly onLabel: (row: EstoqueState) => void;
}

/** One frasco: its jar, its grams, how long they last, refill and correction. Redraws alone. */
export function FrascoCard({ id, pace, onMove, onLabel }: Props) {
  const row = estoque.get(id).value?.body;
  if (!row) return null;
  const full = row.desejado_g;
  const days = daysLeft(row, pace.value);
  return (
    <article class="card flat frasco-card">
      <Jar
        frasco={row.frasco}
        tempero={row.tempero}
        saldo_g={row.saldo_g}
        desejado_g={full}
        minimo_g={row.minimo_g}
        reservado_g={row.reservado_g}
        cor={temperoColors.value.get(row.tempero ?? '')}
        isStale={isStale.value}
        recontar={row.recontar}
      />
      <div class="stack grow">
        <h3>{row.tempero}</h3>
        <p class="num">
          <strong>{grams(row.saldo_g)}</strong>
          {full !== null && <span class="soft"> / {grams(full)}</span>}
          <br />
          <InSpoons g={row.saldo_g} tempero={row.tempero} />
        </p>
        {full !== null && (
          <meter
            min={0}
            max={full}
            low={row.minimo_g}
            optimum={full}
            value={Math.max(0, row.saldo_g)}
            aria-label={t('estoque.nivel', { tempero: row.tempero ?? '' })}
          />
        )}
        <p class="row">
          {row.reservado_g > 0 && (
            <span class="chip num">{t('jarra.reservado', { gramas: grams(row.reservado_g) })}</span>
          )}
          {row.minimo_g > 0 && (
            <span class="chip num">{t('estoque.minimo', { gramas: grams(row.minimo_g) })}</span>
          )}
          {days !== undefined && (
            <span class="chip num">{days === 0 ? t('estoque.hoje') : t('estoque.dias', { n: days })}</span>
          )}
          {row.baixo && <span class="chip warn">{t('estoque.baixo')}</span>}
          {row.recontar && <span class="chip bad">{t('jarra.conferir')}</span>}
          {row.saldo_g < 0 && (
            <span class="chip bad">{t('estoque.negativo', { gramas: grams(row.saldo_g) })}</span>
          )}
        </p>
      </div>
      <div class="row acts">
        {can('estoque:edit') && (
          <>
            <button
              type="button"
              class="btn"
              disabled={!isFresh.value}
              onClick={() => onMove(row, 'entrada')}
            >
              <Icon name="plus" />
              {t('estoque.reabastecer')}
            </button>
            <button
              type="button"
              class="btn icon"
              title={t('estoque.corrigir')}
              aria-label={`${t('estoque.corrigir')} ${row.tempero}`}
              disabled={!isFresh.value}
              onClick={() => onMove(row, 'ajuste')}
            >
              <Icon name="edit" />
            </button>
          </>
        )}
        <button
          type="button"
          class="btn icon"
          title={t('estoque.etiqueta')}
          aria-label={`${t('estoque.etiqueta')} ${row.tempero}`}
          onClick={() => onLabel(row)}
        >
          <Icon name="print" />
        </button>
      </div>
    </article>
  );
}
