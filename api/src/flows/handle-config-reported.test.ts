import { afterEach, beforeEach, expect, test } from 'vitest';
import { openWithDevice, type WithDevice } from './test-device.ts';

let t: WithDevice;
beforeEach(async () => {
  t = await openWithDevice();
});
afterEach(() => t.close());

test('new faults of a configuration are told once, the same again is no news', async () => {
  const report = (errors?: string[]) =>
    t.hear('configReported', {}, { versao: 3, ...(errors && { errors }) });
  const alerts = () =>
    t.notified.filter(({ type }) => type === 'device:alert').map(({ data }) => data.errors);
  await report(['pin 6 is not allowed']);
  await report(['pin 6 is not allowed']);
  expect(alerts()).toEqual([['pin 6 is not allowed']]);
  await report();
  await report(['pin 6 is not allowed']);
  expect(alerts()).toHaveLength(2);
});

test('what a device has applied of its configuration is shown, faults as an alert', async () => {
  await t.hear('configReported', {}, { versao: 3, errors: ['pin 6 is not allowed'] });
  expect(t.last('deviceState')).toMatchObject({
    config: { reportada: { versao: 3 } },
    alertas: [{ code: 'config_recusada', detalhe: 'pin 6 is not allowed' }],
  });
  await t.hear('configReported', {}, 'nonsense' as never);
  expect(t.tables().rejected).toMatchObject([{ code: 'ilegivel', detalhe: 'not valid JSON' }]);
  t.forget();
  await t.hear('configReported', {}, { versao: 3 }, 'ninguem');
  expect(t.published).toEqual([]);
});
