import type { JobDocument, OfferRefusal, PayloadOf } from '@yaguts/shared';
import type { Board } from './board.ts';
import { checkOffer, type OfferCheck, type OfferIds } from './check-offer.ts';
import type { JobRunner } from './job-runner.ts';
import type { RetrySchedule } from './retry.ts';

/**
 * From `jobs/next` to leave to start. An offer is held in RAM and asked for with `start`; only `accepted`
 * puts it into flash. The active job asks again after each connection, and pours on meanwhile.
 */
export interface Offers {
  offered(payload: Uint8Array): void;
  accepted(jobId: number, answer: PayloadOf<'startAccepted'>): void;
  rejected(jobId: number, answer: PayloadOf<'startRejected'>): void;
  connected(): void;
  /** The held offer is forgotten: the retained topic brings it again. */
  lost(): void;
  /** Puts the held offer (this one, or any) into flash without leave: it is about to be closed. */
  take(jobId?: number): boolean;
  holding(): boolean;
  /** Asks what is due; `busy` is a manual command at work. */
  tick(): void;
}

/** @param manualBusy true while a prime, clean or calibrate runs */
export function createOffers(
  board: Board,
  runner: JobRunner,
  retry: RetrySchedule,
  manualBusy: () => boolean,
): Offers {
  const { state, identity } = board;
  let held: JobDocument | undefined;
  /** An offer that came while the last job was still reporting: looked at once the slot is free. */
  let waiting: Uint8Array | undefined;
  let asking = false;

  function forget(): void {
    held = undefined;
    retry.answered('start');
  }

  /** The held offer becomes the active job; false when the flash refuses it, which leaves it held. */
  function begin(): boolean {
    if (!held) return false;
    const { job_id, seq, token, not_after } = held;
    const itens = held.itens.map(({ frasco, tempero, quantidade_g, ms, critico = false }) => ({
      frasco,
      tempero,
      quantidade_g,
      ms,
      critico,
    }));
    if (!runner.begin({ job_id, seq, token, not_after, itens })) return false;
    forget();
    return true;
  }

  function refuse(job: OfferIds, code: OfferRefusal, message: string): void {
    board.say('POLL', `Job ${job.job_id} recusado (${code}): ${message}`, 'warn');
    const { job_id, seq, token } = job;
    board.publish('jobRejected', { job_id }, { seq, token, code, message });
  }

  function consider(payload: Uint8Array): void {
    const check = checkOffer(payload, { frascos: identity.frascos, config: state.config });
    if (check.kind === 'unreadable') {
      board.say('POLL', `jobs/next ilegível: ${check.message}`, 'warn');
      return;
    }
    const offer = check.kind === 'ok' ? check.job : check.offer;
    if (state.active?.job.seq === offer.seq) return;
    const isNew = offer.seq > state.hi;
    if (isNew && state.active && !runner.hasOpenItems()) {
      waiting = payload;
      return;
    }
    const refusal = refusalOf(check, isNew);
    if (refusal) {
      refuse(offer, refusal.code, refusal.message);
    } else if (check.kind === 'ok') {
      held = check.job;
      retry.answered('start');
      board.say('POLL', '✓ Job recebido!');
    }
  }

  function refusalOf(
    check: Exclude<OfferCheck, { kind: 'unreadable' }>,
    isNew: boolean,
  ): { code: OfferRefusal; message: string } | undefined {
    if (!isNew) return { code: 'duplicado', message: `já terminado; o maior seq é ${state.hi}` };
    if (state.active || manualBusy() || board.faulted)
      return { code: 'ocupado', message: 'dispensador ocupado' };
    if (check.kind === 'refused') return check;
    const now = board.epochMs();
    if (now === null || now <= check.job.not_after) return undefined;
    return { code: 'expirado', message: 'passou do prazo do job' };
  }

  return {
    offered(payload) {
      forget();
      waiting = undefined;
      if (payload.length > 0) consider(payload);
    },
    accepted(jobId, answer) {
      board.learnTime(answer.now);
      const { active } = state;
      if (active && active.job.seq === answer.seq && active.job.token === answer.token) {
        asking = false;
        retry.answered('start');
      }
      // A flash that refuses leaves the offer held: start is asked again, and with it the flash.
      if (held?.job_id === jobId && held.seq === answer.seq && held.token === answer.token) begin();
    },
    rejected(jobId, { seq, code }) {
      if (held?.job_id === jobId && held.seq === seq) {
        forget();
        board.say('POLL', `Início do job ${jobId} negado (${code})`, 'warn');
        return;
      }
      if (state.active?.job.job_id !== jobId || state.active.job.seq !== seq) return;
      asking = false;
      retry.answered('start');
      // Ended by force, or unknown there: a person looks into the bowl, nothing more may fall into it.
      runner.close({ whilePouring: 'cancelado', rest: 'cancelado', text: `o servidor diz ${code}` });
    },
    connected() {
      asking = runner.hasOpenItems();
    },
    lost() {
      held = undefined;
      waiting = undefined;
    },
    take: (jobId) => (jobId === undefined || held?.job_id === jobId) && begin(),
    holding: () => held !== undefined,
    tick() {
      if (waiting && !state.active) {
        const payload = waiting;
        waiting = undefined;
        consider(payload);
      }
      if (asking && !runner.hasOpenItems()) {
        asking = false;
        retry.answered('start');
      }
      const job = held ?? (asking ? state.active?.job : undefined);
      const now = board.ports.clock.ms();
      if (!job || !board.connected || !retry.due('start', now)) return;
      board.publish('jobStart', { job_id: job.job_id }, { seq: job.seq, token: job.token });
      retry.sent('start', now);
    },
  };
}
