import type { JobAck } from '@yaguts/shared';
import type { Board } from './board.ts';
import { completeOf, entryOf, nextOpenItem } from './entry.ts';
import type { StoredJob } from './journal-state.ts';
import type { RetrySchedule } from './retry.ts';

/** After this many unanswered rounds a finished job is no longer offered to a new database. */
const ringRounds = 10;

/**
 * Sends every final entry until our own `ack` names it (a PUBACK proves nothing), then `complete` until that
 * is acked, then frees the slot. A new epoch, a database made anew or restored, gets the active job's acked
 * entries and the ring once more.
 */
export interface Reporter {
  connected(): void;
  ack(jobId: number, ack: JobAck): void;
  /** The database's name for itself, from `_server/state`. */
  epoch(epoch: string): void;
  /** Sends what is due; writes acks to flash unless a motor runs. */
  tick(motorOn: boolean): void;
}

export function createReporter(board: Board, retry: RetrySchedule): Reporter {
  const { state, ports } = board;
  /** Acks that came while a motor ran: flash writes wait for it. */
  const unwrittenAcks = new Set<number>();
  const ring = new Map<string, { stored: StoredJob; item: number; rounds: number }>();
  let newEpoch: string | undefined;
  let ringBegun = false;

  const keyOf = (stored: StoredJob, item: number): string => `item ${stored.job.seq}/${item}`;

  function sendEntry(stored: StoredJob, item: number, now: number): boolean {
    const entry = entryOf(stored, item);
    if (!entry || !retry.due(keyOf(stored, item), now)) return false;
    board.publish('jobLog', { job_id: entry.job_id, item_ordem: item }, entry);
    retry.sent(keyOf(stored, item), now);
    return true;
  }

  function writeAcks(): void {
    const { active } = state;
    if (!active || unwrittenAcks.size === 0) return;
    const itens = [...unwrittenAcks].sort((a, b) => a - b);
    if (!board.put({ k: 'ack', seq: active.job.seq, itens })) return;
    unwrittenAcks.clear();
    board.say('REPORT', `✓ Itens ${itens.join(', ')} do job ${active.job.job_id} confirmados`);
  }

  function followEpoch(): void {
    if (newEpoch === undefined || ringBegun) return;
    const { active } = state;
    if (active && active.acked.size > 0) {
      if (!board.put({ k: 'unack', seq: active.job.seq })) return;
      unwrittenAcks.clear();
    }
    ringBegun = true;
    ring.clear();
    retry.restart();
    for (const stored of state.ring) {
      stored.job.itens.forEach((_, index) => {
        ring.set(keyOf(stored, index + 1), { stored, item: index + 1, rounds: 0 });
      });
    }
    if (ring.size > 0) board.say('REPORT', `Banco novo: reenviando ${ring.size} registros`, 'warn');
  }

  function sendRing(now: number): void {
    if (newEpoch === undefined || !ringBegun) return;
    for (const [key, due] of ring) {
      if (due.rounds < ringRounds) {
        if (sendEntry(due.stored, due.item, now)) due.rounds++;
      } else if (retry.due(key, now)) {
        ring.delete(key);
        retry.answered(key);
      }
    }
    if (ring.size === 0 && board.put({ k: 'epoch', epoch: newEpoch })) newEpoch = undefined;
  }

  function sendActive(stored: StoredJob, now: number): void {
    let open = false;
    stored.job.itens.forEach((_, index) => {
      const item = index + 1;
      if (stored.acked.has(item)) return;
      open = true;
      if (!unwrittenAcks.has(item)) sendEntry(stored, item, now);
    });
    if (open || nextOpenItem(stored) !== undefined || !retry.due('complete', now)) return;
    board.publish('jobComplete', { job_id: stored.job.job_id }, completeOf(stored));
    retry.sent('complete', now);
  }

  function ackActive(stored: StoredJob, ack: JobAck): void {
    for (const item of ack.itens) {
      // An ack names only what this device has sent; anything else would free an item not yet poured.
      if (stored.acked.has(item) || !entryOf(stored, item)) continue;
      unwrittenAcks.add(item);
      retry.answered(keyOf(stored, item));
    }
    for (const { item_ordem, code } of ack.rejected ?? []) {
      board.say('REPORT', `Item ${item_ordem} posto de lado pelo servidor (${code})`, 'warn');
    }
    // With every item final no motor runs, so what this message acks may be written before `complete` is read.
    if (nextOpenItem(stored) === undefined) writeAcks();
    const all = stored.job.itens.every((_, index) => stored.acked.has(index + 1));
    if (!ack.complete || !all) return;
    const { seq, job_id } = stored.job;
    if (!board.put({ k: 'free', seq })) return;
    retry.answered('complete');
    board.say('REPORT', `✓ Job ${job_id} entregue; memória livre`);
    ports.jobFreed?.(stored);
  }

  return {
    connected: () => retry.restart(),
    ack(jobId, ack) {
      const { active } = state;
      if (active?.job.job_id === jobId && active.job.token === ack.token) {
        ackActive(active, ack);
        return;
      }
      for (const [key, { stored, item }] of ring) {
        if (stored.job.job_id !== jobId || stored.job.token !== ack.token) continue;
        if (!ack.itens.includes(item)) continue;
        ring.delete(key);
        retry.answered(key);
      }
    },
    epoch(epoch) {
      if (epoch === (newEpoch ?? state.epoch)) return;
      newEpoch = epoch;
      ringBegun = false;
    },
    tick(motorOn) {
      if (!motorOn) {
        writeAcks();
        followEpoch();
      }
      if (!board.connected) return;
      const now = ports.clock.ms();
      if (state.active) sendActive(state.active, now);
      if (!motorOn) sendRing(now);
    },
  };
}
