import { Column, is, Param, Placeholder, type Query, SQL } from 'drizzle-orm';
import type { Prepared, Values } from './transaction.ts';

export interface Compiled extends Prepared {
  getQuery(): Query;
}
/** What Drizzle's prepared query holds; its types keep the statement and the places of a row to themselves. */
interface Insides {
  readonly stmt?: Statement;
  readonly fields?: readonly Field[];
  readonly customResultMapper?: unknown;
}
interface Statement {
  run(...params: readonly unknown[]): unknown;
  get(...params: readonly unknown[]): unknown;
  all(...params: readonly unknown[]): unknown[];
  raw(): unknown;
}
interface Field {
  readonly path: readonly string[];
  readonly field: unknown;
}

/**
 * A prepared query without the questions that Drizzle asks of every value at every run (is it a placeholder, a
 * column, a decoder?): they are answered once. Columns still encode and decode. An insert of 17 columns costs half
 * of what it did, a row of 41 a tenth. A row that is not flat stays with Drizzle.
 */
export function bare(query: Compiled): Prepared {
  const { stmt, fields, customResultMapper } = query as Compiled & Insides;
  const read = customResultMapper ? undefined : rowReader(fields);
  if (!stmt || !read) return query;
  const write = parameterWriter(query.getQuery().params);
  // Rows as arrays: two columns may have one name.
  if (fields) stmt.raw();
  return {
    run: (values) => stmt.run(...write(values)),
    get(values) {
      const row = stmt.get(...write(values));
      return row === undefined ? undefined : read(row);
    },
    all: (values) => stmt.all(...write(values)).map(read),
  };
}

/** Answers the parameters of a statement for the values of its placeholders: always the same array, filled anew. */
function parameterWriter(params: readonly unknown[]): (values?: Values) => readonly unknown[] {
  const places = params.map(placeOf);
  const filled: unknown[] = params.map((param) => param);
  return (values = {}) => {
    for (let i = 0; i < places.length; i++) {
      const place = places[i];
      if (place === undefined) continue;
      const value = values[place.name];
      if (value === undefined && !(place.name in values)) throw new TypeError(`no value for ${place.name}`);
      filled[i] = place.encoder ? place.encoder.mapToDriverValue(value) : value;
    }
    return filled;
  };
}

/** Where a parameter comes from; undefined for one that is always the same. */
function placeOf(param: unknown): { name: string; encoder?: Param['encoder'] } | undefined {
  if (is(param, Placeholder)) return { name: param.name };
  if (!(is(param, Param) && is(param.value, Placeholder))) return undefined;
  const { name } = param.value;
  const { encoder } = param;
  return encoder.mapToDriverValue === plain.mapToDriverValue ? { name } : { name, encoder };
}

/** How a row comes out; undefined when that takes more than a name for each value. */
function rowReader(fields: readonly Field[] | undefined): ((row: unknown) => unknown) | undefined {
  if (!fields) return (row) => row;
  const decoders = fields.map(({ field }) => decoderOf(field));
  if (fields.some(({ path }) => path.length !== 1) || decoders.includes(undefined)) return undefined;
  const names = fields.map(({ path }) => path[0] as string);
  const decode = decoders.map((decoder) =>
    decoder?.mapFromDriverValue === plain.mapFromDriverValue ? undefined : decoder,
  );
  return (row) => {
    const read: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) {
      const value = (row as readonly unknown[])[i];
      const decoder = decode[i];
      read[names[i] as string] = decoder && value !== null ? decoder.mapFromDriverValue(value) : value;
    }
    return read;
  };
}

type Decoder = Pick<Column, 'mapFromDriverValue'>;
/** A column that stores what it is given. */
const plain = Column.prototype as Pick<Column, 'mapFromDriverValue' | 'mapToDriverValue'>;

function decoderOf(field: unknown): Decoder | undefined {
  if (is(field, Column)) return field;
  const expression = is(field, SQL.Aliased) ? field.sql : field;
  return is(expression, SQL) ? (expression as unknown as { decoder: Decoder }).decoder : undefined;
}
