import '../../style/form.css';
import { useSignal } from '@preact/signals';
import type { Tempero } from '@yaguts/shared';
import { api } from '../../api/routes.ts';
import { editable, parseDecimal } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { can } from '../../store/session.ts';
import { loadTemperos, temperos } from '../../store/temperos.ts';
import { useAct } from '../../ui/act.ts';
import { temperoColor } from '../../ui/jar.tsx';
import { Fault } from '../../ui/states.tsx';

/** The temperos themselves: colour of their jar, allergens, grams per millilitre. */
export function TemperoEditor() {
  const isOpen = useSignal(false);
  if (!can('receitas:edit')) return null;
  return (
    <details class="card no-print" onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary>{t('estoque.temperos')}</summary>
      <ul class="stack plain">
        {isOpen.value && temperos.value?.map((tempero) => <TemperoRow key={tempero.id} tempero={tempero} />)}
      </ul>
    </details>
  );
}

function TemperoRow({ tempero }: { tempero: Tempero }) {
  const act = useAct();
  const save = (change: Partial<Tempero>) =>
    void act.run(async () => {
      const { id, ...before } = tempero;
      await api.saveTempero({ ...before, ...change }, id);
      await loadTemperos();
    });
  const shown = temperoColor(tempero.nome, tempero.cor);
  return (
    <li class="row">
      <input
        type="color"
        class="color"
        aria-label={t('estoque.cor', { tempero: tempero.nome })}
        value={/^#[0-9a-f]{6}$/.test(shown) ? shown : '#8a5a33'}
        onChange={(event) => save({ cor: event.currentTarget.value.toLowerCase() })}
      />
      <strong class="grow">{tempero.nome}</strong>
      <label class="row">
        <small>{t('estoque.alergenos')}</small>
        <input
          class="input short"
          defaultValue={tempero.alergenos.join(', ')}
          onChange={(event) =>
            save({
              alergenos: event.currentTarget.value
                .split(',')
                .map((one) => one.trim())
                .filter(Boolean),
            })
          }
        />
      </label>
      <label class="row">
        <small>g/ml</small>
        <input
          class="input grams"
          inputMode="decimal"
          defaultValue={editable(tempero.densidade_g_ml)}
          onChange={(event) => {
            const text = event.currentTarget.value;
            const value = text.trim() ? parseDecimal(text) : null;
            if (value === null || value > 0) save({ densidade_g_ml: value });
          }}
        />
      </label>
      {act.problem.value && <Fault problem={act.problem.value} />}
    </li>
  );
}
