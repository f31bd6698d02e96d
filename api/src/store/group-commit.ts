import { AppError, limits } from '@yaguts/shared';
import type { Database } from './open.ts';
import type { Tx } from './transaction.ts';

/** Many small writes of many devices, committed together: one fsync serves a batch. */
export interface GroupCommit {
  /**
   * Runs a body in the next batch; resolves after its commit. `key` (a device) shares one bounded queue.
   *
   * @throws AppError "rate_limited" at once, when the queue is full
   * @throws AppError "unavailable" when nothing could be committed for {@link GroupCommitLimits.waitMs}
   */
  submit<T>(key: string, body: () => Tx<T>): Promise<T>;
  /**
   * {@link submit} for what costs less together: inputs that stand side by side in a batch are given to the body
   * at once. It answers one value per input, in their order.
   */
  gather<I, T>(body: (inputs: readonly I[]) => Tx<T[]>): (key: string, input: I) => Promise<T>;
  counters(): Readonly<GroupCounters>;
}

export interface GroupCommitLimits {
  readonly batch: number;
  readonly perKey: number;
  readonly total: number;
  readonly waitMs: number;
  readonly retryMs: number;
}

export interface GroupCounters {
  batches: number;
  bodies: number;
  largest: number;
  refused: number;
  retries: number;
  waiting: number;
}

type Body = (inputs: readonly unknown[]) => Tx<unknown[]>;
interface Waiting {
  readonly key: string;
  readonly since: number;
  readonly body: Body;
  readonly input: unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** 128 of one device and 4,096 in all: aedes goes on reading while its hooks wait, so the queue is what bounds memory. */
const standard: GroupCommitLimits = {
  batch: limits.batchEntries,
  perKey: 128,
  total: 4_096,
  waitMs: 5_000,
  retryMs: 100,
};

/**
 * A batch is what arrived in one turn of the event loop (at most 64): the first body schedules the commit for
 * the end of the turn, so that an idle writer commits at once and a busy one gathers while it syncs. Waiting a
 * fixed 5 ms instead would hold a device with one entry in flight to 185 a second.
 */
export function createGroupCommit(
  db: Pick<Database, 'write'>,
  options: Partial<GroupCommitLimits> & { now?: () => number } = {},
): GroupCommit {
  const bounds = { ...standard, ...options };
  const now = options.now ?? Date.now;
  /** What waits, by key; the keys in the order in which their turn comes. */
  const queues = new Map<string, Waiting[]>();
  const perKey = new Map<string, number>();
  const counters: GroupCounters = { batches: 0, bodies: 0, largest: 0, refused: 0, retries: 0, waiting: 0 };
  let isBusy = false;

  function enqueue<T>(key: string, body: Body, input?: unknown): Promise<T> {
    const held = perKey.get(key) ?? 0;
    if (held >= bounds.perKey || counters.waiting >= bounds.total) {
      counters.refused++;
      return Promise.reject(
        new AppError('rate_limited', 'Too many reports wait to be stored; send again later'),
      );
    }
    perKey.set(key, held + 1);
    counters.waiting++;
    return new Promise<T>((resolve, reject) => {
      const waiting = { key, since: now(), body, input, resolve, reject };
      const queue = queues.get(key);
      if (queue) queue.push(waiting);
      else queues.set(key, [waiting]);
      if (isBusy) return;
      isBusy = true;
      setImmediate(() => void drain());
    });
  }

  async function drain(): Promise<void> {
    let again: Waiting[] = [];
    while (again.length > 0 || queues.size > 0) {
      again = await commit(again.length > 0 ? again : takeBatch());
      if (again.length > 0) {
        counters.retries++;
        await new Promise((resolve) => setTimeout(resolve, bounds.retryMs));
      } else if (queues.size > 0) {
        // Answers go out and new reports come in between two batches.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    isBusy = false;
  }

  /**
   * One key after the other, each with all that it has: what a device has sent is mostly of one job and a few
   * frascos, which then change once and not in every batch. A key that has had its turn queues up again.
   */
  function takeBatch(): Waiting[] {
    const batch: Waiting[] = [];
    for (const [key, queue] of queues) {
      batch.push(...queue.splice(0, bounds.batch - batch.length));
      if (queue.length > 0) break;
      queues.delete(key);
      if (batch.length === bounds.batch) break;
    }
    return batch;
  }

  /** Commits a batch; answers what is to be tried again. */
  async function commit(batch: readonly Waiting[]): Promise<Waiting[]> {
    try {
      const answers = await db.write(() => runAll(batch));
      counters.batches++;
      counters.bodies += batch.length;
      counters.largest = Math.max(counters.largest, batch.length);
      for (const [i, waiting] of batch.entries()) leave(waiting, () => waiting.resolve(answers[i] as never));
      return [];
    } catch (error) {
      if (isPassing(error)) return batch.filter((waiting) => !expired(waiting, error));
      const [only] = batch;
      if (batch.length === 1 && only) {
        leave(only, () => only.reject(error));
        return [];
      }
      // One body that throws must not take the others with it: each alone.
      const again: Waiting[] = [];
      for (const waiting of batch) again.push(...(await commit([waiting])));
      return again;
    }
  }

  function expired(waiting: Waiting, cause: unknown): boolean {
    if (now() - waiting.since < bounds.waitMs) return false;
    leave(waiting, () =>
      waiting.reject(new AppError('unavailable', 'The database cannot be written', { cause })),
    );
    return true;
  }

  function leave(waiting: Waiting, settle: () => void): void {
    const held = (perKey.get(waiting.key) ?? 1) - 1;
    if (held === 0) perKey.delete(waiting.key);
    else perKey.set(waiting.key, held);
    counters.waiting--;
    settle();
  }

  return {
    submit: (key, body) =>
      enqueue(key, function* () {
        return [yield* body()];
      }),
    gather: (body) => (key, input) => enqueue(key, body as Body, input),
    counters: () => counters,
  };
}

/** Neighbours of one body run as one. */
function* runAll(batch: readonly Waiting[]): Tx<unknown[]> {
  const answers: unknown[] = [];
  for (let start = 0, end = 0; start < batch.length; start = end) {
    const { body } = batch[start] as Waiting;
    while (batch[end]?.body === body) end++;
    answers.push(...(yield* body(batch.slice(start, end).map(({ input }) => input))));
  }
  return answers;
}

/** Faults of the disk or of a lock: the same commit may go well in a moment. */
function isPassing(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN)/.test(code);
}
