import { useSignal } from '@preact/signals';
import type { SessionRow } from '@yaguts/shared';
import { api } from '../../api/routes.ts';
import { ago } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { now } from '../../store/conn.ts';
import { useAct } from '../../ui/act.ts';
import { Icon } from '../../ui/icon.tsx';
import { Fault, Part } from '../../ui/states.tsx';

/** "Firefox · Linux" of a User-Agent; the whole text when it says neither. */
export function agentName(agent: string): string {
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)/
    .exec(agent)?.[1]
    ?.replace('Edg', 'Edge')
    .replace('OPR', 'Opera');
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|Linux)/
    .exec(agent)?.[1]
    ?.replace('Mac OS X', 'macOS');
  return [browser, system].filter(Boolean).join(' · ') || agent;
}

/** Where one is logged in; each can be ended from here, and its connections close at once. */
export function Sessions() {
  const rows = useSignal<readonly SessionRow[] | undefined>(undefined);
  const act = useAct();
  const watched = useWatch('sessoes', () => ({
    filters: [],
    fetch: async () => {
      rows.value = await api.sessions();
    },
  }));
  const does = (work: () => Promise<unknown>) => () => void act.run(work).then(watched.again);
  return (
    <section class="card">
      <h2>{t('sessao.titulo')}</h2>
      <Part status={watched.status.value} has={rows.value !== undefined} again={watched.again} rows={1}>
        <ul class="items loose">
          {rows.value?.map((row) => (
            <li key={row.id}>
              <Icon name="conta" />
              <div>
                <strong>{agentName(row.agente)}</strong>
                <br />
                <small>
                  {ago(now.value - row.visto_em)} · <span class="mono">{row.endereco}</span>
                </small>
              </div>
              {row.atual ? (
                <span class="chip ok">{t('sessao.esta')}</span>
              ) : (
                <button
                  type="button"
                  class="btn danger"
                  disabled={act.isBusy.value}
                  onClick={does(() => api.endSession(row.id))}
                >
                  {t('sessao.encerrar')}
                </button>
              )}
            </li>
          ))}
        </ul>
        {(rows.value?.length ?? 0) > 1 && (
          <button
            type="button"
            class="btn"
            disabled={act.isBusy.value}
            onClick={does(() => api.endOtherSessions())}
          >
            {t('sessao.encerrar-outras')}
          </button>
        )}
      </Part>
      {act.problem.value && <Fault problem={act.problem.value} />}
    </section>
  );
}
