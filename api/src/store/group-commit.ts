import { AppError, limits } from '@yaguts/shared';
import type { CommitGroup } from './grouped.ts';

/** Many small writes of many devices, committed together: one fsync serves a batch. */
export interface GroupCommit {
  /**
   * Runs a grouped transaction in the next batch; resolves after its commit. `key` (a device) shares one bounded
   * queue.
   *
   * @throws AppError "rate_limited" at once, when the queue is full
   * @throws AppError "unavailable" when nothing was committed for {@link GroupCommitLimits.waitMs}
   */
  submit(key: string, name: string, args: readonly unknown[]): Promise<unknown>;
  counters(): Readonly<GroupCounters>;
  /** Resolves when nothing waits any more, or nothing more can be done. */
  idle(): Promise<void>;
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

export interface GroupCommitOptions extends Partial<GroupCommitLimits> {
  readonly now?: () => number;
  /** Whether the same commit may go well in a moment. */
  readonly isPassing?: (error: unknown) => boolean;
  /** A batch was committed, of which somebody was told that it could not be. */
  readonly onUnheard?: () => void;
}

interface Waiting {
  readonly key: string;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly since: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  isOver: boolean;
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
 * A batch is what has arrived while the one before it was committed (at most 64): an idle writer commits what
 * one turn of the event loop has brought, a busy one gathers while it syncs. Waiting a fixed 5 ms instead would
 * hold a device with one entry in flight to 185 a second.
 */
export function createGroupCommit(commit: CommitGroup, options: GroupCommitOptions = {}): GroupCommit {
  const bounds = { ...standard, ...options };
  const { now = Date.now, isPassing = isPassingFault, onUnheard = () => {} } = options;
  /** What waits, by key; the keys in the order in which their turn comes. */
  const queues = new Map<string, Waiting[]>();
  const perKey = new Map<string, number>();
  const counters: GroupCounters = { batches: 0, bodies: 0, largest: 0, refused: 0, retries: 0, waiting: 0 };
  let draining: Promise<void> | undefined;
  /** What is being committed, or is to be tried again. */
  let inFlight: readonly Waiting[] = [];
  let lastCommit = Number.NEGATIVE_INFINITY;

  function submit(key: string, name: string, args: readonly unknown[]): Promise<unknown> {
    const held = perKey.get(key) ?? 0;
    if (held >= bounds.perKey || counters.waiting >= bounds.total) {
      counters.refused++;
      return Promise.reject(
        new AppError('rate_limited', 'Too many reports wait to be stored; send again later'),
      );
    }
    perKey.set(key, held + 1);
    counters.waiting++;
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { key, name, args, since: now(), resolve, reject, isOver: false };
      const queue = queues.get(key);
      if (queue) queue.push(waiting);
      else queues.set(key, [waiting]);
      draining ??= drain();
    });
  }

  async function drain(): Promise<void> {
    // A database that answers nothing at all fails no commit: the clock says when it is over.
    const watch = setInterval(giveUpOld, bounds.waitMs / 20);
    watch.unref();
    while (inFlight.length > 0 || queues.size > 0) {
      if (inFlight.length === 0) {
        // What this turn brings goes together; and between two batches answers go out and new reports come in.
        await new Promise((resolve) => setImmediate(resolve));
        inFlight = takeBatch();
        continue;
      }
      inFlight = await commitOrSplit(inFlight);
      if (inFlight.length === 0) continue;
      counters.retries++;
      await new Promise((resolve) => setTimeout(resolve, bounds.retryMs));
    }
    clearInterval(watch);
    // Here and not in a `finally` of its promise: what is submitted in between would wait for nobody.
    draining = undefined;
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
  async function commitOrSplit(batch: readonly Waiting[]): Promise<Waiting[]> {
    try {
      const answers = await commit(batch);
      lastCommit = now();
      counters.batches++;
      counters.bodies += batch.length;
      counters.largest = Math.max(counters.largest, batch.length);
      if (batch.some(({ isOver }) => isOver)) onUnheard();
      for (const [i, waiting] of batch.entries()) leave(waiting, () => waiting.resolve(answers[i]));
      return [];
    } catch (error) {
      if (isPassing(error)) return batch.filter((waiting) => !waiting.isOver && !expired(waiting, error));
      const [only] = batch;
      if (batch.length === 1 && only) {
        leave(only, () => only.reject(error));
        return [];
      }
      // One body that throws must not take the others with it: each alone.
      const again: Waiting[] = [];
      for (const waiting of batch) again.push(...(await commitOrSplit([waiting])));
      return again;
    }
  }

  function giveUpOld(): void {
    for (const waiting of inFlight) expired(waiting);
    for (const [key, queue] of queues) {
      const left = queue.filter((waiting) => !expired(waiting));
      if (left.length === 0) queues.delete(key);
      else queues.set(key, left);
    }
  }

  function expired(waiting: Waiting, cause?: unknown): boolean {
    // A long queue that moves is no reason to let anybody down.
    if (now() - Math.max(waiting.since, lastCommit) < bounds.waitMs) return false;
    leave(waiting, () =>
      waiting.reject(new AppError('unavailable', 'The database cannot be written', { cause })),
    );
    return true;
  }

  function leave(waiting: Waiting, settle: () => void): void {
    if (waiting.isOver) return;
    waiting.isOver = true;
    const held = (perKey.get(waiting.key) ?? 1) - 1;
    if (held === 0) perKey.delete(waiting.key);
    else perKey.set(waiting.key, held);
    counters.waiting--;
    settle();
  }

  return { submit, counters: () => counters, idle: async () => draining };
}

/** Faults of the disk or of a lock: the same commit may go well in a moment. */
export function isPassingFault(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN)/.test(code);
}
