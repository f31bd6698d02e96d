import type { JobStatus } from '@yaguts/shared';
import { limits } from '@yaguts/shared';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../i18n/t.ts';
import { isBegunHere, shownJob } from '../../store/execution.ts';
import { prefs } from '../../store/prefs.ts';
import { chime } from '../../ui/chime.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Part } from '../../ui/states.tsx';
import { useEstoque, useJob } from '../../ui/use-job.ts';
import { ExecutionView } from './view.tsx';

/** The progress dialog: Esc hides it, never cancels; it leaves by itself only after a success seen here. */
export function ExecutionDialog() {
  const id = shownJob.value ?? 0;
  const { job, status, again } = useJob(id);
  useEstoque();
  const hide = (): void => {
    shownJob.value = null;
  };
  const countdown = useCountdown(id, job?.status, hide);
  return (
    <Dialog
      title={job?.receita ?? t('exec.titulo', { n: id })}
      subtitle={
        <a class="soft" href={`/execucoes/${id}`} onClick={hide}>
          {t('exec.titulo', { n: String(id) })}
        </a>
      }
      onClose={hide}
    >
      <div onPointerMove={countdown.stop} onPointerDown={countdown.stop} onFocusIn={countdown.stop}>
        <Part status={status.value} has={job !== undefined} again={again}>
          {job && <ExecutionView job={job} />}
        </Part>
        {(countdown.left !== null || countdown.isKept) && (
          <div class="note ok" role="timer">
            <span class="grow">
              {countdown.left === null ? t('exec.fica') : t('exec.fecha-em', { n: countdown.left })}
            </span>
            {/* Stays in its place when the countdown stops: nothing moves under the finger. */}
            <button type="button" class="btn" disabled={countdown.isKept} onClick={countdown.stop}>
              {t('exec.manter')}
            </button>
          </div>
        )}
      </div>
    </Dialog>
  );
}

/**
 * Seconds until the dialog closes, or null. Starts when a job that was seen unfinished, or was made here, becomes `done`; never
 * after partial, failed or canceled; hover, focus or touch stop it for good.
 */
export function useCountdown(
  job: number,
  status: JobStatus | undefined,
  close: () => void,
): { readonly left: number | null; readonly isKept: boolean; readonly stop: () => void } {
  const [left, setLeft] = useState<number | null>(null);
  const [isKept, setKept] = useState(false);
  const sawUnfinished = useRef(false);
  useEffect(() => {
    sawUnfinished.current = isBegunHere(job);
    setLeft(null);
    setKept(false);
  }, [job]);
  useEffect(() => {
    if (status === undefined) return;
    const isEnd = status !== 'queued' && status !== 'running';
    if (isEnd && sawUnfinished.current && prefs.value.sound) chime(status === 'done');
    if (!isEnd) sawUnfinished.current = true;
    else if (status === 'done' && sawUnfinished.current && prefs.value.autoClose)
      setLeft(limits.dialogCloseMs / 1_000);
    else setLeft(null);
  }, [job, status]);
  useEffect(() => {
    if (left === null) return;
    if (left <= 0) return close();
    const timer = setTimeout(() => setLeft(left - 1), 1_000);
    return () => clearTimeout(timer);
  }, [left]);
  const stop = (): void => {
    if (left === null) return;
    setLeft(null);
    setKept(true);
  };
  return { left, isKept, stop };
}
