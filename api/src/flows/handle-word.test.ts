import { afterEach, beforeEach, expect, test } from 'vitest';
import { mao, org } from '../store/test-store.ts';
import { openWithDevice, type WithDevice } from './test-device.ts';

let t: WithDevice;
beforeEach(async () => {
  t = await openWithDevice();
});
afterEach(() => t.close());

test('any word of the device clears sem_noticias, ticks are written now and then only', async () => {
  const { job_id } = await t.running({ sem_noticias: true });
  const tick = { item_ordem: 1, frasco: 1, ran_ms: 10, of_ms: 1_000 };
  await t.hear('jobProgress', { job_id }, tick);
  expect(t.job(job_id)).toMatchObject({ sem_noticias: false, noticia_em: 100, evento: 1 });
  expect(t.last('jobState')).toMatchObject({ sem_noticias: false });
  const { versao } = t.job(job_id);
  t.now = 200;
  await t.hear('jobProgress', { job_id }, tick);
  expect(t.job(job_id)).toMatchObject({ versao });
  t.now = 30_000;
  await t.hear('jobProgress', { job_id }, tick);
  expect(t.job(job_id)).toMatchObject({ noticia_em: 30_000, evento: 1 });
  await t.hear('telemetry', {}, { rssi: -60 });
  await t.hear('deviceLog', { level: 'info' }, { tag: '[EXEC]', text: 'ok' });
  expect(await t.store.device(org, mao)).toMatchObject({ visto_em: 30_000 });
  await t.hear('telemetry', {}, { rssi: -60 }, 'ninguem');
});
