import { afterEach, beforeEach, expect, test } from 'vitest';
import { mao, org } from '../store/test-store.ts';
import { openWithDevice, type WithDevice } from './test-device.ts';

let t: WithDevice;
beforeEach(async () => {
  t = await openWithDevice();
});
afterEach(() => t.close());

test('presence: an old will is ignored, a new one counts, twins raise an alarm', async () => {
  const online = { state: 'online' as const, boot_id: 'b1', session: 65_537 };
  await t.hear('presence', {}, online);
  await t.hear('presence', {}, online);
  expect(t.types()).toEqual(['device:online']);
  await t.hear('presence', {}, { ...online, state: 'lost', session: 65_536 });
  expect(t.last('deviceState')).toMatchObject({ presence: 'online' });
  await t.hear('presence', {}, { ...online, state: 'lost' });
  expect(t.last('deviceState')).toMatchObject({ presence: 'lost', desde: 100 });
  expect(t.types()).toEqual(['device:online', 'device:lost']);
  await t.hear('presence', {}, { state: 'online', boot_id: 'b2', session: 131_072 });
  await t.hear('presence', {}, { state: 'online', boot_id: 'b1', session: 65_538 });
  expect(t.last('deviceState')).toMatchObject({ alertas: [{ code: 'gemeo' }] });
  expect(t.types()).toContain('device:alert');
  await t.store.clearAlert(org, mao, 'gemeo');
  expect((await t.store.device(org, mao))?.alertas).toEqual([]);
  await t.hear('presence', {}, online, 'ninguem');
  expect(t.logged.at(-1)).toMatchObject({ event: 'presence_ignored' });
});

test('when the platform starts every device is lost until it is heard', async () => {
  await t.hear('presence', {}, { state: 'online', boot_id: 'b1', session: 1 });
  expect(await t.store.forgetPresences(700)).toBe(1);
  expect(await t.store.device(org, mao)).toMatchObject({ presence: 'lost', presence_desde: 700 });
});
