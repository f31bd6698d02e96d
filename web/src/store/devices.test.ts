import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { aDevice } from '../test-data.ts';

/** Answers of the api in order; the first ones may be failures. */
function answer(...statuses: number[]): { asked: number } {
  const seen = { asked: 0 };
  vi.stubGlobal('fetch', async () => {
    const status = statuses[seen.asked++] ?? 200;
    const body = status === 200 ? { rows: [aDevice()] } : { code: 'internal', status };
    return new Response(JSON.stringify(body), { status });
  });
  return seen;
}
beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllGlobals());

test('the first list of devices is asked for once by all who wait for it', async () => {
  const seen = answer();
  const { devicesRead } = await import('./devices.ts');
  await Promise.all([devicesRead(), devicesRead()]);
  await devicesRead();
  expect(seen.asked).toBe(1);
});

test('a list that was asked for anew is asked for anew, whoever waits for the first', async () => {
  const seen = answer();
  const { devicesRead, loadDevices } = await import('./devices.ts');
  await Promise.all([devicesRead(), loadDevices()]);
  expect(seen.asked).toBe(2);
});

test('a first list that failed is asked for again by the next who needs it', async () => {
  const seen = answer(500);
  const { devicesRead } = await import('./devices.ts');
  await expect(devicesRead()).rejects.toMatchObject({ code: 'internal' });
  await devicesRead();
  expect(seen.asked).toBe(2);
  const { devices } = await import('./kitchen.ts');
  expect(devices.ids.value).toEqual(['cozinha']);
});
