import {
  type Boot,
  type BootEvents,
  powerOn,
  type SimulationResult,
  type SimulatorOptions,
} from './power-on.ts';

export type { SimulationResult, SimulatorOptions } from './power-on.ts';

export interface Simulator {
  /** Jobs wholly acked since the start, oldest first. */
  readonly results: readonly SimulationResult[];
  /** Resolves with the job (the next one to end, when left out) once it is wholly acked. */
  result(jobId?: number): Promise<SimulationResult>;
  /** Resolves at the first connection; rejects when the broker refuses the credential before that. */
  connected(): Promise<void>;
  /** Resolves when the dispenser has crashed, by its crash point or by {@link Simulator.crash}. */
  readonly crashed: Promise<void>;
  /** Cuts the Wi-Fi for so long. */
  drop(seconds: number): void;
  /** Orderly: motor off, `presence` offline, DISCONNECT, journal closed. */
  stop(): Promise<void>;
  /** The power is gone: no farewell, the journal stays as it is. Start again on the same `dir`. */
  crash(): void;
}

/**
 * Starts a simulated dispenser: real MQTT, its own journal file, the rules of the firmware. It works without a
 * broker as well (a journalled job goes on), so this resolves before any connection.
 *
 * @throws Error when the journal's folder is in use or cannot be written
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const results: SimulationResult[] = [];
  const waiting = new Set<{ jobId: number | undefined; resolve: (result: SimulationResult) => void }>();
  const firstConnection = deferred();
  const crash = deferred();
  let boot: Boot | undefined;
  let stopped = false;

  const events: BootEvents = {
    connected: firstConnection.resolve,
    crashed: crash.resolve,
    freed(result) {
      results.push(result);
      options.onResult?.(result);
      for (const waiter of waiting) {
        if (waiter.jobId !== undefined && waiter.jobId !== result.job_id) continue;
        waiting.delete(waiter);
        waiter.resolve(result);
      }
    },
    problem(problem) {
      if (problem.kind === 'refused') firstConnection.reject(new Error(problem.message));
      options.onProblem?.(problem);
    },
    // Not inside the call that accepted it: the answer is still on its way to the socket.
    reboot: () => void setImmediate(restart),
  };

  async function restart(): Promise<void> {
    await boot?.stop();
    if (!stopped) boot = powerOn(options, 'software', events);
  }

  boot = powerOn(options, 'poweron', events);
  return {
    results,
    crashed: crash.promise,
    connected: () => firstConnection.promise,
    result(jobId) {
      const known = jobId === undefined ? undefined : results.find(({ job_id }) => job_id === jobId);
      if (known) return Promise.resolve(known);
      return new Promise((resolve) => void waiting.add({ jobId, resolve }));
    },
    drop: (seconds) => boot?.drop(seconds * 1_000),
    async stop() {
      stopped = true;
      await boot?.stop();
    },
    crash() {
      stopped = true;
      boot?.die();
      crash.resolve();
    },
  };
}

/** A promise settled from outside; nobody has to listen to its rejection. */
function deferred() {
  let resolve: () => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<void>((done, fail) => {
    resolve = done;
    reject = fail;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}
