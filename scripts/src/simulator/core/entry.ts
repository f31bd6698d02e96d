import { type ExecutionLogEntry, entryErrorCode, type JobCompleteIn } from '@yaguts/shared';
import type { Final, StoredJob } from './journal-state.ts';

/** `boot_id` on the wire: the low 16 bits of the boot counter, four hex digits. */
export const bootId = (boot: number): string => (boot & 0xffff).toString(16).padStart(4, '0');

/** What became of an item: its own final, or the closing of its job; undefined while it is open. */
export function finalOf(stored: StoredJob, item: number): Final | undefined {
  const own = stored.finals.get(item);
  if (own) return own;
  const close = stored.close;
  if (!close || item < close.from) return undefined;
  const isFirst = item === close.from;
  const code = isFirst ? close.first : close.rest;
  const { boot, uptime_ms, ts } = close;
  return { boot, uptime_ms, ts, error: `${code}: ${close.text}`, ran_ms: isFirst ? close.ran_ms : 0 };
}

/** The first item without an outcome; undefined when all are final. */
export function nextOpenItem(stored: StoredJob): number | undefined {
  for (let item = 1; item <= stored.job.itens.length; item++) if (!finalOf(stored, item)) return item;
  return undefined;
}

/**
 * The entry of a final item, rendered from journal records alone: a resend is byte for byte the first send,
 * whatever the clocks say by then.
 */
export function entryOf(stored: StoredJob, item: number): ExecutionLogEntry | undefined {
  const final = finalOf(stored, item);
  const planned = stored.job.itens[item - 1];
  if (!final || !planned) return undefined;
  return {
    v: 1,
    job_id: stored.job.job_id,
    seq: stored.job.seq,
    token: stored.job.token,
    item_ordem: item,
    frasco: planned.frasco,
    tempero: planned.tempero,
    quantidade_g: planned.quantidade_g,
    segundos: final.ran_ms / 1_000,
    status: final.error === null ? 'done' : 'failed',
    error: final.error,
    boot_id: bootId(final.boot),
    uptime_ms: final.uptime_ms,
    ts: final.ts,
  };
}

/** Every entry of a job that has one, in item_ordem. */
export function entriesOf(stored: StoredJob): ExecutionLogEntry[] {
  return stored.job.itens.flatMap((_, index) => entryOf(stored, index + 1) ?? []);
}

/** The device's final account; the entries themselves are acked before it is sent, so it carries none. */
export function completeOf(stored: StoredJob): JobCompleteIn {
  const entries = entriesOf(stored);
  const done = entries.filter((entry) => entry.status === 'done').length;
  const cancelados = entries.filter((entry) => entryErrorCode(entry.error) === 'cancelado').length;
  return {
    v: 1,
    job_id: stored.job.job_id,
    seq: stored.job.seq,
    token: stored.job.token,
    itens_completados: done,
    itens_falhados: entries.length - done - cancelados,
    itens_cancelados: cancelados,
    execution_logs: [],
  };
}
