import { entryErrorCode, type JobStatus } from '@yaguts/shared';

/** The final word on one item, as far as the status of a job cares. */
export interface Outcome {
  readonly status: 'done' | 'failed';
  readonly error: string | null;
}

export interface Counts {
  readonly itens_completados: number;
  /** Failed with any code but `cancelado`. */
  readonly itens_falhados: number;
  /** `cancelado`, and at the end those that never had a word. */
  readonly itens_cancelados: number;
}

/** Counts the words there are. The result depends on the set alone, not on the order of arrival. */
export function countOutcomes(outcomes: readonly Outcome[]): Counts {
  const counts = { itens_completados: 0, itens_falhados: 0, itens_cancelados: 0 };
  for (const outcome of outcomes) counts[counterOf(outcome)]++;
  return counts;
}

/** The counter that an outcome belongs to. */
export function counterOf({ status, error }: Outcome): keyof Counts {
  if (status === 'done') return 'itens_completados';
  return entryErrorCode(error) === 'cancelado' ? 'itens_cancelados' : 'itens_falhados';
}

/**
 * The terminal status of a job (contract, section 4): all done is `done`, any done `done_partial`, else any
 * failure `failed`, else `canceled`. Items without a word count as canceled.
 */
export function finalStatus(counts: Counts, total: number): JobStatus {
  if (total > 0 && counts.itens_completados >= total) return 'done';
  if (counts.itens_completados > 0) return 'done_partial';
  return counts.itens_falhados > 0 ? 'failed' : 'canceled';
}

/** Why an item was not poured, and whether its job could go on without it. */
export interface Failure {
  readonly error: string | null;
  readonly critico: boolean;
}

/**
 * Whether a person ended an execution in its middle, by a cancel or a stop. Where a critical item has failed the
 * rest are `abortado` as well: that was the device's doing.
 */
export function wasStopped(failures: readonly Failure[]): boolean {
  const stopping: ReadonlySet<string | undefined> = new Set(['abortado', 'cancelado']);
  const isStop = ({ error }: Failure): boolean => stopping.has(entryErrorCode(error));
  return failures.some(isStop) && !failures.some((failure) => failure.critico && !isStop(failure));
}

export const isTerminal = (status: JobStatus): boolean => status !== 'queued' && status !== 'running';
