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
  /**
   * Batches under way at once (1). With 2, whoever commits finds the next full batch waiting when one is done. It
   * must then refuse what was sent behind a batch that fails, or a device's words would change places.
   */
  readonly depth?: number;
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
  const { depth = 1, now = Date.now, isPassing = isPassingFault, onUnheard = () => {} } = options;
  /** What waits, by key; the keys in the order in which their turn comes. */
  const queues = new Map<string, Waiting[]>();
  const perKey = new Map<string, number>();
  const counters: GroupCounters = { batches: 0, bodies: 0, largest: 0, refused: 0, retries: 0, waiting: 0 };
  /** Every batch whose end is not known yet. */
  const taken = new Set<readonly Waiting[]>();
  /** Batches that failed, in the order in which they were sent. */
  let failed: { readonly batch: readonly Waiting[]; readonly error: unknown }[] = [];
  /** Commits that have not answered. */
  let flying = 0;
  let queued = 0;
  let isScheduled = false;
  let isRetrying = false;
  let watch: NodeJS.Timeout | undefined;
  const whenIdle: (() => void)[] = [];
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
    queued++;
    // A database that answers nothing at all fails no commit: the clock says when it is over.
    watch ??= setInterval(giveUpOld, bounds.waitMs / 20).unref();
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { key, name, args, since: now(), resolve, reject, isOver: false };
      const queue = queues.get(key);
      if (queue) queue.push(waiting);
      else queues.set(key, [waiting]);
      schedule();
    });
  }

  /** What this turn brings goes together; and between two batches answers go out and new reports come in. */
  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      while (maySend()) void send(takeBatch());
      if (counters.waiting === 0 && taken.size === 0) rest();
    });
  }

  function maySend(): boolean {
    if (queued === 0 || failed.length > 0 || isRetrying) return false;
    // A second batch goes only when it is full: a small one would cost a sync of its own.
    return flying === 0 || (flying < depth && queued >= bounds.batch);
  }

  function rest(): void {
    clearInterval(watch);
    watch = undefined;
    for (const resolve of whenIdle.splice(0)) resolve();
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
    queued -= batch.length;
    return batch;
  }

  async function send(batch: readonly Waiting[]): Promise<void> {
    taken.add(batch);
    flying++;
    try {
      committed(batch, await commit(batch));
      taken.delete(batch);
    } catch (error) {
      failed.push({ batch, error });
    }
    flying--;
    if (failed.length > 0 && flying === 0) await retry();
    schedule();
  }

  /** What failed goes again in its order, before anything else, until it is committed or given up. */
  async function retry(): Promise<void> {
    isRetrying = true;
    for (const { batch, error } of failed) {
      let left = await afterFault(batch, error);
      while (left.length > 0) {
        counters.retries++;
        await new Promise((resolve) => setTimeout(resolve, bounds.retryMs));
        left = await commitOrSplit(left.filter(({ isOver }) => !isOver));
      }
      taken.delete(batch);
    }
    failed = [];
    isRetrying = false;
  }

  function committed(batch: readonly Waiting[], answers: readonly unknown[]): void {
    lastCommit = now();
    counters.batches++;
    counters.bodies += batch.length;
    counters.largest = Math.max(counters.largest, batch.length);
    if (batch.some(({ isOver }) => isOver)) onUnheard();
    for (const [i, waiting] of batch.entries()) leave(waiting, () => waiting.resolve(answers[i]));
  }

  /** Commits a batch; answers what is to be tried again. */
  async function commitOrSplit(batch: readonly Waiting[]): Promise<readonly Waiting[]> {
    if (batch.length === 0) return [];
    try {
      committed(batch, await commit(batch));
      return [];
    } catch (error) {
      return afterFault(batch, error);
    }
  }

  async function afterFault(batch: readonly Waiting[], error: unknown): Promise<readonly Waiting[]> {
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

  function giveUpOld(): void {
    for (const batch of taken) for (const waiting of batch) expired(waiting);
    for (const [key, queue] of queues) {
      const left = queue.filter((waiting) => !expired(waiting));
      queued -= queue.length - left.length;
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

  return {
    submit,
    counters: () => counters,
    idle: () =>
      new Promise((resolve) => {
        whenIdle.push(resolve);
        schedule();
      }),
  };
}

/** Faults of the disk or of a lock: the same commit may go well in a moment. */
export function isPassingFault(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN)/.test(code);
}
