import type { Tx } from './transaction.ts';

/**
 * A transaction that is committed together with others, in groups. It takes the arguments of every call that
 * stands side by side with others of its kind in a batch, and answers one value for each, in their order.
 */
export type Grouped<A extends readonly unknown[], T> = (calls: readonly A[]) => Tx<T[]>;

// biome-ignore lint/suspicious/noExplicitAny: what each takes and answers is known where it is called by its name
export type AnyGrouped = Grouped<any, unknown>;

/** Grouped transactions by name, as whoever waits for them calls them. */
export type GroupedCalls<G extends Readonly<Record<string, AnyGrouped>>> = {
  readonly [K in keyof G]: G[K] extends Grouped<infer A extends readonly unknown[], infer T>
    ? (...args: A) => Promise<T>
    : never;
};

/** One call of a grouped transaction, as data: it may cross to another thread. */
export interface GroupedCall {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** Runs a whole group inside one transaction; answers one value per call. */
export type CommitGroup = (calls: readonly GroupedCall[]) => Promise<readonly unknown[]>;

/** For bodies to which neighbours make no difference: one after the other. */
export function each<A extends readonly unknown[], T>(body: (...args: A) => Tx<T>): Grouped<A, T> {
  return function* eachOf(calls) {
    const answers: T[] = [];
    for (const args of calls) answers.push(yield* body(...args));
    return answers;
  };
}

/** The body of a group: neighbours of one name run as one. */
export function* runGroup(
  bodies: Readonly<Record<string, AnyGrouped>>,
  calls: readonly GroupedCall[],
): Tx<unknown[]> {
  const answers: unknown[] = [];
  for (let start = 0, end = 0; start < calls.length; start = end) {
    const { name } = calls[start] as GroupedCall;
    while (calls[end]?.name === name) end++;
    const body = bodies[name] as AnyGrouped;
    answers.push(...(yield* body(calls.slice(start, end).map(({ args }) => args))));
  }
  return answers;
}
