import { limits } from '@yaguts/shared';
import { eq } from 'drizzle-orm';
import { sqliteTable } from 'drizzle-orm/sqlite-core';
import { int, text } from './columns.ts';
import type { Orm } from './open.ts';
import { columns, get, run, type Tx, wholeRow } from './transaction.ts';

/** SQLite's own table of AUTOINCREMENT counters; another database has a sequence instead. */
const sequence = sqliteTable('sqlite_sequence', { name: text('name').notNull(), seq: int('seq').notNull() });

export interface Counter {
  /**
   * Jumps above a job_id that a device has reported, so that the number is not given again after a restore.
   * A number more than a million ahead is not followed: one device could burn them all.
   */
  follow(job_id: number): Tx<boolean>;
}

/** The counter of job_ids. */
export function createCounter(orm: Orm): Counter {
  const jobs = eq(sequence.name, 'jobs');
  const q = {
    read: orm.select().from(sequence).where(jobs).prepare(),
    make: orm.insert(sequence).values(wholeRow(sequence)).prepare(),
    write: orm.update(sequence).set(columns(sequence, 'seq')).where(jobs).prepare(),
  };
  return {
    *follow(job_id) {
      const now = yield* get(q.read);
      const last = now?.seq ?? 0;
      if (job_id <= last) return true;
      if (job_id > last + limits.jobIdJump) return false;
      yield* run(now ? q.write : q.make, { name: 'jobs', seq: job_id });
      return true;
    },
  };
}
