import type { HistorySummary } from '@yaguts/shared';
import { decimal, duration, grams, percent } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';

export function Cards({ summary }: { summary: HistorySummary }) {
  const cards: readonly (readonly [string, string])[] = [
    [t('hist.total'), decimal(summary.total, 0)],
    [t('hist.sucesso'), percent(summary.taxa_sucesso)],
    [t('hist.media'), duration(summary.duracao_media_ms)],
    [t('hist.interrompidas'), decimal(summary.interrompidos, 0)],
    [t('hist.gramas'), grams(summary.gramas)],
    [t('hist.exato'), percent(summary.estoque_exato)],
    [t('hist.atraso'), duration(summary.atraso_p95_ms)],
  ];
  return (
    <section class="metrics" aria-label={t('painel.numeros')}>
      {cards.map(([name, value]) => (
        <div key={name} class="card flat metric">
          <small>{name}</small>
          <strong>{value}</strong>
        </div>
      ))}
    </section>
  );
}
