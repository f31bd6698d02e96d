import { rmSync } from 'node:fs';
import { Sqlite } from '@yaguts/api';

/** Messages on disk before they are acknowledged. */
export interface CommitFirst {
  /** Resolves once the message is committed. */
  keep(topic: string, payload: Uint8Array): Promise<void>;
  /** Messages kept, one per topic. */
  count(): number;
  close(): void;
}

interface Waiting {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * The least a broker could do that never acknowledges what is not on disk: one row per topic, one commit with
 * FULL for all that one turn of the event loop has brought.
 */
export function openCommitFirst(path: string): CommitFirst {
  const file = new Sqlite(path);
  file.pragma('journal_mode = WAL');
  file.pragma('synchronous = FULL');
  file.exec('create table messages (topic text primary key, payload blob not null) without rowid');
  const put = file.prepare('insert or replace into messages values (?, ?)');
  const commit = file.transaction((batch: readonly Waiting[]) => {
    for (const { topic, payload } of batch) put.run(topic, payload);
  });
  let waiting: Waiting[] = [];

  function flush(): void {
    const batch = waiting;
    waiting = [];
    try {
      commit.immediate(batch);
      for (const { done } of batch) done();
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
  }

  return {
    keep: (topic, payload) =>
      new Promise((done, failed) => {
        if (waiting.push({ topic, payload, done, failed }) === 1) setImmediate(flush);
      }),
    count: () => Number(file.prepare('select count(*) from messages').pluck().get()),
    close() {
      file.close();
      for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    },
  };
}
