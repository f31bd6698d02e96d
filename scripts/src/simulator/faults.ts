import type { SimulateIn } from '@yaguts/shared';
import type * as v from 'valibot';
import type { JournalRecord, JournalState } from './core/journal-state.ts';
import type { Pouring } from './core/ports.ts';

/** The contract's simulator parameters, each of which may be left out. */
export type SimulateParameters = v.InferInput<typeof SimulateIn>;

export const crashMoments = ['before', 'inside', 'between'] as const;
/**
 * Where a dispenser loses power: `before` the motor of a frasco goes on (its intent is in flash), `inside` its
 * run, or `between` it and the next (its outcome is in flash, nothing of it is published yet).
 */
export interface CrashPoint {
  /** 0-based, as all frasco indices of the simulator. */
  readonly at: number;
  readonly when: (typeof crashMoments)[number];
}

export interface Faults {
  readonly delayMs: (pouring: Pouring) => number | undefined;
  readonly fails: (pouring: Pouring) => boolean;
  readonly beforeStart: (pouring: Pouring) => void;
  readonly afterStart: (pouring: Pouring, realMs: number) => void;
  readonly beforeEnd: (pouring: Pouring) => void;
  readonly afterAppend: (record: JournalRecord, state: JournalState) => void;
  readonly cancel: () => void;
}

/** Ends the call into the core that was under way when the power went. */
export class PowerLoss extends Error {}

const defaultDropS = 5;

/**
 * Turns the parameters into what happens at the motors and at the flash. Indices are 0-based; with `job_id`
 * only that job is touched. Each job drops its Wi-Fi once.
 *
 * @throws PowerLoss out of `beforeStart`, `beforeEnd` and `afterAppend`, after `act.crash`
 */
export function planFaults(
  parameters: SimulateParameters,
  crash: CrashPoint | undefined,
  act: { readonly drop: (ms: number) => void; readonly crash: () => void },
): Faults {
  const { job_id, frasco_delay_ms, fail_frasco_indices = [], simulate_wifi_drop = false } = parameters;
  const dropAt = parameters.drop_at_frasco_index ?? 0;
  const dropMs = (parameters.drop_duration_seconds ?? defaultDropS) * 1_000;
  const dropped = new Set<number>();
  let inside: NodeJS.Timeout | undefined;
  const touches = (jobId: number): boolean => jobId !== 0 && (job_id === undefined || job_id === jobId);
  const losePower = (): never => {
    act.crash();
    throw new PowerLoss();
  };
  const isAt = (pouring: Pouring, index: number): boolean =>
    touches(pouring.jobId) && pouring.itemOrdem === index + 1;

  return {
    delayMs: ({ jobId }) => (touches(jobId) ? frasco_delay_ms : undefined),
    fails: ({ jobId, itemOrdem }) => touches(jobId) && fail_frasco_indices.includes(itemOrdem - 1),
    beforeStart(pouring) {
      if (crash?.when === 'before' && isAt(pouring, crash.at)) losePower();
    },
    afterStart(pouring, realMs) {
      if (simulate_wifi_drop && isAt(pouring, dropAt) && !dropped.has(pouring.seq)) {
        dropped.add(pouring.seq);
        act.drop(dropMs);
      }
      if (crash?.when === 'inside' && isAt(pouring, crash.at)) inside = setTimeout(act.crash, realMs / 2);
    },
    // A busy machine may find the end of the frasco due before it has come to the timer of its middle.
    beforeEnd(pouring) {
      if (crash?.when === 'inside' && isAt(pouring, crash.at)) losePower();
    },
    afterAppend(record, state) {
      if (crash?.when !== 'between' || record.k !== 'final' || record.item !== crash.at + 1) return;
      if (touches(state.active?.job.job_id ?? 0)) losePower();
    },
    cancel: () => clearTimeout(inside),
  };
}
