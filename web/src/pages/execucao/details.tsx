import { useSignal } from '@preact/signals';
import type { JobDetail, JobState } from '@yaguts/shared';
import { api } from '../../api/routes.ts';
import { dateTime } from '../../i18n/numbers.ts';
import { t, word } from '../../i18n/t.ts';
import { can, zone } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { isEnded } from '../../ui/job.ts';
import { Fault } from '../../ui/states.tsx';
import { Note } from './note.tsx';
import { Report } from './report.tsx';

/** Behind the fold: times, the entries exactly as the device sent them, and closing by force. */
export function Details({ job }: { job: JobState }) {
  const detail = useSignal<JobDetail | undefined>(undefined);
  const act = useAct();
  const load = () => void act.run(async () => void (detail.value = await api.job(job.job_id)));
  const facts: readonly (readonly [string, string])[] = [
    [t('exec.numero'), `#${job.job_id}`],
    [
      t('exec.criado'),
      `${dateTime(job.criado_em, zone())} · ${job.criado_por ?? '–'} · ${word('metodo', job.metodo)}`,
    ],
    [t('exec.iniciado'), dateTime(job.iniciado_em, zone())],
    [t('exec.terminado'), dateTime(job.terminado_em, zone())],
    ...(job.origem_job_id ? ([[t('exec.origem'), `#${job.origem_job_id}`]] as const) : []),
    ...(job.fw_version ? ([['Firmware', job.fw_version]] as const) : []),
  ];
  return (
    <details onToggle={(event) => event.currentTarget.open && load()}>
      <summary>{t('exec.detalhes')}</summary>
      <div class="stack">
        <dl class="facts">
          {facts.map(([name, value]) => (
            <div key={name} class="row between">
              <dt class="soft">{name}</dt>
              <dd class="num">{value}</dd>
            </div>
          ))}
        </dl>
        {act.problem.value && <Fault problem={act.problem.value} again={load} />}
        {detail.value && (
          <>
            <h3>{t('exec.entradas')}</h3>
            <pre class="log">
              {detail.value.execution_logs.map((entry) => JSON.stringify(entry)).join('\n') ||
                t('exec.sem-entradas')}
            </pre>
            {can('jobs:create') && <Note key={job.job_id} jobId={job.job_id} nota={detail.value.nota} />}
            <Report job={detail.value} />
          </>
        )}
        {!isEnded(job) && can('jobs:close') && (
          <button
            type="button"
            class="btn danger"
            onClick={() => {
              if (confirm(t('exec.fechar-confirma'))) void act.run(() => api.actOnJob(job.job_id, 'close'));
            }}
          >
            {t('exec.fechar-a-forca')}
          </button>
        )}
      </div>
    </details>
  );
}
