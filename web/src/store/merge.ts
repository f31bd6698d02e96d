/**
 * Joins what arrives live with what is fetched, for one kind of thing. Pure: time and order come as numbers.
 *
 * The rules, each paid for by a way to show something false:
 * - the higher `versao` wins, whatever came first; of two equal ones the word that was asked for later;
 * - a fetch that began before a deletion cannot bring the thing back (`begun` against the tombstone's `at`);
 * - a complete list drops what it does not name, unless it was heard live after the list was asked for;
 * - another epoch of the database makes all versions void: the next word counts.
 */

export interface Held<T> {
  readonly versao: number;
  /** undefined: deleted, kept as a tombstone. */
  readonly body: T | undefined;
  /** Tick of the last word about it. */
  readonly at: number;
}

export interface Update<T> {
  readonly versao: number;
  readonly body: T | undefined;
  /** Rising number: for a live message the tick of its arrival, for a fetch the tick when it was *asked*. */
  readonly tick: number;
  readonly from: 'live' | 'fetch';
}

/**
 * What is known after an update.
 *
 * @returns the same object when nothing is new, so that a signal stays silent
 */
export function merge<T>(held: Held<T> | undefined, update: Update<T>): Held<T> {
  const next: Held<T> = {
    versao: update.versao,
    body: update.body,
    at: Math.max(update.tick, held?.at ?? 0),
  };
  if (!held) return next;
  // A deletion has no version of its own: it speaks about whatever was last known.
  if (update.body === undefined) {
    const isOld = update.from === 'fetch' && held.at > update.tick;
    return isOld ? held : { ...next, versao: held.versao };
  }
  if (held.body === undefined) {
    return update.from === 'live' || update.tick > held.at ? next : held;
  }
  if (update.versao < held.versao) return held;
  // Part of a snapshot (a device's queue, say) may move without its versao: the later word counts.
  if (update.versao === held.versao && update.tick <= held.at) return held;
  return next;
}

/** True when the later word says what the earlier one said, to the letter: nothing has to be drawn anew. */
export const isRepeat = <T>(before: Held<T> | undefined, after: Held<T>): boolean =>
  before === after ||
  (before?.versao === after.versao && JSON.stringify(before.body) === JSON.stringify(after.body));

/**
 * Names of the things that a complete list, asked for at `tick`, shows to be gone.
 *
 * @param isInScope  whether a held thing would have been in the list (a filtered list says nothing of others)
 */
export function missingFrom<T>(
  held: ReadonlyMap<string, Held<T>>,
  listed: ReadonlySet<string>,
  tick: number,
  isInScope: (body: T) => boolean = () => true,
): string[] {
  const gone: string[] = [];
  for (const [id, { body, at }] of held) {
    if (body !== undefined && !listed.has(id) && at <= tick && isInScope(body)) gone.push(id);
  }
  return gone;
}

/** The same knowledge without its versions: after a new epoch the next word about each thing counts. */
export function voidVersion<T>(held: Held<T>): Held<T> {
  return { ...held, versao: -1 };
}
