import type { ExecutionRow, JobItemState, JobState } from '@yaguts/shared';
import { type Key, known, t } from '../i18n/t.ts';
import type { Running } from '../store/kitchen.ts';

/** What a job is called and how far it is. Pure: redrawn by the signals its arguments come from. */

export type Tone = 'ok' | 'warn' | 'bad' | 'live' | '';

type Worded = Pick<JobState, 'status'> & Partial<Pick<JobState, 'fase' | 'sem_noticias'>>;

/** The words of the design: aguarda aprovação, na fila, enviado, dispensando, … feita, parcial, falhou. */
export function jobWord(job: Worded): { text: string; tone: Tone } {
  if (job.status === 'running') {
    if (job.sem_noticias) return { text: t('job.sem-noticias'), tone: 'warn' };
    if (job.fase === 'pausado') return { text: t('job.pausado'), tone: 'warn' };
    if (job.fase === 'cancelando') return { text: t('job.cancelando'), tone: 'warn' };
    return { text: t('job.dispensando'), tone: 'live' };
  }
  if (job.status === 'queued') {
    if (job.fase === 'aguardando_aprovacao') return { text: t('job.aguarda'), tone: 'warn' };
    return { text: t(job.fase === 'ofertado' ? 'job.enviado' : 'job.na-fila'), tone: '' };
  }
  const ended: Record<string, [Key, Tone]> = {
    done: ['job.feita', 'ok'],
    done_partial: ['job.parcial', 'warn'],
    failed: ['job.falhou', 'bad'],
    canceled: ['job.cancelada', ''],
  };
  const [key, tone] = ended[job.status] ?? ['job.falhou', 'bad'];
  return { text: t(key), tone };
}

export const isEnded = (job: Pick<JobState, 'status'>): boolean =>
  job.status !== 'queued' && job.status !== 'running';

/** The reason of an item's failure, translated by its code, with the device's own words behind. */
export function itemError(error: string | null): string {
  if (!error) return '';
  const [, code = '', rest = ''] = /^([a-z_]+)[:\s]*(.*)$/.exec(error) ?? [];
  const said = known('falha', code);
  if (said === undefined) return error;
  return rest ? `${said} (${rest})` : said;
}

export interface JobProgress {
  readonly done: number;
  readonly total: number;
  /** 0…1 of the motors' time: frascos differ, so time is the honest bar. */
  readonly share: number;
  readonly poured_g: number;
  readonly total_g: number;
  readonly remainingMs: number;
  readonly current: JobItemState | undefined;
}

/** The tick of this job's running item; anything older than its entries says nothing. */
const tickOf = (job: JobState, running: Running | undefined): Running | undefined =>
  running?.job_id === job.job_id && job.status === 'running' ? running : undefined;

/** How far a job is: committed items, plus the running one by the device's ticks. */
export function jobProgress(job: JobState, running: Running | undefined): JobProgress {
  const tick = tickOf(job, running);
  let doneMs = 0;
  let totalMs = 0;
  let poured_g = 0;
  let total_g = 0;
  let current: JobItemState | undefined;
  for (const item of job.itens) {
    totalMs += item.ms;
    total_g += item.quantidade_g;
    if (item.estado !== 'pendente') {
      doneMs += item.ms;
      if (item.estado === 'done') poured_g += item.quantidade_g;
    } else if (tick?.item_ordem === item.item_ordem) {
      const share = tick.of_ms > 0 ? Math.min(1, tick.ran_ms / tick.of_ms) : 0;
      current = item;
      doneMs += item.ms * share;
      poured_g += item.quantidade_g * share;
    }
  }
  if (!current && job.status === 'running' && job.fase === 'dispensando') {
    current = job.itens.find((item) => item.estado === 'pendente');
  }
  return {
    done: job.itens.filter((item) => item.estado === 'done').length,
    total: job.itens.length,
    share: totalMs > 0 ? doneMs / totalMs : 0,
    poured_g,
    total_g,
    remainingMs: Math.max(0, totalMs - doneMs),
    current,
  };
}

/** Grams that the running item has taken from a frasco so far, by estimate; 0 once its entry is committed. */
export function pouringNow_g(
  job: JobState | undefined,
  running: Running | undefined,
  frasco: number,
): number {
  if (!job) return 0;
  const tick = tickOf(job, running);
  if (!tick || tick.frasco !== frasco) return 0;
  const item = job.itens.find((one) => one.item_ordem === tick.item_ordem);
  if (item?.estado !== 'pendente' || tick.of_ms <= 0) return 0;
  return item.quantidade_g * Math.min(1, tick.ran_ms / tick.of_ms);
}

/** Duration of an ended job; null while it runs or when it never began. */
export const jobDurationMs = (job: Pick<ExecutionRow, 'iniciado_em' | 'terminado_em'>): number | null =>
  job.iniciado_em !== null && job.terminado_em !== null ? job.terminado_em - job.iniciado_em : null;
