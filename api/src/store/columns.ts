import { sql } from 'drizzle-orm';
import { blob, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/**
 * The column kit: the only words the schema is written in. Another dialect brings a kit with the same
 * names. Columns are called as on the wire (snake_case) and so are the properties of a row, so that a row
 * and its message read alike. Amounts are integer milligrams, times integer epoch milliseconds.
 */
export { foreignKey, index, primaryKey, uniqueIndex } from 'drizzle-orm/sqlite-core';
export { sql };

export const table = sqliteTable;
/** A word or a text; with a list of words, one of them. */
export { text };
/** A whole number. */
export const int = integer;
/** A row number that is never used twice, not even after the row is gone. */
export const rowNumber = (name: string) => integer(name).primaryKey({ autoIncrement: true });
/** Milligrams. */
export const mg = integer;
/** Epoch milliseconds. */
export const epochMs = integer;
export const flag = (name: string) => integer(name, { mode: 'boolean' });
/** A JSON document, read and written whole. Make it `notNull`: a null would be stored as the text `null`. */
export const json = <T>(name: string) => text(name, { mode: 'json' }).$type<T>();
export const bytes = (name: string) => blob(name, { mode: 'buffer' });
