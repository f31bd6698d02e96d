import { useSignal } from '@preact/signals';
import { type AuditRow, api } from '../../api/routes.ts';
import { dateTime } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { zone } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { Page } from '../../ui/page.tsx';
import { Fault, Part } from '../../ui/states.tsx';
import { plain } from '../receitas/filter.ts';

/** Who did what to what, newest first; each row is chained to the one before by its hash. */
export default function Auditoria() {
  const rows = useSignal<readonly AuditRow[] | undefined>(undefined);
  const next = useSignal<string | null>(null);
  const words = useSignal('');
  const more = useAct();
  const watched = useWatch('auditoria', () => ({
    filters: [],
    fetch: async () => {
      const page = await api.audit();
      rows.value = page.rows;
      next.value = page.proximo;
    },
  }));
  const loadMore = () =>
    more.run(async () => {
      const page = await api.audit(next.value ?? undefined);
      rows.value = [...(rows.value ?? []), ...page.rows];
      next.value = page.proximo;
    });
  const wanted = plain(words.value);
  const shown = rows.value?.filter((row) => plain(`${row.quem} ${row.acao} ${row.alvo}`).includes(wanted));
  return (
    <Page title={t('nav.auditoria')}>
      <input
        class="input no-print"
        type="search"
        aria-label={t('audit.buscar')}
        placeholder={t('audit.buscar')}
        value={words.value}
        onInput={(event) => (words.value = event.currentTarget.value)}
      />
      <Part status={watched.status.value} has={rows.value !== undefined} again={watched.again} rows={6}>
        <div class="card flat table-wrap">
          <table>
            <thead>
              <tr>
                <th class="n">n</th>
                <th>{t('audit.quando')}</th>
                <th>{t('audit.quem')}</th>
                <th>{t('audit.acao')}</th>
                <th>{t('audit.alvo')}</th>
                <th>{t('audit.mudou')}</th>
              </tr>
            </thead>
            <tbody>
              {shown?.map((row) => (
                <tr key={row.n}>
                  <td class="n">{row.n}</td>
                  <td class="num">{dateTime(row.em, zone())}</td>
                  <td>
                    {row.quem} <small class="mono">{row.endereco}</small>
                  </td>
                  <td>{row.acao}</td>
                  <td>{row.alvo}</td>
                  <td>
                    <details>
                      <summary class="mono">{row.hash.slice(0, 8)}</summary>
                      <pre class="log">
                        {JSON.stringify({ antes: row.antes, depois: row.depois }, null, 1)}
                      </pre>
                    </details>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {more.problem.value && <Fault problem={more.problem.value} />}
        {next.value && (
          <button type="button" class="btn" disabled={more.isBusy.value} onClick={() => void loadMore()}>
            {t('acao.mais-linhas')}
          </button>
        )}
      </Part>
    </Page>
  );
}
