import { type Signal, signal } from '@preact/signals';
import { HttpProblem } from '../api/http.ts';
import type { LiveClient } from './client.ts';
import type { LinkInfo } from './protocol.ts';

/**
 * The one place that subscribes. What a page has open is an interest: topic filters and a fetch. Always in
 * this order: subscribe, wait for SUBACK, fetch, merge by `versao`; so nothing falls between the snapshot and
 * the stream (fetching first left 378 of 500 views stale). The same again after every reconnect.
 *
 * It stands before the connection does: what is opened without one is fetched at once, so that a page shows
 * something while mqtt is still on its way, and once more after the SUBACK.
 */

export interface Interest {
  readonly filters: readonly string[];
  /** Fetches and merges; rejections other than HttpProblem are bugs and go to the console. */
  readonly fetch?: (() => Promise<void>) | undefined;
}

export type WatchStatus =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'error'; readonly problem: HttpProblem };

export interface Watch {
  readonly status: Signal<WatchStatus>;
  /** Fetches again, after an event said so or a person pressed "tentar de novo". */
  readonly again: () => void;
  readonly close: () => void;
}

export type WatchedClient = Pick<LiveClient, 'subscribe' | 'unsubscribe' | 'isConnected' | 'confirm' | 'on'>;

export interface WatcherDeps {
  /** 0…1; spreads the fetches of many browsers after a restart of the platform. */
  readonly random: () => number;
  readonly setTimer: (fn: () => void, ms: number) => () => void;
}

export interface Watcher {
  open(interest: Interest): Watch;
  /** Gives it the connection that it subscribes on; once, before that connects. */
  attach(client: WatchedClient): void;
  /** Resolves when nothing is being fetched. */
  rest(): Promise<void>;
  /** Fetches everything that is open again (a new epoch of the database). */
  refreshAll(): void;
}

const spreadMs = 300;

interface OpenInterest {
  readonly interest: Interest;
  readonly status: Signal<WatchStatus>;
  isFetching: boolean;
  isWanted: boolean;
  isClosed: boolean;
}

export function createWatcher({ random, setTimer }: WatcherDeps): Watcher {
  let client: WatchedClient | undefined;
  const open = new Set<OpenInterest>();
  const resting = new Set<() => void>();
  const counts = new Map<string, number>();
  const refused = new Set<string>();
  let wasConnected = false;
  let isOpen = false;

  const fetchNow = async (one: OpenInterest): Promise<void> => {
    if (one.isClosed) return;
    if (one.isFetching) {
      one.isWanted = true;
      return;
    }
    one.isFetching = true;
    one.isWanted = false;
    try {
      await one.interest.fetch?.();
      one.status.value = one.interest.filters.some((filter) => refused.has(filter))
        ? { kind: 'forbidden' }
        : { kind: 'ready' };
    } catch (error) {
      if (!(error instanceof HttpProblem)) console.error(error);
      const problem = error instanceof HttpProblem ? error : new HttpProblem('internal');
      one.status.value = problem.code === 'forbidden' ? { kind: 'forbidden' } : { kind: 'error', problem };
    }
    one.isFetching = false;
    if (one.isWanted) void fetchNow(one);
    tellRest();
  };

  const isResting = (): boolean => ![...open].some((one) => one.isFetching);
  const tellRest = (): void => {
    if (!isResting()) return;
    for (const resolve of resting) resolve();
    resting.clear();
  };

  const subscribe = async (filters: readonly string[]): Promise<boolean> => {
    if (filters.length === 0) return isOpen;
    const answer = await client?.subscribe(filters);
    for (const filter of answer ?? []) refused.add(filter);
    return answer !== undefined;
  };

  const onOpen = async (): Promise<void> => {
    refused.clear();
    if (!(await subscribe([...counts.keys()]))) return;
    client?.confirm();
    const wait = wasConnected ? random() * spreadMs : 0;
    wasConnected = true;
    setTimer(() => {
      for (const one of open) void fetchNow(one);
    }, wait);
  };

  return {
    attach(given) {
      client = given;
      given.on<LinkInfo>('link', ({ state }) => {
        const was = isOpen;
        isOpen = state === 'open';
        if (isOpen && !was) void onOpen();
      });
    },
    rest: () =>
      new Promise((resolve) => {
        resting.add(resolve);
        tellRest();
      }),
    open(interest) {
      const one: OpenInterest = {
        interest,
        status: signal<WatchStatus>({ kind: 'loading' }),
        isFetching: false,
        isWanted: false,
        isClosed: false,
      };
      open.add(one);
      const fresh = interest.filters.filter((filter) => !counts.has(filter));
      for (const filter of interest.filters) counts.set(filter, (counts.get(filter) ?? 0) + 1);
      if (client?.isConnected()) void subscribe(fresh).then(() => fetchNow(one));
      else void fetchNow(one);
      return {
        status: one.status,
        again: () => void fetchNow(one),
        close() {
          if (one.isClosed) return;
          one.isClosed = true;
          open.delete(one);
          tellRest();
          const idle: string[] = [];
          for (const filter of interest.filters) {
            const left = (counts.get(filter) ?? 1) - 1;
            if (left > 0) counts.set(filter, left);
            else if (counts.delete(filter)) idle.push(filter);
          }
          if (idle.length > 0) client?.unsubscribe(idle);
        },
      };
    },
    refreshAll() {
      for (const one of open) void fetchNow(one);
    },
  };
}
