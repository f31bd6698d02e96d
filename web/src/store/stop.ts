import { effect, signal } from '@preact/signals';
import { newKey } from '../api/http.ts';
import { stopAll } from '../api/stop.ts';
import { isFresh } from './conn.ts';
import { devices } from './kitchen.ts';

/**
 * The stop button's truth is what the devices say, never that a request was answered:
 * idle → stopping → stopped → idle, or unconfirmed when a device still runs after {@link confirmMs}.
 */
export type StopState = 'idle' | 'stopping' | 'stopped' | 'unconfirmed';
export const stopState = signal<StopState>('idle');

const confirmMs = 8_000;
const shownMs = 5_000;
const tries = 3;

const isAnyRunning = (): boolean => devices.all.value.some(({ job }) => job?.status === 'running');

let stopWatching: (() => void) | undefined;

/** Stops every device of the org: three tries of 2 s with one key, works whatever the lights say. */
export async function stopEverything(): Promise<void> {
  // What an earlier tap was waiting for must not answer for this one.
  stopWatching?.();
  const key = newKey();
  stopState.value = 'stopping';
  const deadline = setTimeout(() => {
    if (stopState.value === 'stopping') stopState.value = 'unconfirmed';
  }, confirmMs);
  let isSent = false;
  for (let i = 0; i < tries && !isSent; i++) {
    isSent = await stopAll(key).then(
      () => true,
      () => false,
    );
  }
  if (!isSent) {
    clearTimeout(deadline);
    stopState.value = 'unconfirmed';
    return;
  }
  let rest: ReturnType<typeof setTimeout> | undefined;
  const dispose = effect(() => {
    // Devices are only believed while they are heard live.
    if (rest !== undefined || !isFresh.value || isAnyRunning()) return;
    clearTimeout(deadline);
    stopState.value = 'stopped';
    rest = setTimeout(() => {
      stopWatching?.();
      stopState.value = 'idle';
    }, shownMs);
  });
  stopWatching = () => {
    dispose();
    clearTimeout(deadline);
    clearTimeout(rest);
    stopWatching = undefined;
  };
}
