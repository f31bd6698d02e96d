import { channelsOf } from '@yaguts/shared';
import type { EventToKeep, KeptEvent } from '../store/notices.ts';
import type { FlowDeps, Log } from './deps.ts';

/** Events told within this long are stored by one commit; a crash loses no more than what it holds. */
const gatherMs = 50;
/** Rows of one org at most: a device that comes and goes all day must not fill the disk. */
const keptRows = 20_000;

export interface EventKeeper {
  /** Takes an event that was just told; it is stored within {@link gatherMs}. */
  keep(event: EventToKeep): void;
  /** Resolves when everything taken so far is stored. */
  flush(): Promise<void>;
}

/**
 * Keeps the events that are told, so that a person who was away sees them. Stored apart from the transactions
 * that raise them: an event is news of a change, never the change itself.
 *
 * @param stored called after a commit with what it has stored
 */
export function createEventKeeper(
  deps: { readonly store: Pick<FlowDeps['store'], 'keepEvents'>; readonly log: Log },
  stored: (events: readonly EventToKeep[]) => Promise<void>,
): EventKeeper {
  let waiting: EventToKeep[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    try {
      await deps.store.keepEvents(batch);
      await stored(batch);
    } catch (error) {
      // A full disk: the news is lost to who is away, the change it told of is not.
      deps.log('events_not_kept', { count: batch.length, error });
    }
  }

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(write);
    return writing;
  };
  return {
    keep(event) {
      waiting.push(event);
      timer ??= setTimeout(() => void flush(), gatherMs).unref();
    },
    flush,
  };
}

/** Deletes the events of an org that has more than it may keep; old ones go with applyRetention. */
export const sweepEvents = (deps: Pick<FlowDeps, 'store'>): Promise<number> =>
  deps.store.sweepEvents(keptRows);

/** A page of a person's events, newest first; `central` leaves out what their preferences do. */
export async function listNotices(
  deps: Pick<FlowDeps, 'store'>,
  { org, user }: { org: string; user: string },
  page: { limit: number; before?: number; central?: boolean },
): Promise<{ events: (KeptEvent & { lido: boolean })[]; last: number | undefined }> {
  const { lidoAte, prefs } = await deps.store.findNotices(org, user);
  const { limit, before, central } = page;
  const rows = await deps.store.listEvents(org, user, { limit, ...(before !== undefined && { before }) });
  const wanted = central ? rows.filter(({ type }) => channelsOf(prefs, type).includes('central')) : rows;
  return {
    events: wanted.map((row) => ({ ...row, lido: row.n <= lidoAte })),
    // The cursor follows what was looked at, not what was left of it.
    last: rows.length === limit ? rows.at(-1)?.n : undefined,
  };
}
