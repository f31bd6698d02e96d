import { type Signal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { setTimer } from './timer.ts';
import { createWatcher, type Interest, type Watch, type Watcher, type WatchStatus } from './watch.ts';

export const newWatcher = (): Watcher => createWatcher({ random: Math.random, setTimer });

/** Stands from the first page on; undefined after a logout, until somebody logs in. */
export const watcher = signal<Watcher | undefined>(newWatcher());

export interface Watched {
  readonly status: Signal<WatchStatus>;
  readonly again: () => void;
}

/**
 * Keeps an interest open while the component is shown.
 *
 * @param key       names the interest: another key closes the old one and opens the new one
 * @param interest  read when the key changes; undefined watches nothing
 */
export function useWatch(key: string, interest: () => Interest | undefined): Watched {
  const here = useMemo(() => {
    const status = signal<WatchStatus>({ kind: 'loading' });
    let watch: Watch | undefined;
    let stop: (() => void) | undefined;
    return {
      status,
      again: () => watch?.again(),
      open(from: Watcher) {
        const wanted = interest();
        if (!wanted) return;
        watch = from.open(wanted);
        stop = watch.status.subscribe((value) => {
          status.value = value;
        });
      },
      close() {
        stop?.();
        watch?.close();
        watch = stop = undefined;
      },
    };
  }, [key]);
  const from = watcher.value;
  useEffect(() => {
    if (from) here.open(from);
    return here.close;
  }, [here, from]);
  return here;
}
