import { Param, Placeholder, type Query } from 'drizzle-orm';
import type { SqliteFile } from './driver.ts';
import type { Orm } from './open.ts';
import type { Prepared } from './transaction.ts';

/**
 * A prepared write whose placeholders are looked up once, at its first run, and not at each: Drizzle asks of every
 * value what it is, which costs an insert of 17 columns more than SQLite takes for it. Columns still encode
 * their values. For the writes that every entry makes.
 */
export function bare(orm: Orm, query: Prepared & { getQuery(): Query }): Prepared {
  let write: Prepared['run'] | undefined;
  const compile = (): Prepared['run'] => {
    const { sql, params } = query.getQuery();
    const readers = params.map(readerOf);
    const statement = (orm as Orm & { readonly $client: SqliteFile }).$client.prepare(sql);
    return (values = {}) => statement.run(...readers.map((read) => read(values)));
  };
  return {
    get: (values) => query.get(values),
    all: (values) => query.all(values),
    run(values) {
      write ??= compile();
      return write(values);
    },
  };
}

type Reader = (values: Readonly<Record<string, unknown>>) => unknown;

function readerOf(param: unknown): Reader {
  if (param instanceof Placeholder) return ({ [param.name as string]: value }) => value;
  if (!(param instanceof Param && param.value instanceof Placeholder)) return () => param;
  const { encoder } = param;
  const name = param.value.name as string;
  return ({ [name]: value }) => {
    if (value === undefined) throw new TypeError(`no value for ${name}`);
    return encoder.mapToDriverValue(value);
  };
}
