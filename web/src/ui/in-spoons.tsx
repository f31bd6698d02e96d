import { spoons } from '../i18n/numbers.ts';
import { t } from '../i18n/t.ts';
import { temperoDensities } from '../store/temperos.ts';

/** Grams of a tempero in spoons, beside the grams; nothing when its density is not known. */
export function InSpoons({ g, tempero }: { g: number; tempero: string | null }) {
  const measure = spoons(g, temperoDensities.value.get(tempero ?? ''));
  if (!measure) return null;
  const { unit, n } = measure;
  return (
    <small class="soft num">{unit === 'cha' ? t('medida.cha', { n }) : t('medida.pitada', { n })}</small>
  );
}
