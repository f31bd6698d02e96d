import '../../style/form.css';
import { useSignal } from '@preact/signals';
import type { Receita } from '@yaguts/shared';
import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { t } from '../../i18n/t.ts';
import { onOrgEvent } from '../../live/hear.ts';
import { useWatch } from '../../live/use-watch.ts';
import { prefs } from '../../store/prefs.ts';
import { loadReceitas, receitas } from '../../store/receitas.ts';
import { can } from '../../store/session.ts';
import { loadTemperos } from '../../store/temperos.ts';
import { Icon } from '../../ui/icon.tsx';
import { Page } from '../../ui/page.tsx';
import { Empty, Part } from '../../ui/states.tsx';
import { useEstoque } from '../../ui/use-job.ts';
import { ReceitaCard } from './card.tsx';
import { filterReceitas, tagsOf } from './filter.ts';
import { RunDialog } from './run-dialog.tsx';

export default function Receitas() {
  const { query, route } = useLocation();
  const watched = useWatch('receitas', () => ({
    filters: [],
    fetch: async () => {
      await Promise.all([loadReceitas(), loadTemperos()]);
    },
  }));
  useEstoque();
  // What can be poured now changes with estoque and devices, not with this page.
  useEffect(
    () => onOrgEvent((type) => /^(estoque|device|task:executed)/.test(type) && watched.again()),
    [watched],
  );
  const running = useSignal<Receita | undefined>(undefined);
  const all = receitas.value;
  const shown = filterReceitas(all ?? [], query);
  const set = (change: Record<string, string>) => {
    const next = new URLSearchParams({ ...query, ...change });
    for (const [name, value] of [...next]) if (!value) next.delete(name);
    route(next.size > 0 ? `/receitas?${next}` : '/receitas', true);
  };
  const toggle = (name: 'favoritas' | 'agora', text: string) => (
    <button
      type="button"
      class="chip tap"
      aria-pressed={query[name] === '1'}
      onClick={() => set({ [name]: query[name] === '1' ? '' : '1' })}
    >
      {text}
    </button>
  );
  return (
    <Page
      title={t('nav.receitas')}
      actions={
        can('receitas:edit') && (
          <a class="btn" href="/receitas/nova">
            <Icon name="plus" />
            {t('receita.nova')}
          </a>
        )
      }
    >
      <search class="stack no-print">
        {/* A kiosk asks for no typing: what is looked for there is found by its tag. */}
        {!prefs.value.kiosk && (
          <input
            class="input"
            type="search"
            value={query.q ?? ''}
            placeholder={t('receita.buscar')}
            aria-label={t('receita.buscar')}
            onInput={(event) => set({ q: event.currentTarget.value })}
          />
        )}
        <div class="row">
          {toggle('favoritas', t('receita.favoritas'))}
          {toggle('agora', t('receita.da-agora'))}
          {tagsOf(all ?? []).map((tag) => (
            <button
              key={tag}
              type="button"
              class="chip tap"
              aria-pressed={query.tag === tag}
              onClick={() => set({ tag: query.tag === tag ? '' : tag })}
            >
              {tag}
            </button>
          ))}
        </div>
      </search>
      <Part
        status={watched.status.value}
        has={all !== undefined}
        again={watched.again}
        isEmpty={all?.length === 0}
        empty={
          <Empty text={t('receita.nenhuma')}>
            {can('receitas:edit') && (
              <a class="btn primary" href="/receitas/nova">
                {t('receita.nova')}
              </a>
            )}
          </Empty>
        }
      >
        {shown.length === 0 && all && all.length > 0 ? (
          <Empty text={t('estado.nada-encontrado')}>
            <a class="btn" href="/receitas">
              {t('acao.limpar')}
            </a>
          </Empty>
        ) : (
          <div class="grid">
            {shown.map((receita) => (
              <ReceitaCard key={receita.id} receita={receita} onRun={() => (running.value = receita)} />
            ))}
          </div>
        )}
      </Part>
      {running.value && <RunDialog receita={running.value} onClose={() => (running.value = undefined)} />}
    </Page>
  );
}
