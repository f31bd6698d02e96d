import { getTableColumns, type Placeholder, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';

/**
 * Transactions written once. A body is a generator that yields prepared queries and receives their results;
 * whoever drives it decides whether a step is answered at once (SQLite, inside BEGIN IMMEDIATE) or awaited
 * (another database). Bodies have no side effects: they may be run again.
 */
export type Tx<T> = Generator<Step, T, unknown>;

/** One query of a body, with the values of its placeholders; or the same query for one row after the other. */
export type Step =
  | { readonly mode: 'get' | 'all' | 'run'; readonly query: Prepared; readonly values: Values }
  | { readonly mode: 'each'; readonly query: Prepared; readonly rows: readonly Values[] };

export type Values = Readonly<Record<string, unknown>>;
/** What a Drizzle query offers, prepared or built for once. */
export interface Prepared {
  get(values?: Values): unknown;
  all(values?: Values): unknown;
  run(values?: Values): unknown;
}
/** A query that returns rows. */
export interface Reads<Row> extends Prepared {
  all(values?: Values): Row[];
}

/** The first row, or undefined. */
export function* get<Row>(query: Reads<Row>, values: Values = {}): Tx<Row | undefined> {
  return (yield { mode: 'get', query, values }) as Row | undefined;
}

/** Every row. */
export function* all<Row>(query: Reads<Row>, values: Values = {}): Tx<Row[]> {
  return (yield { mode: 'all', query, values }) as Row[];
}

/** Runs a query that returns nothing; answers how many rows it changed. */
export function* run(query: Prepared, values: Values = {}): Tx<number> {
  return (yield { mode: 'run', query, values }) as number;
}

/** Runs a query that returns nothing once for each row, in their order: one step, however many they are. */
export function* runEach(query: Prepared, rows: readonly Values[]): Tx<void> {
  if (rows.length > 0) yield { mode: 'each', query, rows };
}

/** A named placeholder of a prepared query. */
export const p = (name: string): Placeholder => sql.placeholder(name);

/** Placeholders for every column of a table: an insert prepared with them takes a whole row as its values. */
export function wholeRow<T extends SQLiteTable>(table: T): T['$inferInsert'] {
  return placeholders(Object.keys(getTableColumns(table))) as T['$inferInsert'];
}

/** Placeholders for the columns named, to `set` in a prepared update; each is encoded as its column. */
export function columns<T extends SQLiteTable, K extends keyof T['$inferInsert'] & string>(
  _table: T,
  ...names: readonly K[]
): Pick<T['$inferInsert'], K> {
  return placeholders(names) as Pick<T['$inferInsert'], K>;
}

/** One more than a column holds, to `set` in an update. */
export const sqlPlusOne = (column: SQLiteColumn): SQL<number> => sql<number>`${column} + 1`;

const placeholders = (names: readonly string[]): Record<string, Placeholder> =>
  Object.fromEntries(names.map((name) => [name, p(name)]));

/**
 * Drives a body to its end on a database that answers at once. An error of a query is thrown into the body
 * at its step, so that the body may handle it; what it lets through ends the transaction.
 */
export function driveSync<T>(body: Tx<T>): T {
  let next = body.next();
  while (!next.done) {
    let answer: unknown;
    try {
      answer = perform(next.value);
    } catch (error) {
      next = body.throw(error);
      continue;
    }
    next = body.next(answer);
  }
  return next.value;
}

function perform(step: Step): unknown {
  const { mode, query } = step;
  if (mode === 'each') {
    for (const values of step.rows) query.run(values);
    return undefined;
  }
  const answer = query[mode](step.values);
  return mode === 'run' ? (answer as { changes: number }).changes : answer;
}
