import { useSignal } from '@preact/signals';
import type { JobDetail } from '@yaguts/shared';
import { grams } from '../../i18n/numbers.ts';
import { t, word } from '../../i18n/t.ts';
import { session } from '../../store/session.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { itemError, jobWord } from '../../ui/job.ts';
import { saveFile } from '../../ui/save-file.ts';

/**
 * Everything that whoever mends it needs to know of an execution, as plain text: what the person saw, what the
 * platform holds and the entries as the device sent them. Times are UTC.
 */
export function reportOf(job: JobDetail, said: string): string {
  const utc = (ms: number | null): string => (ms === null ? '–' : new Date(ms).toISOString());
  return [
    said.trim() || '–',
    '',
    `Yaguts ${session.value?.version ?? ''} · ${session.value?.org ?? ''} · ${location.origin}`,
    `${t('exec.titulo', { n: String(job.job_id) })}: ${job.receita} ×${job.multiplicador}, ${jobWord(job).text}`,
    ...(job.motivo ? [word('motivo', job.motivo)] : []),
    `${job.device} · firmware ${job.fw_version ?? '–'} · seq ${job.seq}`,
    `${utc(job.criado_em)} → ${utc(job.iniciado_em)} → ${utc(job.terminado_em)}`,
    '',
    ...job.itens.map(({ item_ordem, frasco, tempero, quantidade_g, estado, error }) =>
      `${item_ordem}. ${tempero} ${grams(quantidade_g)} (${t('jarra.frasco', { n: frasco })}): ${estado} ${itemError(error)}`.trim(),
    ),
    '',
    ...job.execution_logs.map((entry) => JSON.stringify(entry)),
    '',
    navigator.userAgent,
  ].join('\n');
}

/** "Relatar problema": the report is the person's to hand on; nothing leaves the house by itself. */
export function Report({ job }: { job: JobDetail }) {
  const said = useSignal('');
  const text = reportOf(job, said.value);
  const download = () => saveFile(new Blob([text], { type: 'text/plain' }), `yaguts-${job.job_id}.txt`);
  return (
    <details class="no-print">
      <summary>{t('relato.titulo')}</summary>
      <div class="stack">
        <label class="field">
          <span>{t('relato.o-que')}</span>
          <textarea
            class="input"
            maxLength={2_000}
            value={said.value}
            onInput={({ currentTarget: { value } }) => (said.value = value)}
          />
          <small>{t('relato.dica')}</small>
        </label>
        <div class="row">
          <CopyButton text={text} />
          <button type="button" class="btn" onClick={download}>
            {t('relato.baixar')}
          </button>
        </div>
      </div>
    </details>
  );
}
