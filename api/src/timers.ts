import type { Log } from './flows/deps.ts';

/** Runs something again and again; answers what stops it. Tests hold time by giving their own. */
export type Every = (ms: number, run: () => Promise<unknown>) => () => void;

/** {@link Every} on the real clock: never two runs at once, a failure is logged and the next run comes. */
export function realTimers(log: Log): Every {
  return (ms, run) => {
    let isRunning = false;
    const timer = setInterval(() => {
      if (isRunning) return;
      isRunning = true;
      run()
        .catch((error) => log('timer_failed', { error }))
        .finally(() => {
          isRunning = false;
        });
    }, ms);
    timer.unref();
    return () => clearInterval(timer);
  };
}
