import { devicesRead } from '../store/devices.ts';
import { setTimer } from './timer.ts';
import { watcher } from './use-watch.ts';

/** No fetch may hold the live connection up for longer than this. */
const mostMs = 2_000;

/** Resolves when the first page has what it asked for, and every page its devices: the connection is made after that. */
export async function firstLook(): Promise<void> {
  const watch = watcher.peek()?.open({ filters: [], fetch: devicesRead });
  await Promise.race([watcher.peek()?.rest(), new Promise<void>((resolve) => setTimer(resolve, mostMs))]);
  watch?.close();
}
