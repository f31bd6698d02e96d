import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { shownJob } from '../store/execution.ts';
import { devices } from '../store/kitchen.ts';
import { setPrefs } from '../store/prefs.ts';
import { updateReady } from '../store/update.ts';
import { aDevice } from '../test-data.ts';
import { quietMs, updateWhenIdle } from './kiosk.ts';

let stop: () => void;
const reload = vi.fn();
beforeEach(() => {
  vi.useFakeTimers();
  reload.mockClear();
  shownJob.value = null;
  updateReady.value = true;
  setPrefs({ kiosk: true });
  stop = updateWhenIdle(reload);
});
afterEach(() => {
  stop();
  setPrefs({ kiosk: false });
  vi.useRealTimers();
});

test('a kiosk takes a new version after a minute in which nobody touched it', () => {
  vi.advanceTimersByTime(quietMs - 1);
  dispatchEvent(new Event('pointerdown'));
  vi.advanceTimersByTime(quietMs - 1);
  expect(reload).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(reload).toHaveBeenCalledOnce();
});

test('never while something runs or an execution is open, and never where nobody asked for a kiosk', () => {
  const job = { job_id: 1, seq: 1, status: 'running', fase: 'dispensando' } as const;
  devices.live('cozinha', aDevice({ versao: 1, job }));
  vi.advanceTimersByTime(2 * quietMs);
  shownJob.value = 1;
  devices.live('cozinha', aDevice({ versao: 2 }));
  vi.advanceTimersByTime(2 * quietMs);
  setPrefs({ kiosk: false });
  shownJob.value = null;
  vi.advanceTimersByTime(2 * quietMs);
  expect(reload).not.toHaveBeenCalled();
});
