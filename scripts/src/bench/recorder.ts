import { Sqlite } from '@yaguts/api';

/** One statement as it was run. */
export interface Recorded {
  readonly sql: string;
  readonly mode: 'run' | 'get' | 'all';
  /** Rows as arrays, which is how Drizzle asks for them. */
  readonly raw: boolean;
  readonly params: readonly unknown[];
}

type Statement = Record<'run' | 'get' | 'all', (...params: unknown[]) => unknown> & {
  raw(on?: boolean): Statement;
};

/**
 * Notes every statement that this process runs on SQLite from here on, grouped by write transaction. Install it
 * before the database is opened: statements are caught when they are prepared.
 *
 * @returns the committed transactions so far, each a list of statements without BEGIN and COMMIT
 */
export function recordTransactions(): () => Recorded[][] {
  const committed: Recorded[][] = [];
  let open: Recorded[] | undefined;
  const prototype = Sqlite.prototype as unknown as { prepare(sql: string): Statement };
  const prepare = prototype.prepare;

  prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql);
    let isRaw = false;
    const raw = statement.raw?.bind(statement);
    if (raw) {
      statement.raw = (on = true) => {
        isRaw = on;
        raw(on);
        return statement;
      };
    }
    for (const mode of ['run', 'get', 'all'] as const) {
      const call = statement[mode].bind(statement);
      statement[mode] = (...params) => {
        const result = call(...params);
        if (sql === 'BEGIN IMMEDIATE') open = [];
        else if (sql === 'COMMIT' && open) committed.push(open);
        else open?.push({ sql, mode, raw: isRaw, params });
        if (sql === 'COMMIT' || sql === 'ROLLBACK') open = undefined;
        return result;
      };
    }
    return statement;
  };
  return () => committed;
}
