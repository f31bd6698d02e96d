import { grams } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { devices, estoque } from '../../store/kitchen.ts';
import { Icon } from '../../ui/icon.tsx';

/** Frascos that need a hand: below their minimum, or with a content nobody knows. */
export function LowNotes() {
  const needy = estoque.all.value.filter((row) => row.tempero !== null && (row.baixo || row.recontar));
  if (needy.length === 0) return null;
  return (
    <ul class="stack" aria-label={t('painel.atencao')}>
      {needy.slice(0, 4).map((row) => (
        <li key={`${row.device}/${row.frasco}`} class="note warn">
          <Icon name="warn" />
          <span class="grow">
            {t(row.recontar ? 'painel.conferir' : 'painel.baixo', {
              tempero: row.tempero ?? '',
              gramas: grams(row.saldo_g),
              onde: devices.get(row.device).value?.body?.nome ?? row.device,
            })}
          </span>
          <a class="btn" href="/estoque">
            {t(row.recontar ? 'estoque.corrigir' : 'estoque.reabastecer')}
          </a>
        </li>
      ))}
    </ul>
  );
}
