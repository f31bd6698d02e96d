import { type EntryErrorCode, entryErrorCode, limits } from '@yaguts/shared';
import type { Board } from './board.ts';
import { finalOf, nextOpenItem } from './entry.ts';
import type { JournalJob, StoredJob } from './journal-state.ts';

/** A motor that still runs this long after its time is stopped and its item failed. */
const overrunMs = 250;
const progressEveryMs = 1_000 / limits.progressPerSecond;

/**
 * Pours the active job, one item after another.
 *
 *   open item → intent in flash → motor on → (its time, a fault, a close) → motor off → outcome in flash
 *
 * An item found with an intent and without an outcome after a reboot is closed `interrompido`, never run
 * again. No record is written while a motor runs.
 */
export interface JobRunner {
  /** The job is ours from here on. False: the flash refused it. */
  begin(job: JournalJob): boolean;
  /** After a boot: closes what was interrupted; the rest is poured by the next steps. */
  recover(): void;
  /** One step; true when something became final and another step should follow. */
  step(): boolean;
  /**
   * Motor off, then every open item closed in one record.
   *
   * @returns the item at which it stopped, null when none had begun, undefined when there was nothing to close
   */
  close(why: CloseReason): number | null | undefined;
  hasOpenItems(): boolean;
  motorOn(): boolean;
  pause(): void;
  resume(): void;
  wakeAt(): number | undefined;
}

export interface CloseReason {
  /** Code of an item whose motor was on. */
  readonly whilePouring: EntryErrorCode;
  readonly rest: EntryErrorCode;
  readonly text: string;
}

