import type { Command, CommandOp } from '@yaguts/shared';
import type { Board } from './board.ts';
import { faultOfRun } from './check-offer.ts';

export type ManualOp = Extract<CommandOp, 'prime' | 'clean' | 'calibrate'>;
/** What a command came to: `accepted` with the measured run, or `rejected` with a code. */
export type CommandOutcome =
  | { readonly ok: true; readonly ran_ms?: number }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Motor commands outside a job: one at a time, answered when the motor has stopped. */
export interface Manual {
  /** Starts the motor; an outcome at once means that it did not start. */
  start(op: ManualOp, command: Command, done: (outcome: CommandOutcome) => void): CommandOutcome | undefined;
  tick(): void;
  /** Motor off; the command is answered with what it really ran. */
  stop(): void;
  busy(): boolean;
  motorOn(): boolean;
  wakeAt(): number | undefined;
}

interface Run {
  readonly frasco: number;
  readonly onMs: number;
  readonly offMs: number;
  readonly done: (outcome: CommandOutcome) => void;
  pulsesLeft: number;
  ranMs: number;
  /** Clock reading at which the pause between two pulses ends; undefined while the motor is on. */
  restUntil: number | undefined;
}

export function createManual(board: Board): Manual {
  const { actuator, clock } = board.ports;
  let run: Run | undefined;

  const motorOn = (frasco: number, ms: number): boolean =>
    actuator.start({ seq: 0, jobId: 0, itemOrdem: 0, frasco }, ms);

  function finish(outcome: CommandOutcome): void {
    const done = run?.done;
    run = undefined;
    done?.(outcome);
  }

  return {
    start(op, command, done) {
      const { frasco, ms, on_ms, off_ms, cycles } = command;
      const onMs = op === 'clean' ? on_ms : ms;
      const pulses = op === 'clean' ? cycles : 1;
      const offMs = op === 'clean' ? off_ms : 0;
      if (frasco === undefined || onMs === undefined || pulses === undefined || offMs === undefined) {
        const wanted = op === 'clean' ? 'frasco, on_ms, off_ms, cycles' : 'frasco, ms';
        return { ok: false, code: 'invalido', message: `${op} precisa de ${wanted}` };
      }
      const board_ = { frascos: board.identity.frascos, config: board.state.config };
      const fault = faultOfRun(frasco, onMs, board_);
      if (fault) return { ok: false, ...fault };
      if (!motorOn(frasco, onMs)) return { ok: false, code: 'rele', message: 'o motor não ligou' };
      run = { frasco, onMs, offMs, done, pulsesLeft: pulses - 1, ranMs: 0, restUntil: undefined };
      return undefined;
    },
    tick() {
      if (!run) return;
      if (run.restUntil === undefined) {
        if (actuator.running()) return;
        run.ranMs += actuator.ranMs();
        if (run.pulsesLeft === 0) finish({ ok: true, ran_ms: Math.round(run.ranMs) });
        else run.restUntil = clock.ms() + run.offMs;
        return;
      }
      if (clock.ms() < run.restUntil) return;
      run.restUntil = undefined;
      run.pulsesLeft--;
      if (!motorOn(run.frasco, run.onMs)) finish({ ok: false, code: 'rele', message: 'o motor não ligou' });
    },
    stop() {
      if (!run) return;
      actuator.stopAll();
      if (run.restUntil === undefined) run.ranMs += actuator.ranMs();
      finish({ ok: true, ran_ms: Math.round(run.ranMs) });
    },
    busy: () => run !== undefined,
    motorOn: () => run !== undefined && run.restUntil === undefined,
    wakeAt: () => (run ? (run.restUntil ?? actuator.endsAt() ?? clock.ms()) : undefined),
  };
}
