import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceState } from '@yaguts/shared';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoDevice, demoOrg } from '../demo/kitchen.ts';
import { countStarts } from '../simulator/ledger.ts';
import { expectExact } from './exactness.ts';
import { openHouse, type TestHouse } from './fixture.ts';

// The scenarios a user would check first, on a simulated dispenser; its worse days are in
// simulator-platform.test.ts.

let house: TestHouse;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const ended = (job: { terminado_em: number | null }): boolean => job.terminado_em !== null;

test('a receita is poured, every frasco is committed and its grams leave the estoque', async () => {
  const before = await house.estoque('cozinha', 2);
  const simulator = await house.simulator();
  const { job_id } = await house.order();
  const job = await house.jobWhen(job_id, ended);
  await simulator.result(job_id);
  expect(job.status).toBe('done');
  expect(job.itens.map(({ estado }) => estado)).toEqual(['done', 'done', 'done', 'done']);
  const after = await house.estoque('cozinha', 2);
  expect(before.saldo_g - after.saldo_g).toBeCloseTo(2.5, 6);
  expect(after.reservado_g).toBe(0);
  await simulator.stop();
});

test('one frasco that fails makes the job done_partial, and estoque is taken only for what is done', async () => {
  const before = await Promise.all([2, 5].map((frasco) => house.estoque('cozinha', frasco)));
  const simulator = await house.simulator({ parameters: { frasco_delay_ms: 20, fail_frasco_indices: [1] } });
  const { job_id } = await house.order();
  const job = await house.jobWhen(job_id, ended);
  expect(job).toMatchObject({
    status: 'done_partial',
    itens_completados: 3,
    itens_falhados: 1,
    itens_cancelados: 0,
  });
  const after = await Promise.all([2, 5].map((frasco) => house.estoque('cozinha', frasco)));
  expect(before[0]!.saldo_g - after[0]!.saldo_g).toBeCloseTo(2.5, 6);
  expect(before[1]!.saldo_g - after[1]!.saldo_g).toBe(0);
  await simulator.result(job_id);
  await simulator.stop();
});

test('a Wi-Fi drop: the dispenser pours on in silence, and what it has to say is stored once it is back', async () => {
  const ledger = join(house.dir, 'ledger-drop');
  const simulator = await house.simulator({
    ledger,
    parameters: {
      ...{ frasco_delay_ms: 40, simulate_wifi_drop: true },
      ...{ drop_at_frasco_index: 1, drop_duration_seconds: 0.4 },
    },
  });
  const watcher = await house.person();
  const presence = (state: DeviceState['presence']) =>
    house.message(
      watcher,
      'deviceState',
      { org: demoOrg, device: demoDevice },
      (it) => it.presence === state,
    );
  await presence('online');
  const lost = presence('lost');
  const back = lost.then(() => presence('online'));
  const { job_id } = await house.order();
  await simulator.result(job_id);
  const job = await house.job(job_id);
  expect(job).toMatchObject({ status: 'done', itens_completados: 4 });
  const from = (await lost).desde ?? Number.NaN;
  const to = (await back).desde ?? Number.NaN;
  const arrivals = job.execution_logs.map(({ recebido_em }) => recebido_em);
  expect(arrivals.filter((at) => at <= from || at >= to)).toEqual(arrivals);
  expect(arrivals.filter((at) => at >= to).length).toBeGreaterThanOrEqual(3);
  expect([...countStarts(readFileSync(ledger, 'utf8')).values()]).toEqual([1, 1, 1, 1]);
  await simulator.stop();
});

test('a dispenser that comes back without its journal is not given the job again; the next one runs', async () => {
  const dir = join(house.dir, 'flash-lost');
  const ledger = join(house.dir, 'ledger-lost');
  const first = await house.simulator({ dir, ledger, crash: { at: 2, when: 'inside' } });
  const { job_id } = await house.order();
  await first.crashed;
  rmSync(dir, { recursive: true });
  const second = await house.simulator({ dir, ledger });
  const closed = await house.jobWhen(job_id, ended);
  expect(closed).toMatchObject({ status: 'done_partial', motivo: 'diario_perdido', itens_completados: 2 });
  const next = await house.order();
  await second.result(next.job_id);
  // Three frascos of the lost job, four of the next: none of them twice.
  const lines = readFileSync(ledger, 'utf8').split('\n');
  const started = (jobId: number): string[] =>
    lines.filter((line) => line.startsWith('START') && line.split(' ')[2] === String(jobId));
  expect(started(job_id)).toHaveLength(3);
  expect(started(next.job_id)).toHaveLength(4);
  await second.stop();
});

test('after all of this the estoque is the sum of its ledger, and every gram that left has its frasco', async () => {
  const { rows } = await house.api.call<{ rows: { job_id: number }[] }>('GET', '/api/jobs');
  expect(rows).toHaveLength(5);
  await expectExact(
    house,
    demoDevice,
    rows.map(({ job_id }) => job_id),
  );
});
