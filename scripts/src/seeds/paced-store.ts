import type { Store } from '@yaguts/api';
import type { Random } from '../proof/random.ts';
import type { Lane, Party, Scheduler } from './scheduler.ts';

/** Longest way of a call to the database, or of its answer back, ms; now and then a sync is slow. */
const usualMs = 2;
const slowMs = 40;
const slowShare = 0.02;

/** One direction between a platform and its database: in order, each a step of its own. */
class Way implements Lane {
  readonly name: string;
  readonly party: Party;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #queue: { at: number; what: string; go: () => void }[] = [];

  constructor(name: string, scheduler: Scheduler, random: Random) {
    this.name = name;
    this.party = scheduler.current;
    this.#scheduler = scheduler;
    this.#random = random;
    scheduler.add(this);
  }

  pass(what: string): Promise<void> {
    const ms = this.#random.between(0, this.#random.chance(slowShare) ? slowMs : usualMs);
    const at = Math.max(this.#queue.at(-1)?.at ?? 0, this.#scheduler.now + ms);
    return new Promise((go) => void this.#queue.push({ at, what, go }));
  }

  dueAt(): number | undefined {
    return this.#queue[0]?.at;
  }

  step(): string {
    const next = this.#queue.shift();
    next?.go();
    return next?.what ?? '';
  }
}

type Call = (...args: unknown[]) => Promise<unknown>;
/** Not calls to the database. */
const near: ReadonlySet<string> = new Set(['commitCounters', 'watch', 'close', 'freeBytes', 'storage']);

/**
 * A store whose every call takes a while to reach the database and to come back, as one on a thread of its own
 * does: before its commit, and between the commit and the answer, others may run and the process may be killed.
 * The disk's own sizes and its backups are not part of a story.
 */
export function paceStore(store: Store, scheduler: Scheduler, random: Random): Store {
  const there = new Way('platform.store', scheduler, random);
  const back = new Way('platform.stored', scheduler, random);
  const paced: Record<string, unknown> = { ...store };
  for (const [name, value] of Object.entries(store)) {
    if (typeof value !== 'function' || near.has(name)) continue;
    const call = value as Call;
    paced[name] = async (...args: unknown[]) => {
      await there.pass(name);
      try {
        return await call(...args);
      } finally {
        await back.pass(name);
      }
    };
  }
  return {
    ...(paced as unknown as Store),
    freeBytes: async () => 2 ** 40,
    storage: async () => ({ freeBytes: 2 ** 40, databaseBytes: 0, walBytes: 0 }),
    lastBackup: async () => undefined,
  };
}
