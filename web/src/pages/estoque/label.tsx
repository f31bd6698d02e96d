import type { EstoqueState, FrascoRow } from '@yaguts/shared';
import { useEffect, useState } from 'preact/hooks';
import { api } from '../../api/routes.ts';
import { dateTime } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { temperos } from '../../store/temperos.ts';

/** The label of a frasco: prints itself, and nothing else of the page, once it knows lote and validade. */
export function Label({ row, device, onDone }: { row: EstoqueState; device: string; onDone: () => void }) {
  const [frasco, setFrasco] = useState<FrascoRow | null | undefined>(undefined);
  useEffect(() => {
    // Without lote and validade it still says what is in the jar.
    void api.frascos(row.device).then(
      (all) => setFrasco(all.find((one) => one.frasco === row.frasco) ?? null),
      () => setFrasco(null),
    );
    addEventListener('afterprint', onDone);
    return () => removeEventListener('afterprint', onDone);
  }, []);
  useEffect(() => {
    if (frasco !== undefined) print();
  }, [frasco]);
  const allergens = temperos.value?.find(({ nome }) => nome === row.tempero)?.alergenos ?? [];
  // Noon, so that no time zone makes it the day before.
  const expiry = frasco?.validade ? Date.parse(`${frasco.validade}T12:00:00Z`) : null;
  return (
    <section class="print-only frasco-label">
      <strong>{row.tempero}</strong>
      <p>{`${device} · ${t('jarra.frasco', { n: row.frasco })}`}</p>
      {allergens.length > 0 && <p>{`${t('estoque.alergenos')}: ${allergens.join(', ')}`}</p>}
      <p>{[frasco?.lote, expiry && dateTime(expiry, 'UTC', 'date')].filter(Boolean).join(' · ')}</p>
    </section>
  );
}
