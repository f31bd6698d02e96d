import { type Signal, useSignal } from '@preact/signals';
import type { HttpProblem } from '../api/http.ts';
import { asProblem } from './problem.ts';

export interface Act {
  readonly isBusy: Signal<boolean>;
  readonly problem: Signal<HttpProblem | undefined>;
  /** Runs one act at a time; a failure is kept in `problem`. Resolves true when it went well. */
  readonly run: (work: () => Promise<unknown>) => Promise<boolean>;
}

/** A person's act with its two honest outcomes, for one button or form. */
export function useAct(): Act {
  const isBusy = useSignal(false);
  const problem = useSignal<HttpProblem | undefined>(undefined);
  return {
    isBusy,
    problem,
    async run(work) {
      if (isBusy.value) return false;
      isBusy.value = true;
      problem.value = undefined;
      try {
        await work();
        return true;
      } catch (error) {
        problem.value = asProblem(error);
        return false;
      } finally {
        isBusy.value = false;
      }
    },
  };
}
