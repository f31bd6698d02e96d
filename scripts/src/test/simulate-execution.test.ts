import type { JobDetail } from '@yaguts/shared';
import { afterEach, expect, test } from 'vitest';
import { simulateOn } from '../simulate-execution.ts';
import { expectExact } from './exactness.ts';
import { openHouse, type TestHouse } from './fixture.ts';

let house: TestHouse | undefined;
afterEach(() => house?.close());

const path = '/devices/test/simulate-execution';
const development = { env: { YAGUTS_DEVELOPMENT: 'true' }, simulate: simulateOn };

test('in development a job is poured by a simulated dispenser, with the parameters asked for', async () => {
  house = await openHouse(development);
  const { job_id } = await house.order();
  const result = await house.api.call<{ execution_logs: object[] }>('POST', path, {
    ...{ job_id, frasco_delay_ms: 30, fail_frasco_indices: [2] },
    ...{ simulate_wifi_drop: true, drop_at_frasco_index: 1, drop_duration_seconds: 0.2 },
  });
  expect(result).toMatchObject({ itens_completados: 3, itens_falhados: 1 });
  expect(result.execution_logs).toHaveLength(4);
  const job: JobDetail = await house.job(job_id);
  expect(job.itens.map(({ estado }) => estado)).toEqual(['done', 'done', 'failed', 'done']);
  await expectExact(house, 'cozinha', [job_id]);
});

test('it does not push a real dispenser out, and says what is wrong with a job', async () => {
  house = await openHouse(development);
  const simulator = await house.simulator();
  const { job_id } = await house.order();
  await simulator.result(job_id);
  const ask = (body: object) => house?.api.call('POST', path, body);
  await expect(ask({ device: 'cozinha' })).rejects.toMatchObject({ problem: { code: 'ocupado' } });
  await expect(ask({ job_id })).rejects.toMatchObject({ problem: { code: 'terminal' } });
  await expect(ask({ job_id: job_id + 7 })).rejects.toMatchObject({ status: 404 });
  await expect(ask({ job_id, frasco_delay_ms: -1 })).rejects.toMatchObject({ status: 422 });
});

test('elsewhere the route does not exist, not even for the owner', async () => {
  house = await openHouse({ simulate: simulateOn });
  const { job_id } = await house.order();
  await expect(house.api.call('POST', path, { job_id })).rejects.toMatchObject({ status: 404 });
  expect(await house.job(job_id)).toMatchObject({ status: 'queued' });
});
