import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { countStarts } from './ledger.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from './simulator.ts';
import { type BrokerWithApi, startBrokerWithApi } from './testing/broker-with-api.ts';

const who = { org: 'demo', device: 'dev-1', password: 'segredo' };
let folder: string;
let platform: BrokerWithApi;
const running: Simulator[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yaguts-simulator-'));
  platform = await startBrokerWithApi(who);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
  await platform.close();
  rmSync(folder, { recursive: true, force: true });
});

const ledgerPath = (): string => join(folder, 'ledger');
async function start(more: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const simulator = await startSimulator({
    ...who,
    url: platform.url,
    dir: join(folder, 'dev-1'),
    ledger: ledgerPath(),
    backoff: { baseMs: 20, maxMs: 100 },
    ...more,
  });
  running.push(simulator);
  return simulator;
}
const starts = (): number[] => [...countStarts(readFileSync(ledgerPath(), 'utf8')).values()];

test('a job is poured frasco by frasco and its result given once the api has all of it', async () => {
  const simulator = await start();
  await simulator.connected();
  const job = platform.api.offer([30, 20, 10]);
  const result = await simulator.result(job.job_id);
  expect(result).toMatchObject({ itens_completados: 3, itens_falhados: 0 });
  expect(result.execution_logs.map(({ item_ordem }) => item_ordem)).toEqual([1, 2, 3]);
  expect(starts()).toEqual([1, 1, 1]);
  expect(platform.api.heard[0]?.key).toBe('birth');
  expect(platform.api.faults).toEqual([]);
});
