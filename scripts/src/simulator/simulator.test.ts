import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

test('frascos fail where they are told to, and are counted as the contract does', async () => {
  const simulator = await start({ parameters: { fail_frasco_indices: [1], frasco_delay_ms: 5 } });
  await simulator.connected();
  const result = await simulator.result(platform.api.offer([60_000, 60_000, 60_000]).job_id);
  expect(result).toMatchObject({ itens_completados: 2, itens_falhados: 1 });
  expect(result.execution_logs.map(({ status }) => status)).toEqual(['done', 'failed', 'done']);
});

test('--speed makes the motors faster, not what they measure', async () => {
  const simulator = await start({ speed: 1_000 });
  await simulator.connected();
  const { execution_logs } = await simulator.result(platform.api.offer([30_000]).job_id);
  expect(execution_logs[0]?.segundos).toBe(30);
});

test('a Wi-Fi drop in the middle of a frasco delays the reports and loses none', async () => {
  const parameters = { simulate_wifi_drop: true, drop_at_frasco_index: 1, drop_duration_seconds: 0.2 };
  const simulator = await start({ parameters });
  await simulator.connected();
  const { job_id } = platform.api.offer([20, 20, 20]);
  await platform.until(() => platform.api.heard.some(({ payload }) => payload.includes('"lost"')));
  const result = await simulator.result(job_id);
  expect(result).toMatchObject({ itens_completados: 3, itens_falhados: 0 });
  expect(platform.api.job(job_id)?.entries.size).toBe(3);
  expect(platform.api.births.map(({ active }) => active?.job_id ?? null)).toEqual([null, job_id]);
  expect(starts()).toEqual([1, 1, 1]);
});

test.each([
  ['before', ['done', 'interrompido', 'done']],
  ['inside', ['done', 'interrompido', 'done']],
  ['between', ['done', 'done', 'done']],
] as const)('after a crash %s a frasco the job goes on with the next', async (when, expected) => {
  const first = await start({ crash: { at: 1, when } });
  await first.connected();
  const { job_id } = platform.api.offer([20, 40, 20]);
  await first.crashed;
  const second = await start();
  const { execution_logs } = await second.result(job_id);
  expect(execution_logs.map(({ error }) => error?.split(':')[0] ?? 'done')).toEqual(expected);
  expect(Math.max(...starts())).toBe(1);
  expect(platform.api.faults).toEqual([]);
});

test('duplicate and overtaking reports are the same reports', async () => {
  const simulator = await start({ duplicateReports: 3, reorderReports: true });
  await simulator.connected();
  const { job_id } = platform.api.offer([5, 5, 5, 5]);
  const result = await simulator.result(job_id);
  expect(result.itens_completados).toBe(4);
  const order = platform.api.heard
    .filter(({ key }) => key === 'jobLog')
    .map(({ payload }) => JSON.parse(payload).item_ordem);
  expect(order.slice(0, 8)).toEqual([2, 2, 2, 2, 1, 1, 1, 1]);
  expect(platform.api.faults).toEqual([]);
});

test.each([
  ['1970', (ts: number | null) => ts !== null && ts < 3_600_000],
  ['+1h', (ts: number | null) => ts !== null && ts > Date.now() + 3_000_000],
  ['-1h', (ts: number | null) => ts !== null && ts < Date.now() - 3_000_000],
  ['none', (ts: number | null) => ts !== null && Math.abs(ts - Date.now()) < 600_000],
] as const)('a clock at %s shows in ts and changes nothing else', async (clock, fits) => {
  const simulator = await start({ clock });
  await simulator.connected();
  const result = await simulator.result(platform.api.offer([5]).job_id);
  expect(result.itens_completados).toBe(1);
  expect(fits(result.execution_logs[0]?.ts ?? null)).toBe(true);
});

test('a wrong password is told as such', async () => {
  const simulator = await start({ password: 'errado' });
  await expect(simulator.connected()).rejects.toThrow('refuses the credential of demo.dev-1');
});

test('an unreachable broker is tried again and told about, each time', async () => {
  const problems: string[] = [];
  let enough: () => void = () => {};
  const three = new Promise<void>((resolve) => {
    enough = resolve;
  });
  await start({
    url: 'mqtt://127.0.0.1:1',
    onProblem({ kind, message }) {
      problems.push(`${kind} ${message}`);
      if (problems.length === 3) enough();
    },
  });
  await three;
  expect(problems[0]).toMatch(/^unreachable no connection to mqtt:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/);
});

test('an orderly stop says offline, so that its will does not fire', async () => {
  const simulator = await start();
  await simulator.connected();
  await platform.until(() => platform.api.births.length === 1);
  const states = (): string[] =>
    platform.api.heard
      .filter(({ key }) => key === 'presence')
      .map(({ payload }) => JSON.parse(payload).state);
  await simulator.stop();
  await platform.until(() => states().length === 2);
  expect(states()).toEqual(['online', 'offline']);
});

test('the reboot command starts a new boot on the same journal', async () => {
  const simulator = await start();
  await simulator.connected();
  await platform.until(() => platform.api.births.length === 1);
  platform.api.send('command', { op: 'reboot' }, { id: 'r1', expires_at: Date.now() + 60_000 });
  await platform.until(() => platform.api.births.length === 2);
  const [before, after] = platform.api.births;
  expect(after).toMatchObject({ journal_id: before?.journal_id, boot_id: '0002', reset_reason: 'software' });
  await simulator.result(platform.api.offer([5]).job_id);
});

test('an unreadable journal begins a new one, and the job it held is closed by the api', async () => {
  const first = await start({ crash: { at: 0, when: 'inside' } });
  await first.connected();
  const { job_id } = platform.api.offer([50, 50]);
  await first.crashed;
  const path = join(folder, 'dev-1', 'journal.jsonl');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"k":"boot"', '"k":"b00t"'));
  await start();
  await platform.until(() => platform.api.job(job_id)?.status === 'terminal');
  const [before, after] = platform.api.births;
  expect(after?.journal_id).not.toBe(before?.journal_id);
  expect(Math.max(...starts())).toBe(1);
});
