import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { type Held, isRepeat, merge, missingFrom, type Update, voidVersion } from './merge.ts';

/** One rising number for every word that arrives, so that fetches and messages can be ordered. */
let ticks = 0;
const nextTick = (): number => ++ticks;

/** A computed list that stays the same object while its elements do, so that whoever draws it rests. */
export function steadyList(list: () => readonly string[]): ReadonlySignal<readonly string[]> {
  let last: readonly string[] = [];
  return computed(() => {
    const next = list();
    const isSame = next.length === last.length && next.every((one, i) => one === last[i]);
    return isSame ? last : (last = next);
  });
}

/** Things of one kind, a signal each: a change redraws one card, not the list. */
export interface Collection<T> {
  /** Ids of what exists, in order of `sort`. */
  readonly ids: ReadonlySignal<readonly string[]>;
  readonly all: ReadonlySignal<readonly T[]>;
  /** Made on first asking, so that a page may wait for a thing not yet heard of. */
  get(id: string): Signal<Held<T> | undefined>;
  live(id: string, body: T | undefined): void;
  fetched(id: string, body: T | undefined, tick: number): void;
  /** A complete list, asked for at `tick`. */
  list(rows: readonly T[], tick: number, isInScope?: (body: T) => boolean): void;
  /** The moment a fetch is asked for, to be handed back with its answer. */
  tick(): number;
  voidVersions(): void;
}

export interface CollectionOptions<T> {
  readonly id: (body: T) => string;
  readonly versao: (body: T) => number;
  readonly sort: (a: T, b: T) => number;
}

/** @see merge for the rules */
export function createCollection<T>(options: CollectionOptions<T>): Collection<T> {
  const held = new Map<string, Held<T>>();
  const shown = new Map<string, Signal<Held<T> | undefined>>();
  const known = signal(0);
  const get = (id: string): Signal<Held<T> | undefined> => {
    let made = shown.get(id);
    if (!made) shown.set(id, (made = signal<Held<T> | undefined>(undefined)));
    return made;
  };
  const apply = (id: string, body: T | undefined, tick: number, from: Update<T>['from']): void => {
    const before = held.get(id);
    if (!before && body === undefined) return;
    const versao = body === undefined ? 0 : options.versao(body);
    const after = merge(before, { versao, body, tick, from });
    held.set(id, after);
    // The first fetch, the retained message and the fetch after the SUBACK mostly say the same: drawn once.
    if (!isRepeat(before, after)) get(id).value = after;
    if ((before?.body === undefined) !== (after.body === undefined)) known.value++;
  };
  const all = computed(() => {
    known.value;
    const bodies = [...shown.values()].map((one) => one.value?.body).filter((body) => body !== undefined);
    return bodies.sort(options.sort);
  });
  const ids = steadyList(() => all.value.map(options.id));
  return {
    ids,
    all,
    get,
    tick: nextTick,
    live: (id, body) => apply(id, body, nextTick(), 'live'),
    fetched: (id, body, tick) => apply(id, body, tick, 'fetch'),
    list(rows, tick, isInScope) {
      batch(() => {
        for (const id of missingFrom(held, new Set(rows.map(options.id)), tick, isInScope)) {
          apply(id, undefined, tick, 'fetch');
        }
        for (const row of rows) apply(options.id(row), row, tick, 'fetch');
      });
    },
    voidVersions() {
      batch(() => {
        for (const [id, one] of held) {
          held.set(id, voidVersion(one));
          get(id).value = held.get(id);
        }
      });
    },
  };
}
