import type { Writable } from 'node:stream';
import type { Retained } from './retained-store.ts';

/** A replay of retained messages goes on when fewer bytes than this wait for the subscriber. */
const replayBytes = 64 * 1_024;

interface Queue {
  count: number;
  /** Settles when the last replay that was asked for has ended. */
  last: Promise<void>;
}

/**
 * Replays of retained messages: for each connection one at a time, as fast as the connection takes it. What is
 * retained is looked up when its turn comes: whoever asks a thousand times without reading would otherwise
 * have a thousand lists of 100,000 messages kept.
 */
export class Replays {
  readonly #queues = new WeakMap<Writable, Queue>();

  /** Replays of this connection that have not ended. */
  countTo(connection: Writable): number {
    return this.#queues.get(connection)?.count ?? 0;
  }

  /** @param find what is retained now; called once, or never when the connection ends before its turn */
  to(connection: Writable, find: () => readonly Retained[]): AsyncGenerator<Retained> {
    let queue = this.#queues.get(connection);
    if (!queue) this.#queues.set(connection, (queue = { count: 0, last: Promise.resolve() }));
    const before = queue.last;
    let ended = (): void => {};
    queue.last = new Promise((resolve) => (ended = resolve));
    queue.count++;
    return inTurn(connection, find, queue, before, ended);
  }
}

const nothing = Buffer.alloc(0);

async function* inTurn(
  connection: Writable,
  find: () => readonly Retained[],
  queue: Queue,
  before: Promise<void>,
  ended: () => void,
): AsyncGenerator<Retained> {
  try {
    await before;
    if (connection.destroyed) return;
    for (const packet of find()) {
      if (connection.writableLength > replayBytes) {
        // The callback of an empty write comes after everything before it has left, or the stream has ended.
        await new Promise<void>((resolve) => connection.write(nothing, () => resolve()));
      }
      if (connection.destroyed) return;
      yield packet;
    }
  } finally {
    queue.count--;
    ended();
  }
}
