import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobCreated } from '@yaguts/shared';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { demoDevice } from '../demo/kitchen.ts';
import { countStarts } from '../simulator/ledger.ts';
import type { Simulator, SimulatorOptions } from '../simulator/simulator.ts';
import { expectExact } from './exactness.ts';
import { openHouse, type TestHouse } from './fixture.ts';

// The simulated dispenser's faults against the real platform: what the person sees, what the estoque says and
// what really ran must agree.

let house: TestHouse;
let runs = 0;
const simulators: Simulator[] = [];
const ordered: number[] = [];
beforeAll(async () => {
  house = await openHouse();
});
beforeEach(() => {
  runs++;
});
afterEach(async () => {
  for (const simulator of simulators.splice(0)) await simulator.stop();
  await expectExact(house, demoDevice, ordered);
});
afterAll(() => house.close());

// One board through all of it (an empty flash would be another board with the same credential: a twin), and for
// each test a ledger of what really ran.
const ledger = (): string => join(house.dir, `ledger-${runs}`);
const flash = (): string => join(house.dir, 'flash');
async function start(more: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const simulator = await house.simulator({ dir: flash(), ledger: ledger(), ...more });
  simulators.push(simulator);
  return simulator;
}
async function order(): Promise<JobCreated> {
  const job = await house.order();
  ordered.push(job.job_id);
  return job;
}
const ended = ({ terminado_em }: { terminado_em: number | null }): boolean => terminado_em !== null;
const doubles = (): string[] =>
  [...countStarts(readFileSync(ledger(), 'utf8'))].filter(([, count]) => count > 1).map(([item]) => item);

/** Per item `done` or the code of its error, as the platform has them. */
async function outcomes(jobId: number): Promise<string[]> {
  const { itens } = await house.job(jobId);
  return itens.map(({ estado, error }) => (estado === 'failed' ? (error?.split(':')[0] ?? '') : estado));
}

test.each([
  ['before', ['done', 'interrompido', 'done', 'done'], 'done_partial'],
  ['inside', ['done', 'interrompido', 'done', 'done'], 'done_partial'],
  ['between', ['done', 'done', 'done', 'done'], 'done'],
] as const)(
  'a power cut %s a frasco: the job goes on with the next, nothing is poured twice',
  async (when, expected, status) => {
    const first = await start({ crash: { at: 1, when } });
    const { job_id } = await order();
    await first.crashed;
    const second = await start();
    await second.result(job_id);
    expect(await house.jobWhen(job_id, ended)).toMatchObject({ status });
    expect(await outcomes(job_id)).toEqual(expected);
    expect(doubles()).toEqual([]);
  },
);

test('two power cuts inside frascos close the rest of the job', async () => {
  const { job_id } = await order();
  for (const at of [0, 1]) await (await start({ crash: { at, when: 'inside' } })).crashed;
  await (await start()).result(job_id);
  expect(await outcomes(job_id)).toEqual(['interrompido', 'interrompido', 'abortado', 'cancelado']);
  expect(await house.jobWhen(job_id, ended)).toMatchObject({
    ...{ status: 'failed', itens_falhados: 3, itens_cancelados: 1 },
  });
});

test('a Wi-Fi drop in the middle: it pours on, and its reports come when it is back', async () => {
  const parameters = {
    frasco_delay_ms: 40,
    simulate_wifi_drop: true,
    drop_at_frasco_index: 1,
    drop_duration_seconds: 0.3,
  };
  const simulator = await start({ parameters });
  const { job_id } = await order();
  await simulator.result(job_id);
  expect(await house.jobWhen(job_id, ended)).toMatchObject({ status: 'done', itens_completados: 4 });
  expect(doubles()).toEqual([]);
});

test('reports that come four times and overtake each other are stored once each', async () => {
  const simulator = await start({ duplicateReports: 3, reorderReports: true });
  const { job_id } = await order();
  await simulator.result(job_id);
  expect(await house.jobWhen(job_id, ended)).toMatchObject({ status: 'done', itens_completados: 4 });
});

test.each(['1970', '+1h', '-1h', 'none'] as const)(
  'a dispenser whose clock stands at %s pours all the same',
  async (clock) => {
    const simulator = await start({ clock });
    const { job_id } = await order();
    await simulator.result(job_id);
    expect(await house.jobWhen(job_id, ended)).toMatchObject({ status: 'done' });
  },
);

test('the platform restarts in the middle of a job, which loses nothing', async () => {
  const simulator = await start({ parameters: { frasco_delay_ms: 150 } });
  const { job_id } = await order();
  await house.jobWhen(job_id, ({ itens_completados }) => itens_completados >= 1);
  await house.restart();
  await simulator.result(job_id);
  expect(await house.jobWhen(job_id, ended)).toMatchObject({ status: 'done', itens_completados: 4 });
  expect(doubles()).toEqual([]);
});

test('a cancel stops the motor, and what was poured before stays poured', async () => {
  // Slow, so that the wish comes while it pours on a busy machine too.
  await start({ parameters: { frasco_delay_ms: 2_000 } });
  const { job_id } = await order();
  await house.jobWhen(job_id, ({ itens_completados }) => itens_completados >= 1);
  await house.kitchen.owner.call('POST', `/api/jobs/${job_id}/cancel`, { motivo: 'panela errada' });
  const job = await house.jobWhen(job_id, ended);
  expect(job.status).toBe('done_partial');
  expect(job.itens_completados).toBeGreaterThanOrEqual(1);
  expect(job.itens_completados + job.itens_cancelados).toBe(4);
});

test('an emergency stop ends what runs: the frasco under way is abortado, the rest cancelado', async () => {
  await start({ parameters: { frasco_delay_ms: 5_000 } });
  const { job_id } = await order();
  await house.jobWhen(job_id, ({ fase }) => fase === 'dispensando');
  await house.kitchen.owner.call('POST', '/api/stop', {});
  await house.jobWhen(job_id, ended);
  expect(await outcomes(job_id)).toEqual(['abortado', 'cancelado', 'cancelado', 'cancelado']);
});

test('a job whose journal is lost is closed for a person to look at, and never poured again', async () => {
  const first = await start({ crash: { at: 1, when: 'inside' } });
  const { job_id } = await order();
  await first.crashed;
  const path = join(flash(), 'journal.jsonl');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"k":"boot"', '"k":"b00t"'));
  const second = await start();
  expect(await house.jobWhen(job_id, ended)).toMatchObject({ motivo: 'diario_perdido' });
  // The dispenser is free for the next job.
  const next = await order();
  await second.result(next.job_id);
  expect(doubles()).toEqual([]);
});
