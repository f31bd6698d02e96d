import '../../style/chart.css';
import type { HistorySummary } from '@yaguts/shared';
import { language, perLanguage, t } from '../../i18n/t.ts';
import { jobWord } from '../../ui/job.ts';
import { TableFrame } from '../../ui/table-frame.tsx';

type Day = HistorySummary['dias'][number];
/** From the bottom of a bar up. */
export const kinds = ['done', 'done_partial', 'failed', 'canceled', 'outros'] as const;

const height = 120;
const step = 20;

/** Heights of one day's pieces in drawing units, the tallest day filling the chart. */
export function pieces(
  day: Day,
  most: number,
): readonly { kind: (typeof kinds)[number]; y: number; h: number }[] {
  let top = height;
  return kinds.flatMap((kind) => {
    const h = most > 0 ? (day[kind] / most) * height : 0;
    top -= h;
    return h > 0 ? [{ kind, y: top, h }] : [];
  });
}

const totalOf = (day: Day): number => kinds.reduce((sum, kind) => sum + day[kind], 0);
/** A day is a date without a zone: read as UTC, shown as UTC. */
const dayIn = perLanguage(
  (lang) => new Intl.DateTimeFormat(lang, { day: 'numeric', month: 'short', timeZone: 'UTC' }),
);
const dayText = (dia: string): string => dayIn(language.value).format(new Date(`${dia}T00:00:00Z`));
const kindText = (kind: (typeof kinds)[number]): string =>
  kind === 'outros' ? t('hist.outros') : jobWord({ status: kind }).text;

/** 30 days as stacked bars, zeros kept; the same in a table, and each kind by pattern as well as colour. */
export function DaysChart({ summary }: { summary: HistorySummary }) {
  const { dias } = summary;
  const most = Math.max(0, ...dias.map(totalOf));
  return (
    <figure class="card flat">
      <figcaption>
        <strong>{t('hist.grafico')}</strong> <small>{summary.fuso}</small>
      </figcaption>
      <svg
        class="bars"
        viewBox={`0 0 ${dias.length * step} ${height}`}
        role="img"
        aria-label={t('hist.grafico-rotulo', {
          n: dias.reduce((sum, day) => sum + totalOf(day), 0),
          maximo: most,
        })}
      >
        <pattern
          id="hachura"
          width="5"
          height="5"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <rect width="2.2" height="5" class="bar-hatch" />
        </pattern>
        {dias.map((day, i) => (
          <g key={day.dia} transform={`translate(${i * step} 0)`}>
            <title>{`${dayText(day.dia)}: ${totalOf(day)}`}</title>
            <rect width={step - 5} height={height} class="bar-back" />
            {pieces(day, most).map(({ kind, y, h }) => (
              <g key={kind}>
                <rect width={step - 5} y={y} height={h} class={`bar ${kind}`} />
                {(kind === 'failed' || kind === 'done_partial') && (
                  <rect width={step - 5} y={y} height={h} fill="url(#hachura)" />
                )}
              </g>
            ))}
          </g>
        ))}
      </svg>
      <p class="row between soft" aria-hidden="true">
        {[0, Math.floor(dias.length / 2), dias.length - 1].map((i) => (
          <span key={i}>{dias[i] && dayText(dias[i].dia)}</span>
        ))}
      </p>
      <ul class="row legend">
        {kinds.map((kind) => (
          <li key={kind}>
            <svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
              <rect width="10" height="10" rx="2" class={`bar ${kind}`} />
            </svg>
            {kindText(kind)}
          </li>
        ))}
      </ul>
      <details>
        <summary>{t('hist.tabela')}</summary>
        <TableFrame label={t('hist.tabela')}>
          <table>
            <thead>
              <tr>
                <th>{t('hist.dia')}</th>
                {kinds.map((kind) => (
                  <th key={kind} class="n">
                    {kindText(kind)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {dias.map((day) => (
                <tr key={day.dia}>
                  <td>{dayText(day.dia)}</td>
                  {kinds.map((kind) => (
                    <td key={kind} class="n">
                      {day[kind]}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </TableFrame>
      </details>
    </figure>
  );
}
