import { effect, signal } from '@preact/signals';
import { shownJob } from '../store/execution.ts';
import { devices } from '../store/kitchen.ts';
import { prefs } from '../store/prefs.ts';
import { updateReady } from '../store/update.ts';

/** Nobody has touched the screen for this long. */
export const quietMs = 60_000;

/**
 * A kiosk has nobody who presses "Atualizar": it takes a new version by itself once nothing runs, no execution
 * is open and nobody has touched it for a minute.
 *
 * @param reload what loads the page anew
 * @returns      the function that stops watching
 */
export function updateWhenIdle(reload: () => void): () => void {
  const touches = signal(0);
  const touched = (): void => void touches.value++;
  for (const type of ['pointerdown', 'keydown']) addEventListener(type, touched, { passive: true });
  const stop = effect(() => {
    touches.value;
    const isBusy = shownJob.value !== null || devices.all.value.some(({ job }) => job?.status === 'running');
    if (!prefs.value.kiosk || !updateReady.value || isBusy) return;
    const timer = setTimeout(reload, quietMs);
    return () => clearTimeout(timer);
  });
  return () => {
    stop();
    for (const type of ['pointerdown', 'keydown']) removeEventListener(type, touched);
  };
}
