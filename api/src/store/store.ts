import { type BackupStore, backupStore } from './backups.ts';
import { createDisk, type DiskStore } from './disk.ts';
import { createEngine, type Engine } from './engine.ts';
import { createGroupCommit, type GroupCommit, type GroupCounters } from './group-commit.ts';
import { type GroupedCalls, runGroup } from './grouped.ts';
import { type Installation, readInstallation } from './meta.ts';
import { openDatabase } from './open.ts';
import { exportStore } from './org-export.ts';
import type { StoreParts } from './parts.ts';
import type { ThreadNews } from './thread.ts';

/** What happens in the store that nobody has asked for; after `back` and `late` nobody knows what was told. */
export type StoreNews =
  | ThreadNews
  /** Something was committed after those who waited for it were told that it could not be. */
  | { readonly event: 'late' };

/**
 * The named transactions and queries of every noun; all are asynchronous and take the org first, so that nothing
 * outside knows which database answers, nor on which thread.
 */
export type Store = Omit<Engine['calls'], 'suspect'> &
  GroupedCalls<Engine['grouped']> &
  DiskStore &
  BackupStore &
  ReturnType<typeof exportStore> & {
    readonly installation: Installation;
    commitCounters(): Readonly<GroupCounters>;
    /** Calls the listener from now on with what happens. */
    watch(listener: (news: StoreNews) => void): void;
    /** Commits what waits and closes the files. */
    close(): Promise<void>;
  };

/** A store on the thread of whoever opened it, with its database within reach. */
export type InlineStore = Store & { readonly parts: StoreParts };

export interface StoreOptions {
  readonly dir: string;
  readonly now?: () => number;
  readonly migrations?: string;
}

/**
 * Opens the store of a data folder on this thread: each commit holds it up for a sync. For tests, tools and
 * simulations, where one thing after the other is an advantage; a platform calls {@link openThreadedStore}.
 *
 * @throws what {@link openDatabase} throws
 */
export async function openStore(options: StoreOptions): Promise<InlineStore> {
  const db = await openDatabase(options);
  try {
    const installation = await readInstallation(db, (options.now ?? Date.now)());
    const { parts, calls, grouped } = createEngine(db, installation);
    const news = createNews();
    const writer = createGroupCommit((group) => db.write(() => runGroup(grouped, group)), {
      onUnheard: () => news.tell({ event: 'late' }),
    });
    const store = joinStore({ calls, installation, path: db.path, writer, news, close: () => db.close() });
    return { ...store, parts };
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** Who hears of {@link StoreNews}. */
export interface News {
  tell(news: StoreNews): void;
  watch(listener: (news: StoreNews) => void): void;
}

export function createNews(): News {
  const listeners: ((news: StoreNews) => void)[] = [];
  return {
    tell: (news) => {
      for (const listener of listeners) listener(news);
    },
    watch: (listener) => void listeners.push(listener),
  };
}

/** Makes a store of what answers calls and what commits groups, wherever they run. */
export function joinStore({ calls, installation, path, writer, news, close }: Joined): Store {
  return {
    ...calls,
    ...groupedCalls(writer),
    ...exportStore(path),
    ...createDisk(path),
    ...backupStore({ path, suspect: (damage) => void calls.suspect(damage).catch(() => {}) }),
    installation,
    commitCounters: writer.counters,
    watch: news.watch,
    async close() {
      await Promise.race([writer.idle(), new Promise((resolve) => setTimeout(resolve, closingMs).unref())]);
      await close();
    },
  };
}

interface Joined {
  readonly calls: Engine['calls'];
  readonly installation: Installation;
  /** The database's file. */
  readonly path: string;
  readonly writer: GroupCommit;
  readonly news: News;
  close(): Promise<void>;
}

/** A stop waits so long for reports that cannot be committed; their devices send them again. */
const closingMs = 500;

type QueueOf = (origin: { readonly org: string; readonly device: string }) => string;
const ofDevice: QueueOf = ({ org, device }) => `${org}.${device}`;

/** Whose queue a grouped call waits in. */
const queues: { readonly [K in keyof Engine['grouped']]: QueueOf } = {
  settleEntry: ofDevice,
  completeJob: ofDevice,
  fileUnreadable: ofDevice,
  fileMessage: ofDevice,
  takePresence: ofDevice,
  takeBirth: ofDevice,
  takeConfigReported: ofDevice,
  takeWord: ofDevice,
  startJob: ofDevice,
  refuseOffer: ofDevice,
  takeCancelAnswer: ofDevice,
  keepEvents: () => 'events',
};

function groupedCalls(writer: GroupCommit): GroupedCalls<Engine['grouped']> {
  const entries = Object.entries(queues).map(([name, queueOf]) => [
    name,
    (...args: [never, ...unknown[]]) => writer.submit(queueOf(args[0]), name, args),
  ]);
  return Object.fromEntries(entries) as GroupedCalls<Engine['grouped']>;
}
