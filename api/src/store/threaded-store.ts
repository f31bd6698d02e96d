import { databaseFile } from './backups.ts';
import type { Engine } from './engine.ts';
import { createGroupCommit, isPassingFault } from './group-commit.ts';
import { lockFolder } from './open.ts';
import { reads } from './reads.ts';
import { createNews, joinStore, type Store, type StoreOptions } from './store.ts';
import { type SpawnThread, startThread, type Thread, ThreadEnded } from './thread.ts';

/**
 * Opens the store of a data folder with its connections on threads of their own: one that writes, in order, and
 * one that reads. No sync and no long question holds up the event loop. A thread that ends is started again;
 * meanwhile calls fail as "unavailable".
 *
 *   this thread     queue of reports, bounded ──one batch at a time──▶ writer: BEGIN IMMEDIATE … COMMIT, fsync
 *                   every other call          ───────────────────────▶ writer, or reader when it only reads
 *
 * @throws what {@link openStore} throws
 */
export async function openThreadedStore(
  options: StoreOptions & { readonly spawn?: SpawnThread },
): Promise<Store> {
  const { dir, now = Date.now, migrations, spawn } = options;
  // Held here: it must outlive a writer that ends.
  const unlock = lockFolder(dir);
  const news = createNews();
  const opened: Thread[] = [];
  const close = async (): Promise<void> => {
    // All of them first: one that is away must not come back while another one closes.
    for (const thread of opened) thread.retire();
    for (const thread of opened.splice(0).reverse()) await thread.close();
    unlock();
  };
  try {
    const common = { tell: news.tell, ...(spawn && { spawn }) };
    const work = { dir, migrations, now: now() };
    const writing = await startThread({ ...common, name: 'writer', work });
    opened.push(writing);
    const { installation } = writing;
    const reading = await startThread({ ...common, name: 'reader', work: { ...work, reader: installation } });
    opened.push(reading);
    return joinStore({
      calls: callsOf(writing, reading),
      installation,
      path: databaseFile(dir),
      writer: createGroupCommit(writing.commit, {
        depth: 2,
        // Whether it was committed or not: what is sent again finds its own row.
        isPassing: (error) => isPassingFault(error) || error instanceof ThreadEnded,
        onUnheard: () => news.tell({ event: 'late' }),
      }),
      news,
      close,
    });
  } catch (error) {
    await close();
    throw error;
  }
}

function callsOf(writing: Thread, reading: Thread): Engine['calls'] {
  const isRead = new Set<string>(reads);
  const calls = Object.fromEntries(
    writing.names.map((name) => {
      const thread = isRead.has(name) ? reading : writing;
      return [name, (...args: readonly unknown[]) => thread.call(name, args)];
    }),
  ) as unknown as Engine['calls'];
  return {
    ...calls,
    // Either may have met it.
    async damage() {
      const met = await Promise.all([writing, reading].map((thread) => thread.call('damage', [])));
      return met.find((damage) => damage !== undefined) as string | undefined;
    },
    // Bytes come over as a plain array.
    rejectedMessages: async (org, limit) =>
      (await calls.rejectedMessages(org, limit)).map((row) => ({ ...row, inicio: Buffer.from(row.inicio) })),
  };
}
