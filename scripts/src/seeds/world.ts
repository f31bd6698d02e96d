import { type Random, seeded } from '../proof/random.ts';
import { Network, type Tap } from './network.ts';
import { type Party, Scheduler } from './scheduler.ts';
import { enter } from './virtual-globals.ts';

/** What a story is played in. Chance for one purpose changes nothing for another. */
export interface Stage {
  readonly scheduler: Scheduler;
  readonly network: Network;
  /** What the seed decides about the story itself. */
  readonly story: Random;
  /** What goes wrong, and when. */
  readonly faults: Random;
}

export interface WorldOptions {
  readonly seed: number;
  /** Epoch milliseconds at its beginning. */
  readonly epochMs: number;
  /** Who listens in on the connections of a party. */
  readonly tapOf?: (client: Party) => Tap | undefined;
  readonly onTrace?: ((line: string) => void) | undefined;
}

/** Enters a world made from a seed, plays in it and leaves it, whatever comes of it. */
export async function inWorld<T>(options: WorldOptions, play: (stage: Stage) => Promise<T>): Promise<T> {
  const { seed, epochMs, tapOf = () => undefined, onTrace } = options;
  const root = seeded(seed);
  const scheduler = new Scheduler(root.fork());
  const network = new Network(scheduler, root.fork(), tapOf);
  const chance = root.fork();
  scheduler.onTrace = onTrace;
  enter({
    elapsed: () => scheduler.now,
    now: () => epochMs + scheduler.now,
    random: chance.next,
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => chance.between(0, 255))),
    timer: (run, ms, repeats) => scheduler.timer(run, ms, repeats),
    immediate: (run) => scheduler.immediate(run),
    createServer: () => network.createServer() as never,
    createConnection: (port) => network.createConnection(port) as never,
  });
  const failed = (error: unknown): void => {
    scheduler.failure ??= error instanceof Error ? error : new Error(String(error));
  };
  process.on('uncaughtException', failed);
  process.on('unhandledRejection', failed);
  try {
    return await play({ scheduler, network, story: root.fork(), faults: root.fork() });
  } finally {
    enter(undefined);
    process.off('uncaughtException', failed);
    process.off('unhandledRejection', failed);
  }
}
