import { useSignal } from '@preact/signals';
import type { ExecutionRow } from '@yaguts/shared';
import { dateTime, decimal, duration, grams } from '../../i18n/numbers.ts';
import { type Key, t, word } from '../../i18n/t.ts';
import { devices } from '../../store/kitchen.ts';
import { zone } from '../../store/session.ts';
import { Icon } from '../../ui/icon.tsx';
import { jobWord } from '../../ui/job.ts';
import { TableFrame } from '../../ui/table-frame.tsx';
import type { HistoryFilters } from './query.ts';
import { RowDetail } from './row-detail.tsx';

interface Props {
  readonly rows: readonly ExecutionRow[];
  readonly filters: HistoryFilters;
  readonly onSort: (change: HistoryFilters) => void;
}

const sortable: readonly (readonly [sort: string, key: Key])[] = [
  ['criado_em', 'hist.quando'],
  ['duracao_ms', 'hist.duracao'],
];

/** Rows that open: duration, frascos, grams, person, firmware, result; entries, note and retry inside. */
export function ExecutionTable({ rows, filters, onSort }: Props) {
  const opened = useSignal<number | undefined>(undefined);
  const sort = filters.sort ?? 'criado_em';
  const isAscending = filters.ordem === 'asc';
  const head = (name: string, key: Key) => (
    <th
      key={name}
      class={name === 'duracao_ms' ? 'mid-only' : ''}
      aria-sort={sort === name ? (isAscending ? 'ascending' : 'descending') : 'none'}
    >
      <button
        type="button"
        class="btn quiet"
        onClick={() => onSort({ sort: name, ordem: sort === name && !isAscending ? 'asc' : 'desc' })}
      >
        {t(key)}
        {sort === name && <Icon name={isAscending ? 'up' : 'down'} />}
      </button>
    </th>
  );
  const [when, long] = sortable;
  return (
    <div class="card flat">
      <TableFrame label={t('nav.historico')}>
        <table>
          <thead>
            <tr>
              {when && head(...when)}
              <th>{t('hist.receita')}</th>
              <th class="wide-only">{t('hist.aparelho')}</th>
              {long && head(...long)}
              <th class="wide-only">{t('hist.frascos')}</th>
              <th class="n mid-only">{t('hist.gramas')}</th>
              <th class="wide-only">{t('hist.pessoa')}</th>
              <th class="mid-only">{t('hist.resultado')}</th>
              <th>
                <span class="hidden">{t('exec.detalhes')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row
                key={row.job_id}
                row={row}
                isOpen={opened.value === row.job_id}
                onToggle={() => (opened.value = opened.value === row.job_id ? undefined : row.job_id)}
              />
            ))}
          </tbody>
        </table>
      </TableFrame>
    </div>
  );
}

function Row({ row, isOpen, onToggle }: { row: ExecutionRow; isOpen: boolean; onToggle: () => void }) {
  const result = jobWord(row);
  return (
    <>
      <tr>
        <td class="num">{dateTime(row.criado_em, zone())}</td>
        <td>
          {row.receita}{' '}
          {row.multiplicador !== 1 && <small class="num">×{decimal(row.multiplicador, 3)}</small>}
          <span class={`chip narrow-only ${result.tone}`}>{result.text}</span>
        </td>
        <td class="wide-only">
          {devices.get(row.device).value?.body?.nome ?? row.device}
          {row.fw_version && <small> fw {row.fw_version}</small>}
        </td>
        <td class="num mid-only">{duration(row.duracao_ms)}</td>
        <td class="num wide-only">{row.frascos.join(', ')}</td>
        <td class="n mid-only">{grams(row.gramas)}</td>
        <td class="wide-only">
          {row.criado_por ?? '–'} <small>{word('metodo', row.metodo)}</small>
        </td>
        <td class="mid-only">
          <span class={`chip ${result.tone}`}>{result.text}</span>
        </td>
        <td class="no-print">
          <button
            type="button"
            class="btn icon"
            aria-expanded={isOpen}
            aria-label={`${t('exec.detalhes')} #${row.job_id}`}
            onClick={onToggle}
          >
            <Icon name={isOpen ? 'up' : 'down'} />
          </button>
        </td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={9}>
            <RowDetail row={row} />
          </td>
        </tr>
      )}
    </>
  );
}
