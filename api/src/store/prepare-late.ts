import { bare, type Compiled } from './bare.ts';
import type { Orm } from './database.ts';
import type { Prepared } from './transaction.ts';

/** Where a query begins, and the step of its builder that answers the query itself. */
const beginnings = {
  select: 'from',
  selectDistinct: 'from',
  insert: 'values',
  update: 'set',
  delete: undefined,
} as const;

/** What all of Drizzle's queries have in common. */
interface Query {
  prepare(): Prepared;
}
type Steps<T> = Record<string, (...args: unknown[]) => T>;

/**
 * Makes the queries of a query builder wait for their first use before they are written as SQL and compiled: three
 * hundred of them are named when a store opens, and a start needs a few. What SQLite says against a query is thrown
 * there, too. From then on they run {@link bare}. Queries that are run without being prepared stay as they are.
 *
 * @returns the builder given, changed
 */
export function prepareLate(orm: Orm): Orm {
  for (const [beginning, step] of Object.entries(beginnings)) {
    if (step === undefined) follow<Query>(orm, beginning, putOff);
    else follow<object>(orm, beginning, (builder) => follow<Query>(builder, step, putOff));
  }
  return orm;
}

/** Does something to whatever a method answers from now on. */
function follow<T>(owner: object, method: string, change: (answer: T) => void): void {
  const steps = owner as Steps<T>;
  const real = steps[method] as (...args: unknown[]) => T;
  steps[method] = (...args) => {
    const answer = real.apply(owner, args);
    change(answer);
    return answer;
  };
}

// The other methods of a query answer the query itself, so that this one is found at the end of any chain.
function putOff(query: Query): void {
  const prepare = query.prepare.bind(query) as () => Compiled;
  query.prepare = () => {
    let prepared: Prepared | undefined;
    const atFirstUse = (): Prepared => {
      prepared ??= bare(prepare());
      return prepared;
    };
    return {
      get: (values) => atFirstUse().get(values),
      all: (values) => atFirstUse().all(values),
      run: (values) => atFirstUse().run(values),
    };
  };
}
