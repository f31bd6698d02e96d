import type { Log } from './log.ts';
import type { Store } from './store/store.ts';

/** Makes backups when they are due, one at a time, and knows how old the last good one is. */
export interface BackupSchedule {
  /** Looks how old the last good backup is, and makes none. Never rejects. */
  look(): Promise<void>;
  /** Makes a backup when one is due; to be called every minute. Never rejects. */
  tick(): Promise<void>;
  /** Age of the last good backup, ms; undefined when there is none. */
  ageMs(): number | undefined;
  /** One line for /readyz: begins with `ok`, `off` or `none yet`, or says what is wrong. */
  line(): string;
  /** Resolves when no backup is being made. */
  idle(): Promise<void>;
  /** Gives up what is being made; resolves when nothing of it is left. */
  stop(): Promise<void>;
}

interface ScheduleDeps {
  readonly store: Pick<Store, 'backup' | 'lastBackup' | 'rotateBackups'>;
  /** Minutes between two; null for none. */
  readonly minutes: number | null;
  readonly now: () => number;
  readonly log: Log;
}

const minute = 60_000;
/** What a backup leaves free: below it no new job is taken, and a copy must not be the cause. */
const spareBytes = 200 * 1_048_576;

export function createBackupSchedule({ store, minutes, now, log }: ScheduleDeps): BackupSchedule {
  const abort = new AbortController();
  let last: number | undefined;
  let fault: string | undefined;
  let running: Promise<void> | undefined;

  async function makeWhenDue(makes: boolean): Promise<void> {
    try {
      // Looked up each time: a person may have made or taken away one from outside.
      last = await store.lastBackup();
      if (!makes || minutes === null || (last !== undefined && now() - last < minutes * minute)) return;
      const made = await store.backup({ kind: 'yaguts', now: now(), spareBytes, signal: abort.signal });
      last = made.em;
      fault = undefined;
      const removed = await store.rotateBackups();
      log('backup_made', { path: made.path, bytes: made.bytes, removed });
    } catch (error) {
      if (abort.signal.aborted) return;
      fault = error instanceof Error ? error.message : String(error);
      log.error('backup_failed', { error });
    }
  }

  const ageMs = (): number | undefined => (last === undefined ? undefined : Math.max(0, now() - last));

  return {
    look: () => makeWhenDue(false),
    tick() {
      if (abort.signal.aborted) return Promise.resolve();
      running ??= makeWhenDue(true).finally(() => {
        running = undefined;
      });
      return running;
    },
    ageMs,
    line() {
      const age = ageMs();
      const old = age === undefined ? 'none yet' : `the last good one is ${Math.floor(age / minute)} min old`;
      if (fault !== undefined) return `failed: ${fault}; ${old}`;
      if (minutes === null) return `off, ${old}`;
      if (age === undefined) return old;
      return age > 2 * minutes * minute + minute ? `overdue: ${old}` : `ok, ${old}`;
    },
    idle: async () => running,
    async stop() {
      abort.abort();
      await running;
    },
  };
}
