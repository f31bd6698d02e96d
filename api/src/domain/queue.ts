import { AppError } from '@yaguts/shared';

/**
 * The queue of one device. A job in it is `na_fila`; the head is *released* when a person has put a bowl in
 * place for it ("tigela vazia"), or when it was made while the device was idle and nothing waited.
 */

export type Transicao = 'manual' | 'automatica';

export interface QueuedJob {
  readonly job_id: number;
  /** Rank in the queue, rising; ties are broken by job number. */
  readonly posicao: number;
  readonly liberado: boolean;
}

export interface QueueState {
  readonly transicao: Transicao;
  readonly pausada: boolean;
  /** A job is offered to the device or runs on it. */
  readonly ocupado: boolean;
  readonly jobs: readonly QueuedJob[];
}

/** The waiting jobs in the order they will be offered. */
export function inOrder<J extends QueuedJob>(jobs: readonly J[]): J[] {
  return [...jobs].sort((a, b) => a.posicao - b.posicao || a.job_id - b.job_id);
}

/**
 * The job to offer now, if any. `confirmed` is a person saying that the bowl is empty and in place; it does
 * not override a paused queue or a busy device.
 */
export function nextToOffer(queue: QueueState, confirmed = false): number | undefined {
  const [head] = inOrder(queue.jobs);
  if (!head || queue.pausada || queue.ocupado) return undefined;
  return confirmed || queue.transicao === 'automatica' || head.liberado ? head.job_id : undefined;
}

/** Whether a new job needs no "tigela vazia": whoever made it, with device and queue idle, has the bowl in place. */
export function releasedAtOnce(queue: Pick<QueueState, 'ocupado' | 'jobs'>): boolean {
  return !queue.ocupado && queue.jobs.length === 0;
}

/** True when the queue stands only because nobody has said "tigela vazia" yet. */
export function waitsForBowl(queue: QueueState): boolean {
  return nextToOffer(queue) === undefined && nextToOffer(queue, true) !== undefined;
}

/**
 * A new order of the waiting jobs: those named come first, in that order, the rest keep theirs behind.
 *
 * @throws AppError "stale" when one of them waits no longer: the caller looked at an old queue
 * @throws AppError "invalid" when one is named twice
 */
export function reorder(waiting: readonly QueuedJob[], wanted: readonly number[]): number[] {
  const present = new Set(waiting.map((job) => job.job_id));
  const gone = wanted.find((job_id) => !present.has(job_id));
  if (gone !== undefined) throw new AppError('stale', `Job ${gone} no longer waits in this queue`);
  const named = new Set(wanted);
  if (named.size !== wanted.length) throw new AppError('invalid', 'A job is named twice');
  const rest = inOrder(waiting).flatMap((job) => (named.has(job.job_id) ? [] : [job.job_id]));
  return [...wanted, ...rest];
}
