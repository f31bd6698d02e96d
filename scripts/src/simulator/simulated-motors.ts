import type { Actuator, Clock, Pouring } from './core/ports.ts';
import type { Ledger } from './ledger.ts';

export interface MotorOptions {
  readonly clock: Clock;
  /** Boot counter, for the ledger. */
  readonly boot: () => number;
  readonly ledger?: Ledger | undefined;
  /** Time factor: 10 pours a 5 s item in half a second and still measures 5 s. */
  readonly speed: number;
  /** Real milliseconds of every item of this job in place of its own; measured as they are. */
  readonly delayMs: (pouring: Pouring) => number | undefined;
  /** Whether this run ends in a fault. */
  readonly fails: (pouring: Pouring) => boolean;
  /** Called just before the output goes on, and just after. */
  readonly beforeStart?: (pouring: Pouring) => void;
  readonly afterStart?: (pouring: Pouring, realMs: number) => void;
  /** Called when the cut-off is due, while the output is still on. */
  readonly beforeEnd?: (pouring: Pouring) => void;
}

/** Motors that are nothing but time: on at `start`, off by their own cut-off or `stopAll`. */
export function createMotors(options: MotorOptions): Actuator {
  const { clock, ledger } = options;
  let run:
    | { pouring: Pouring; startedAt: number; realMs: number; factor: number; fails: boolean }
    | undefined;
  let on = false;
  let ran = 0;

  const measured = (): number => {
    if (!run) return 0;
    return Math.round(Math.min(clock.ms() - run.startedAt, run.realMs) * run.factor);
  };

  function off(): void {
    if (!on || !run) return;
    ran = measured();
    on = false;
    const { seq, jobId, itemOrdem } = run.pouring;
    ledger?.stop({ seq, jobId, item: itemOrdem, ranMs: ran });
  }

  /** The cut-off needs no caller: whoever looks after its time finds the output off. */
  function cutOff(): void {
    if (!on || !run || clock.ms() - run.startedAt < run.realMs) return;
    options.beforeEnd?.(run.pouring);
    off();
  }

  return {
    start(pouring, ms) {
      off();
      options.beforeStart?.(pouring);
      const delayMs = pouring.seq === 0 ? undefined : options.delayMs(pouring);
      const factor = delayMs === undefined ? options.speed : 1;
      const realMs = Math.ceil(delayMs ?? ms / options.speed);
      const { seq, jobId, itemOrdem: item, frasco } = pouring;
      ledger?.start({ seq, jobId, item, frasco, ms, boot: options.boot() });
      run = { pouring, startedAt: clock.ms(), realMs, factor, fails: options.fails(pouring) };
      on = true;
      ran = 0;
      options.afterStart?.(pouring, realMs);
      return true;
    },
    stopAll: off,
    running() {
      cutOff();
      return on;
    },
    ranMs: () => (on ? measured() : ran),
    ofMs: () => (run ? Math.round(run.realMs * run.factor) : 0),
    endsAt() {
      return on && run ? run.startedAt + run.realMs : undefined;
    },
    fault: () => (run?.fails ? { code: 'timeout', text: 'falha simulada' } : undefined),
  };
}
