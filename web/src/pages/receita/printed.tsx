import '../../style/table.css';
import type { Receita } from '@yaguts/shared';
import { grams } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { InSpoons } from '../../ui/in-spoons.tsx';

/** The receita on paper. */
export function PrintedReceita({ receita }: { receita: Receita }) {
  return (
    <article class="print-only stack">
      <p>{receita.tags.join(' · ')}</p>
      <table>
        <thead>
          <tr>
            <th>{t('receita.tempero')}</th>
            <th class="n">g</th>
          </tr>
        </thead>
        <tbody>
          {receita.itens.map((item, i) => (
            <tr key={`${i}${item.tempero}`}>
              <td>
                {item.tempero}
                {item.escala === 'fixa' && ` (${t('receita.fixa')})`}
              </td>
              <td class="n">
                {grams(item.quantidade_g)} <InSpoons g={item.quantidade_g} tempero={item.tempero} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>{receita.notas}</p>
    </article>
  );
}
