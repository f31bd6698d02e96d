import { useSignal } from '@preact/signals';
import { type AuditChain, type AuditSearch, type AuditVerdict, people } from '../../api/people.ts';
import type { AuditRow } from '../../api/routes.ts';
import { dateTime } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { zone } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { TextField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Empty, Fault, Part } from '../../ui/states.tsx';
import { TableFrame } from '../../ui/table-frame.tsx';

/** Who did what to what, newest first; each row is chained to the one before by its hash. */
export function AuditTrail({ chain }: { chain: AuditChain }) {
  const rows = useSignal<readonly AuditRow[] | undefined>(undefined);
  const next = useSignal<string | null>(null);
  const search = useSignal<AuditSearch>({});
  const more = useAct();
  const watched = useWatch(chain, () => ({
    filters: [],
    fetch: async () => {
      const page = await people.audit(chain, search.value);
      rows.value = page.rows;
      next.value = page.proximo;
    },
  }));
  const loadMore = () =>
    more.run(async () => {
      const page = await people.audit(chain, search.value, next.value ?? undefined);
      rows.value = [...(rows.value ?? []), ...page.rows];
      next.value = page.proximo;
    });
  return (
    <>
      <div class="row no-print">
        <a class="btn" href={people.auditUrl(chain, search.value, 'csv')} download>
          <Icon name="download" />
          CSV
        </a>
        <a class="btn" href={people.auditUrl(chain, search.value, 'json')} download>
          <Icon name="download" />
          JSON
        </a>
        <Verify chain={chain} />
      </div>
      <Search
        onSearch={(wanted) => {
          search.value = wanted;
          watched.again();
        }}
      />
      <Part status={watched.status.value} has={rows.value !== undefined} again={watched.again} rows={6}>
        {rows.value?.length === 0 ? (
          <Empty text={t('audit.nada')} />
        ) : (
          <TableFrame label={t('nav.auditoria')} class="card flat">
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
                {rows.value?.map((row) => (
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
          </TableFrame>
        )}
        {more.problem.value && <Fault problem={more.problem.value} />}
        {next.value && (
          <button type="button" class="btn" disabled={more.isBusy.value} onClick={() => void loadMore()}>
            {t('acao.mais-linhas')}
          </button>
        )}
      </Part>
    </>
  );
}

const nothing = { quem: '', acao: '', alvo: '', de: '', ate: '' };

/** The api searches, so that what is found is not only what is on the page. */
function Search({ onSearch }: { onSearch: (search: AuditSearch) => void }) {
  const form = useSignal(nothing);
  const field = (name: keyof typeof nothing, label: string, type: 'search' | 'date' = 'search') => (
    <TextField
      label={label}
      value={form.value[name]}
      onText={(text) => (form.value = { ...form.value, [name]: text })}
      input={{ type, maxLength: 64 }}
    />
  );
  return (
    <form
      class="card no-print"
      onSubmit={(event) => {
        event.preventDefault();
        onSearch(form.value);
      }}
    >
      <div class="grid">
        {field('quem', t('audit.quem'))}
        {field('acao', t('audit.acao'))}
        {field('alvo', t('audit.alvo'))}
        {field('de', t('audit.de'), 'date')}
        {field('ate', t('audit.ate'), 'date')}
      </div>
      <div class="row">
        <button type="submit" class="btn primary">
          {t('audit.procurar')}
        </button>
      </div>
    </form>
  );
}

/** Checks the whole chain and says what was found. */
function Verify({ chain }: { chain: AuditChain }) {
  const verdict = useSignal<AuditVerdict | undefined>(undefined);
  const act = useAct();
  const found = verdict.value;
  return (
    <>
      <button
        type="button"
        class="btn"
        disabled={act.isBusy.value}
        onClick={() => void act.run(async () => void (verdict.value = await people.verifyAudit(chain)))}
      >
        {t('audit.verificar')}
      </button>
      {found && (
        <span class={found.broken === null ? 'chip ok' : 'chip bad'} role="status">
          {found.broken === null
            ? t('audit.inteira', { n: found.rows }) +
              (found.forgotten > 0 ? t('audit.esquecidas', { n: found.forgotten }) : '')
            : t('audit.quebrada', { linha: found.broken })}
        </span>
      )}
      {act.problem.value && <Fault problem={act.problem.value} />}
    </>
  );
}
