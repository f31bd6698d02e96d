import type { Receita } from '@yaguts/shared';
import { grams } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { can } from '../../store/session.ts';
import { temperoColors } from '../../store/temperos.ts';
import { Icon } from '../../ui/icon.tsx';
import { temperoColor } from '../../ui/jar.tsx';

export function ReceitaCard({ receita, onRun }: { receita: Receita; onRun: () => void }) {
  const total = receita.itens.reduce((sum, item) => sum + item.quantidade_g, 0);
  const isReady = receita.pode_agora.length > 0;
  return (
    <article class="card receita">
      <header>
        <h2>
          <a href={`/receitas/${receita.id}`}>{receita.nome}</a>
        </h2>
        {receita.favorita && (
          <span class="light warn" role="img" aria-label={t('receita.favorita')}>
            <Icon name="star" filled />
          </span>
        )}
      </header>
      <Blend receita={receita} />
      <p class="soft grow">{receita.itens.map((item) => item.tempero).join(' · ')}</p>
      <p class="row">
        <span class="chip num">{grams(total)}</span>
        <span class={`chip ${isReady ? 'ok' : ''}`}>{t(isReady ? 'receita.da-agora' : 'receita.falta')}</span>
        {receita.tags.map((tag) => (
          <span key={tag} class="chip">
            {tag}
          </span>
        ))}
      </p>
      {can('jobs:create') && (
        <button type="button" class="btn primary big" onClick={onRun}>
          <Icon name="play" />
          {t('receita.executar')}
          <span class="hidden"> {receita.nome}</span>
        </button>
      )}
    </article>
  );
}

/** The blend as a band: each tempero's share in its colour. The list below says the same in words. */
export function Blend({ receita }: { receita: Pick<Receita, 'itens'> }) {
  const total = receita.itens.reduce((sum, item) => sum + item.quantidade_g, 0) || 1;
  let x = 0;
  return (
    <svg class="blend" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      {receita.itens.map((item, i) => {
        const width = (item.quantidade_g / total) * 100;
        x += width;
        return (
          <rect
            key={`${i}${item.tempero}`}
            x={x - width}
            width={width}
            height="6"
            fill={temperoColor(item.tempero, temperoColors.value.get(item.tempero))}
          />
        );
      })}
    </svg>
  );
}
