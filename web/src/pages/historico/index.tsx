import { useSignal } from '@preact/signals';
import type { ExecutionRow, HistorySummary } from '@yaguts/shared';
import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { api } from '../../api/routes.ts';
import { t } from '../../i18n/t.ts';
import { onOrgEvent } from '../../live/hear.ts';
import { useWatch } from '../../live/use-watch.ts';
import { useAct } from '../../ui/act.ts';
import { Icon } from '../../ui/icon.tsx';
import { Page } from '../../ui/page.tsx';
import { Empty, Fault, Part } from '../../ui/states.tsx';
import { Cards } from './cards.tsx';
import { DaysChart } from './days-chart.tsx';
import { Filters } from './filters.tsx';
import { filtersIn, type HistoryFilters, withFilters } from './query.ts';
import { ExecutionTable } from './table.tsx';

export default function Historico() {
  const { query, route } = useLocation();
  const filters = filtersIn(query);
  const key = JSON.stringify(filters);
  const rows = useSignal<readonly ExecutionRow[] | undefined>(undefined);
  const next = useSignal<string | null>(null);
  const summary = useSignal<HistorySummary | undefined>(undefined);
  /** Executions that ended since the list was read: offered, because rows must not jump under a finger. */
  const fresh = useSignal(0);
  const more = useAct();
  const watched = useWatch(`historico ${key}`, () => ({
    filters: [],
    fetch: async () => {
      const { sort, ordem, ...narrow } = filters;
      const [page, figures] = await Promise.all([api.history(filters), api.historySummary(narrow)]);
      rows.value = page.rows;
      next.value = page.proximo;
      summary.value = figures;
      fresh.value = 0;
    },
  }));
  useEffect(() => onOrgEvent((type) => type === 'task:executed' && fresh.value++), []);
  const set = (change: Partial<HistoryFilters>) =>
    route(`/historico${withFilters(filters, change)}${location.hash}`, true);
  const loadMore = () =>
    more.run(async () => {
      const page = await api.history({ ...filters, cursor: next.value ?? undefined });
      rows.value = [...(rows.value ?? []), ...page.rows];
      next.value = page.proximo;
    });
  const it = rows.value;
  const isFiltered = Object.keys(filters).length > 0;
  return (
    <Page
      title={t('nav.historico')}
      actions={
        <>
          <a class="btn" href={api.historyUrl({ ...filters, formato: 'csv' })} download="historico.csv">
            <Icon name="download" />
            CSV
          </a>
          <a class="btn" href={api.historyUrl(filters)} download="historico.json">
            <Icon name="download" />
            JSON
          </a>
          <button type="button" class="btn" onClick={() => print()}>
            <Icon name="print" />
            {t('acao.imprimir')}
          </button>
        </>
      }
    >
      <Filters filters={filters} onChange={set} />
      <Part status={watched.status.value} has={it !== undefined} again={watched.again} rows={5}>
        {summary.value && <Cards summary={summary.value} />}
        {summary.value && <DaysChart summary={summary.value} />}
        {fresh.value > 0 && (
          <button type="button" class="btn" onClick={watched.again}>
            {t('hist.novas', { n: fresh.value })}
          </button>
        )}
        {it?.length === 0 ? (
          <Empty text={t(isFiltered ? 'estado.nada-encontrado' : 'hist.vazio')}>
            {isFiltered ? (
              <button
                type="button"
                class="btn primary"
                onClick={() => route(`/historico${location.hash}`, true)}
              >
                {t('acao.limpar')}
              </button>
            ) : (
              <a class="btn primary" href="/receitas">
                {t('painel.executar')}
              </a>
            )}
          </Empty>
        ) : (
          it && <ExecutionTable rows={it} filters={filters} onSort={set} />
        )}
        {more.problem.value && <Fault problem={more.problem.value} again={() => void loadMore()} />}
        {next.value && (
          <button type="button" class="btn" disabled={more.isBusy.value} onClick={() => void loadMore()}>
            {t('acao.mais-linhas')}
          </button>
        )}
      </Part>
    </Page>
  );
}
