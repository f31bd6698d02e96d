import type { AuditWriter } from './audit.ts';
import type { JobRows } from './job-rows.ts';
import type { Ledger } from './ledger.ts';
import type { Database } from './open.ts';

/** What every noun's file is given: the database and the pieces of transaction code that they share. */
export interface StoreParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly rows: JobRows;
  readonly audit: AuditWriter;
}
