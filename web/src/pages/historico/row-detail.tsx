import { useSignal } from '@preact/signals';
import type { ExecutionRow, JobDetail } from '@yaguts/shared';
import { useEffect } from 'preact/hooks';
import { api } from '../../api/routes.ts';
import { duration, grams } from '../../i18n/numbers.ts';
import { t, word } from '../../i18n/t.ts';
import { isFresh } from '../../store/conn.ts';
import { can } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { Icon } from '../../ui/icon.tsx';
import { isEnded, itemError } from '../../ui/job.ts';
import { Fault, Skeleton } from '../../ui/states.tsx';
import { Ticks } from '../../ui/ticks.tsx';
import { Note } from '../execucao/note.tsx';
import { RepeatCheck } from '../execucao/repeat.tsx';

/** One execution opened: its items, the raw entries, a note, and repeating what failed. */
export function RowDetail({ row }: { row: ExecutionRow }) {
  const job = useSignal<JobDetail | undefined>(undefined);
  const act = useAct();
  const isChecking = useSignal(false);
  const load = () => void act.run(async () => void (job.value = await api.job(row.job_id)));
  useEffect(load, [row.job_id]);
  const it = job.value;
  if (!it)
    return act.problem.value ? <Fault problem={act.problem.value} again={load} /> : <Skeleton rows={1} />;
  const mayRepeat = isEnded(row) && row.status !== 'done' && can('jobs:create');
  const nothingLeft = it.repeticoes.every(({ pode_g }) => pode_g === 0);
  return (
    <div class="stack">
      {it.motivo && <p class="note">{word('motivo', it.motivo)}</p>}
      <ol class="items">
        {it.itens.map((item) => (
          <li key={item.item_ordem}>
            <span class="ord">{item.frasco}</span>
            <span>
              {item.tempero} <span class="num">{grams(item.quantidade_g)}</span>{' '}
              <small class="num">{item.segundos !== null && duration(item.segundos * 1_000)}</small>
              {item.tardio && <span class="chip warn">{t('job.tardio')}</span>}
            </span>
            {item.estado === 'done' ? (
              <Ticks saved />
            ) : (
              <span class="chip bad">{itemError(item.error) || t('exec.espera')}</span>
            )}
          </li>
        ))}
      </ol>
      {act.problem.value && <Fault problem={act.problem.value} />}
      {can('jobs:create') && <Note jobId={row.job_id} nota={it.nota} />}
      <div class="row no-print">
        <a class="btn" href={`/execucoes/${row.job_id}`}>
          {t('acao.abrir')}
        </a>
        {mayRepeat && (
          <button
            type="button"
            class="btn primary"
            disabled={isChecking.value || !isFresh.value || nothingLeft}
            onClick={() => (isChecking.value = true)}
          >
            <Icon name="retry" />
            {t(row.status === 'canceled' ? 'exec.de-novo' : 'exec.repetir')}
          </button>
        )}
      </div>
      {isChecking.value && (
        <RepeatCheck job={row} itens={undefined} onBack={() => (isChecking.value = false)} />
      )}
      {nothingLeft && mayRepeat && <p class="soft">{t('repetir.nada')}</p>}
      <details>
        <summary>{t('exec.entradas')}</summary>
        <pre class="log">
          {it.execution_logs.map((entry) => JSON.stringify(entry)).join('\n') || t('exec.sem-entradas')}
        </pre>
      </details>
    </div>
  );
}
