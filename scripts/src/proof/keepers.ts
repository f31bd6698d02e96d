import type { Victim } from './process.ts';

/** Whoever starts one process again after each of its deaths, as systemd would. */
export interface Keeper {
  /** Starts it; resolves when it is up, or dead again. */
  up(): Promise<void>;
  /** SIGKILL now, started again after so long; false when it is down already. */
  kill(downMs: number): Promise<boolean>;
  /** Resolves when it is up. */
  settled(): Promise<void>;
}

export interface Keepers {
  /** @param start starts the process; `ready` is left out where nothing more than its start is to be waited for */
  keep(
    name: string,
    start: () => { readonly victim: Victim; readonly ready: Promise<unknown> | undefined },
  ): Keeper;
  /** Rejects when a process does not stay up by itself. */
  readonly doomed: Promise<never>;
  /** From now on every end is in order, and nothing is started any more. */
  letGo(): void;
  isOver(): boolean;
}

/** A process that ends so often without being killed will not do any better the next time. */
const patience = 5;
const restartMs = 500;

/** @param troubles gets a line for each end that nobody asked for */
export function createKeepers(troubles: string[]): Keepers {
  let isOver = false;
  let despair: (error: Error) => void = () => {};
  const doomed = new Promise<never>((_, reject) => {
    despair = reject;
  });
  doomed.catch(() => {});

  function keep(name: string, start: Parameters<Keepers['keep']>[1]): Keeper {
    let starting: Promise<void> = Promise.resolve();
    let current: Victim | undefined;
    let falls = 0;

    async function up(): Promise<void> {
      if (isOver) return;
      const { victim, ready } = start();
      current = victim;
      void victim.ended.then((end) => {
        if (!isOver && current === victim && end !== 'SIGKILL') fell(end);
      });
      // A kill while it starts is one of the things to survive.
      await ready?.catch(() => {});
    }

    function fell(end: number | string): void {
      troubles.push(`${name} ended with ${end}`);
      if (++falls < patience) starting = later(restartMs);
      else despair(new Error(`${name} does not stay up: it has ended ${falls} times by itself`));
    }

    const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms)).then(up);
    return {
      up: () => (starting = up()),
      async kill(downMs) {
        const victim = current;
        if (!victim?.isAlive() || !(await victim.kill())) return false;
        starting = later(downMs);
        return true;
      },
      settled: () => starting,
    };
  }

  return {
    keep,
    doomed,
    isOver: () => isOver,
    letGo: () => {
      isOver = true;
    },
  };
}
