import { type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import { orgs } from './schema/index.ts';

/**
 * That a row belongs to an org and not to an archive that is still being written: for questions over every org.
 *
 * @param org the column that names its org
 */
export const isWhole = (org: SQLiteColumn): SQL =>
  sql`${org} not in (select ${orgs.org_id} from ${orgs} where ${orgs.importando_desde} is not null)`;
