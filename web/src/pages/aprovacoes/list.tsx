import '../../style/form.css';
import { useSignal } from '@preact/signals';
import type { JobState } from '@yaguts/shared';
import { useEffect } from 'preact/hooks';
import { api } from '../../api/routes.ts';
import { ago, decimal, grams } from '../../i18n/numbers.ts';
import { t, word } from '../../i18n/t.ts';
import { onOrgEvent } from '../../live/hear.ts';
import { useWatch } from '../../live/use-watch.ts';
import { isFresh, now } from '../../store/conn.ts';
import { devices } from '../../store/kitchen.ts';
import { useAct } from '../../ui/act.ts';
import { Icon } from '../../ui/icon.tsx';
import { Empty, Fault, Part } from '../../ui/states.tsx';

/** What waits for a decision: who, what, grams; approve or refuse with a remark. In the bell and as a page. */
export function ApprovalList({ isCompact = false }: { isCompact?: boolean }) {
  const waiting = useSignal<readonly JobState[] | undefined>(undefined);
  const watched = useWatch('aprovacoes', () => ({
    filters: [],
    fetch: async () => {
      waiting.value = (await api.jobs({ fase: 'aguardando_aprovacao' })).rows;
    },
  }));
  useEffect(() => onOrgEvent((type) => type.startsWith('task:') && watched.again()), [watched]);
  const rows = waiting.value;
  return (
    <Part
      status={watched.status.value}
      has={rows !== undefined}
      again={watched.again}
      isEmpty={rows?.length === 0}
      empty={<Empty text={t('aprov.nada')} />}
    >
      <ul class={isCompact ? 'stack' : 'grid'}>
        {rows?.map((job) => (
          <Waiting key={job.job_id} job={job} onDecided={watched.again} />
        ))}
      </ul>
      {isCompact && (
        <a class="item" href="/aprovacoes">
          {t('aprov.todas')}
        </a>
      )}
    </Part>
  );
}

function Waiting({ job, onDecided }: { job: JobState; onDecided: () => void }) {
  const remark = useSignal('');
  const act = useAct();
  const total = job.itens.reduce((sum, item) => sum + item.quantidade_g, 0);
  const decide = (verdict: 'approve' | 'reject') => () =>
    void act.run(async () => {
      await api.actOnJob(job.job_id, verdict, { comentario: remark.value });
      onDecided();
    });
  const isOff = act.isBusy.value || !isFresh.value;
  return (
    <li class="card flat">
      <p>
        <strong>{job.criado_por ?? '–'}</strong> · {ago(now.value - job.criado_em)}
      </p>
      <h3>
        {job.receita} ×{decimal(job.multiplicador, 3)}
      </h3>
      <p class="num">
        {grams(total)} · {devices.get(job.device).value?.body?.nome ?? job.device}
      </p>
      <p class="soft">{job.itens.map((item) => `${item.tempero} ${grams(item.quantidade_g)}`).join(' · ')}</p>
      <p class="row">
        {job.espera.map((reason) => (
          <span key={reason} class="chip warn">
            {word('espera', reason)}
          </span>
        ))}
      </p>
      <input
        class="input"
        aria-label={t('aprov.comentario')}
        placeholder={t('aprov.comentario')}
        maxLength={200}
        value={remark.value}
        onInput={(event) => (remark.value = event.currentTarget.value)}
      />
      {/* Decided elsewhere meanwhile: the api answers with a conflict, and the list shows who is left. */}
      {act.problem.value && <Fault problem={act.problem.value} again={onDecided} />}
      <div class="row">
        <button type="button" class="btn primary grow" disabled={isOff} onClick={decide('approve')}>
          <Icon name="ok" />
          {t('aprov.aprovar')}
        </button>
        <button type="button" class="btn danger grow" disabled={isOff} onClick={decide('reject')}>
          <Icon name="bad" />
          {t('aprov.negar')}
        </button>
      </div>
    </li>
  );
}
