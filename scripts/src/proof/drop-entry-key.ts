import { Sqlite } from '@yaguts/api';

/**
 * Builds `execution_logs` of a copied database anew without its primary key; the platform must not run.
 *
 * @throws Error when the table has no such key: the control would prove nothing
 */
export function dropEntryKey(database: string): void {
  const file = new Sqlite(database);
  try {
    const made = file
      .prepare("select sql from sqlite_master where type = 'table' and name = 'execution_logs'")
      .pluck()
      .get() as string;
    const without = made.replace(/PRIMARY KEY\s*\([^)]*\)\s*,/i, '');
    if (without === made) throw new Error('execution_logs has no primary key to drop');
    file.pragma('foreign_keys = OFF');
    file.exec(`drop table execution_logs; ${without}`);
  } finally {
    file.close();
  }
}
