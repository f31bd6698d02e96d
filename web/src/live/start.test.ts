import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isStale, link, staleSince } from '../store/conn.ts';
import { devices } from '../store/kitchen.ts';
import { aDevice, aSession } from '../test-data.ts';
import { FakeLink } from './fake.ts';
import type { LinkState } from './protocol.ts';
import { startLive } from './start.ts';
import { watcher } from './use-watch.ts';

/** A link whose first try does not come to an end before the test says so. */
class SlowLink extends FakeLink {
  override open(): void {}
  connect(): void {
    super.open();
  }
  state(state: LinkState, attempt: number): void {
    this.tell({ t: 'state', state, attempt, nextAt: null });
  }
}

let at: SlowLink;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  vi.stubGlobal('fetch', async () => new Response('{"rows":[]}'));
  link.value = { state: 'connecting', attempt: 0, nextAt: null };
  staleSince.value = null;
  watcher.value = undefined;
  at = new SlowLink();
  startLive(aSession(), at);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('while the first try is under way nothing is told to be old, however slow the line is', () => {
  at.state('connecting', 0);
  vi.advanceTimersByTime(8_000);
  expect([link.value.state, staleSince.value, isStale.value]).toEqual(['connecting', null, false]);
  at.state('waiting', 1);
  expect(link.value.state).toBe('waiting');
  expect(staleSince.value).not.toBeNull();
  at.state('connecting', 1);
  expect(staleSince.value).not.toBeNull();
  expect(isStale.value).toBe(true);
  at.connect();
  expect([link.value.state, staleSince.value, isStale.value]).toEqual(['open', null, false]);
});

test('a loss shows after a second, with the moment it began; one that mends itself before never shows', () => {
  at.connect();
  at.state('waiting', 1);
  vi.advanceTimersByTime(900);
  at.state('connecting', 1);
  at.connect();
  vi.advanceTimersByTime(5_000);
  expect([link.value.state, staleSince.value]).toEqual(['open', null]);
  const lostAt = Date.now();
  at.state('waiting', 1);
  vi.advanceTimersByTime(1_000);
  expect([link.value.state, staleSince.value]).toEqual(['waiting', lostAt]);
});

test('the page tells the engine how long it drew, once a batch is on the screen', async () => {
  const frames: FrameRequestCallback[] = [];
  vi.stubGlobal('requestAnimationFrame', (frame: FrameRequestCallback) => frames.push(frame));
  at.connect();
  const body = JSON.stringify(aDevice({ versao: 9_000_000, nome: 'Forno' }));
  at.states(['yaguts/v1/demo/devices/cozinha/state', body]);
  at.states(['yaguts/v1/demo/devices/cozinha/state', body]);
  expect(devices.get('cozinha').value?.body?.nome).toBe('Forno');
  expect(at.posted.filter(({ t }) => t === 'drawn')).toHaveLength(0);
  expect(frames).toHaveLength(1);
  frames[0]?.(0);
  vi.advanceTimersByTime(1);
  expect(at.posted.filter(({ t }) => t === 'drawn')).toHaveLength(1);
});