export function createJobRunner(board: Board): JobRunner {
  const { actuator, clock } = board.ports;
  let pouring: number | undefined;
  let paused = false;
  let startedAt = 0;
  let progressAt = 0;
  let announced = true;

  function settle(stored: StoredJob, item: number, error: string | null, ran_ms: number): void {
    pouring = undefined;
    board.putOutcome({ k: 'final', seq: stored.job.seq, item, error, ran_ms, ...board.stamp() });
    const seconds = (ran_ms / 1_000).toFixed(2);
    if (error === null) board.say('EXEC', `✓ Item ${item} concluído (real: ${seconds}s). Progresso salvo.`);
    else board.say('EXEC', `✗ Item ${item} falhou (${error}). Progresso salvo.`, 'warn');
  }

  /** True when the motor has stopped and its item got its outcome. */
  function watchMotor(stored: StoredJob, item: number): boolean {
    const ranMs = actuator.ranMs();
    if (!actuator.running()) {
      const fault = actuator.fault();
      settle(stored, item, fault ? `${fault.code}: ${fault.text}` : null, ranMs);
      return true;
    }
    if (ranMs > actuator.ofMs() + overrunMs) {
      actuator.stopAll();
      settle(stored, item, 'timeout: o motor não parou no tempo', actuator.ranMs());
      return true;
    }
    if (clock.ms() >= progressAt) {
      progressAt = clock.ms() + progressEveryMs;
      const frasco = stored.job.itens[item - 1]?.frasco ?? 0;
      const tick = {
        item_ordem: item,
        frasco,
        ran_ms: Math.round(ranMs),
        of_ms: Math.round(actuator.ofMs()),
      };
      board.publish('jobProgress', { job_id: stored.job.job_id }, tick);
    }
    return false;
  }

  /** Motor on for an open item; true when it became final at once. */
  function pour(stored: StoredJob, item: number): boolean {
    const { job } = stored;
    const planned = job.itens[item - 1];
    if (!planned) return false;
    if (!board.put({ k: 'intent', seq: job.seq, item })) {
      settle(stored, item, 'flash: o início não pôde ser gravado', 0);
      return true;
    }
    const seconds = (planned.ms / 1_000).toFixed(3);
    board.say('EXEC', `Item ${item}/${job.itens.length}: Frasco ${planned.frasco} por ${seconds}s`);
    const on = { seq: job.seq, jobId: job.job_id, itemOrdem: item, frasco: planned.frasco };
    if (!actuator.start(on, planned.ms)) {
      settle(stored, item, 'rele: o motor não ligou', 0);
      return true;
    }
    pouring = item;
    progressAt = clock.ms();
    return false;
  }

  function closeRest(
    stored: StoredJob,
    from: number,
    { first, rest = first, text }: { first: EntryErrorCode; rest?: EntryErrorCode; text: string },
  ): void {
    board.putOutcome({
      k: 'close',
      seq: stored.job.seq,
      from,
      first,
      rest,
      text,
      ran_ms: 0,
      ...board.stamp(),
    });
    board.say(
      'EXEC',
      `Itens ${from} a ${stored.job.itens.length} não dispensados (${first}: ${text})`,
      'warn',
    );
  }

  return {
    begin(job) {
      if (!board.put({ k: 'job', job })) return false;
      startedAt = clock.ms();
      paused = false;
      announced = false;
      board.say('EXEC', `Iniciando execução do job ${job.job_id}`);
      return true;
    },

    recover() {
      const stored = board.state.active;
      if (!stored) return;
      const { job } = stored;
      startedAt = clock.ms();
      board.say('SETUP', 'Job anterior detectado, será retomado ao conectar');
      if (stored.intent > 0 && !finalOf(stored, stored.intent)) {
        settle(stored, stored.intent, 'interrompido: reinício durante a dispensa', 0);
      }
      const item = nextOpenItem(stored);
      announced = item === undefined;
      if (item === undefined) return;
      board.say('RESUME', '⚡ Job pendente detectado em Flash!');
      board.say('RESUME', `Retomando job ${job.job_id} (item ${item}/${job.itens.length})`);
    },

    step() {
      const stored = board.state.active;
      if (!stored) return false;
      if (pouring !== undefined) return watchMotor(stored, pouring);
      const item = nextOpenItem(stored);
      if (item === undefined) {
        if (!announced) {
          const seconds = ((clock.ms() - startedAt) / 1_000).toFixed(2);
          board.say('EXEC', `Execução concluída em ${seconds}s`);
        }
        announced = true;
        return false;
      }
      const abort = reasonToAbort(stored);
      if (abort) {
        closeRest(stored, item, abort);
        return true;
      }
      if (paused) return false;
      const now = board.epochMs();
      if (now !== null && now > stored.job.not_after) {
        closeRest(stored, item, { first: 'expirado', text: 'passou do prazo do job' });
        return true;
      }
      return pour(stored, item);
    },

    close({ whilePouring, rest, text }) {
      const stored = board.state.active;
      if (!stored) return undefined;
      // A motor whose own time ran out just before counts as poured, not as cut.
      if (pouring !== undefined && !actuator.running()) watchMotor(stored, pouring);
      const cut = pouring;
      actuator.stopAll();
      const from = nextOpenItem(stored);
      if (from === undefined) return undefined;
      pouring = undefined;
      board.putOutcome({
        k: 'close',
        seq: stored.job.seq,
        from,
        first: cut === undefined ? rest : whilePouring,
        rest,
        text,
        ran_ms: cut === undefined ? 0 : actuator.ranMs(),
        ...board.stamp(),
      });
      board.say('EXEC', `Job ${stored.job.job_id} parado no item ${from} (${text})`, 'warn');
      return cut === undefined && from === 1 ? null : from;
    },

    hasOpenItems: () => board.state.active !== undefined && nextOpenItem(board.state.active) !== undefined,
    motorOn: () => pouring !== undefined,
    pause() {
      paused = board.state.active !== undefined;
    },
    resume() {
      paused = false;
    },
    wakeAt() {
      if (pouring === undefined) return undefined;
      const end = actuator.endsAt() ?? clock.ms();
      return board.connected ? Math.min(end, Math.max(progressAt, clock.ms() + 1)) : end;
    },
  };
}

/** A stalling motor must not walk through every frasco; a critical item takes the rest with it. */
function reasonToAbort(
  stored: StoredJob,
): { first: EntryErrorCode; rest?: EntryErrorCode; text: string } | undefined {
  let interruptions = 0;
  for (const [item, { error }] of stored.finals) {
    if (error === null) continue;
    if (stored.job.itens[item - 1]?.critico)
      return { first: 'abortado', text: `o item crítico ${item} falhou` };
    if (entryErrorCode(error) === 'interrompido') interruptions++;
  }
  if (interruptions < 2) return undefined;
  return { first: 'abortado', rest: 'cancelado', text: 'duas interrupções no mesmo job' };
}
