import { computed, signal } from '@preact/signals';
import type { LinkInfo } from '../live/protocol.ts';
import { server } from './kitchen.ts';

/** The three lights: browser to server, server to broker, and (per device, on its card) the device. */

export const link = signal<LinkInfo>({ state: 'connecting', attempt: 0, nextAt: null });
/** Epoch ms of the moment the live data stopped being fresh; null while it is fresh. */
export const staleSince = signal<number | null>(null);
/** One clock for every age on the page; it moves once a second, and only redraws what reads it. */
export const now = signal(Date.now());

export type Light = 'ok' | 'warn' | 'bad' | 'off';
export const linkLight = computed<Light>(() => {
  switch (link.value.state) {
    case 'open':
      return 'ok';
    case 'connecting':
    case 'waiting':
      return 'warn';
    case 'paused':
      return 'off';
    default:
      return 'bad';
  }
});
export const serverLight = computed<Light>(() =>
  linkLight.value !== 'ok' || !server.value ? 'off' : server.value.state === 'online' ? 'ok' : 'bad',
);
/** True when what is drawn is what is. Writes other than stop are off while it is not. */
export const isFresh = computed(() => link.value.state === 'open');
/**
 * True when what is drawn may no longer be what is. While the first connection is still being made nothing is old:
 * it has just been read.
 */
export const isStale = computed(
  () => !isFresh.value && (link.value.state !== 'connecting' || staleSince.value !== null),
);
