import { createHash } from 'node:crypto';
import type { Column } from 'drizzle-orm';
import { type ArchiveTable, archiveTables } from './archive-tables.ts';
import { Sqlite } from './driver.ts';

/** Rows read between two looks at the event loop. */
const batchRows = 200;

/**
 * Writes everything of one org as lines of text.
 *
 * @param path the database's file
 */
export function exportStore(path: string) {
  return {
    /**
     * Every row of an org, as it is at one moment, while others go on writing: a second connection reads a
     * snapshot of its own. Passwords, tokens, sessions and credentials are not among them.
     *
     * @returns pieces of newline-delimited JSON, in the format of the README
     */
    async *exportOrg(org: string, head: { plataforma: string; now: number }): AsyncGenerator<string> {
      const reader = new Sqlite(path, { readonly: true });
      try {
        reader.exec('BEGIN');
        const digest = createHash('sha256');
        let linhas = 0;
        const lines = function* (): Generator<string> {
          const { plataforma, now } = head;
          yield line({ formato: 'yaguts-org', versao: 1, org, plataforma, exportado_em: now });
          for (const table of archiveTables) {
            const rows = reader.prepare(`select * from "${table.name}" where org_id = ? order by rowid`);
            for (const row of rows.iterate(org)) {
              linhas++;
              yield line({ tabela: table.name, linha: rowOf(table, row as Record<string, unknown>) });
            }
          }
        };
        let batch: string[] = [];
        for (const text of lines()) {
          digest.update(text);
          batch.push(text);
          if (batch.length < batchRows) continue;
          yield batch.join('');
          batch = [];
        }
        yield batch.join('') + line({ fim: true, linhas, sha256: digest.digest('hex') });
      } finally {
        reader.close();
      }
    },
  };
}

const line = (value: object): string => `${JSON.stringify(value)}\n`;

function rowOf({ name, columns }: ArchiveTable, stored: Record<string, unknown>): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [key, column] of Object.entries(columns)) row[key] = jsonOf(column, stored[column.name]);
  // A hash could be tried at leisure by whoever finds the file.
  if (name === 'users') row.senha = null;
  return row;
}

function jsonOf(column: Column, stored: unknown): unknown {
  if (stored === null || stored === undefined) return null;
  const value = column.mapFromDriverValue(stored);
  return Buffer.isBuffer(value) ? value.toString('base64') : value;
}
