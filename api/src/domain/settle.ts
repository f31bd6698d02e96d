import { hash } from 'node:crypto';
import type { ExecutionLogEntry, reportRejections } from '@yaguts/shared';

/** Why a report is put aside: filed for a person, acked so that the device moves on, never merged. */
export type Rejection = (typeof reportRejections)[number];

/** What is known when an entry arrives; the item and the stored entry are those of its `item_ordem`. */
export interface Known {
  readonly job: { readonly device: string; readonly token: string } | undefined;
  readonly item: { readonly frasco: number } | undefined;
  readonly stored: { readonly digest: string } | undefined;
}

export type Verdict =
  | { readonly do: 'store' }
  /** The same entry again: nothing changes, it is acked again. */
  | { readonly do: 'repeat' }
  | { readonly do: 'aside'; readonly code: Rejection; readonly recount: boolean }
  /** It carries the secret of a job that is another device's: no answer. */
  | { readonly do: 'deny' };

/**
 * Decides what one entry of a device does (reliability, section 2). A report whose token is not the job's
 * may come from a number that was used again after a restored backup: it is put aside and its frasco has to
 * be weighed, for what it poured is not in the ledger.
 */
export function judgeEntry(device: string, entry: ExecutionLogEntry, known: Known): Verdict {
  const { job, item, stored } = known;
  if (!job) return aside('desconhecido');
  if (job.token !== entry.token) return aside('token');
  if (job.device !== device) return { do: 'deny' };
  if (!item || item.frasco !== entry.frasco) return aside('item');
  if (!stored) return { do: 'store' };
  if (stored.digest === digestOf(entry)) return { do: 'repeat' };
  return { do: 'aside', code: 'contradicao', recount: false };
}

const aside = (code: Rejection): Verdict => ({ do: 'aside', code, recount: true });

/**
 * What makes two entries the same: token, item, frasco, outcome and measured time. Clocks and boot ids are
 * left out, for they may change between two sends of one report.
 */
export function digestOf(entry: ExecutionLogEntry): string {
  const facts = [entry.token, entry.item_ordem, entry.frasco, entry.status, entry.error, msOf(entry)];
  return hash('sha256', JSON.stringify(facts));
}

/** Measured milliseconds of an entry. */
export const msOf = (entry: { readonly segundos: number }): number => Math.round(entry.segundos * 1_000);
