import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBroker } from '@yaguts/broker';
import mqtt from 'mqtt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findMosquitto, startMosquitto } from '../bench/mosquitto.ts';
import { root } from '../root.ts';
import { countStarts } from '../simulator/ledger.ts';
import { type BrokerWithApi, startBrokerWithApi } from '../simulator/testing/broker-with-api.ts';
import { createScriptedApi } from '../simulator/testing/scripted-api.ts';

/** `npm run simulate` as a process of its own, so that kill -9 is a real one. */
interface Process {
  readonly child: ChildProcess;
  readonly lines: string[];
  /** Resolves with the first line that fits, past ones included. */
  line(fits: RegExp): Promise<string>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

const who = { org: 'demo', device: 'dev-1', password: 'segredo' };
const built = join(root, 'scripts', 'dist', 'simulate.js');
const program = `import(${JSON.stringify(built)}).then(({ main }) => main(process.argv.slice(1)))`;
let folder: string;
let platform: BrokerWithApi;
const cleanups: (() => Promise<unknown> | undefined)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yaguts-simulate-'));
  platform = await startBrokerWithApi(who);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await platform.close();
  rmSync(folder, { recursive: true, force: true });
});

function simulate(args: readonly string[], password: string | undefined = who.password): Process {
  const { YAGUTS_DEVICE_PASSWORD: _, npm_lifecycle_event: __, ...env } = process.env;
  const child = spawn(process.execPath, ['-e', program, '--', ...args], {
    env: password === undefined ? env : { ...env, YAGUTS_DEVICE_PASSWORD: password },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let rest = '';
  const read = (chunk: Buffer): void => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    for (const check of waiting) check();
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  cleanups.push(() => {
    child.kill('SIGKILL');
    return ended;
  });
  return {
    child,
    lines,
    ended,
    line: (fits) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = lines.find((line) => fits.test(line));
          if (found === undefined) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        ended.then(() => reject(new Error(`ended before ${fits}:\n${lines.join('\n')}`)));
        check();
      }),
  };
}

const device = (): string[] => [
  ...['--url', platform.url, '--org', who.org, '--device', who.device],
  ...['--dir', join(folder, 'flash'), '--ledger', join(folder, 'ledger')],
];
const starts = (): Map<string, number> => countStarts(readFileSync(join(folder, 'ledger'), 'utf8'));

test('--once pours one job and prints its result', async () => {
  const process = simulate([...device(), '--once', '--quiet', '--fail-frasco-indices', '1']);
  await process.line(/connected to/);
  const { job_id } = platform.api.offer([20, 20, 20]);
  expect(await process.ended).toBe(0);
  const result = JSON.parse(process.lines.at(-1) ?? '');
  expect(result).toMatchObject({ device: 'demo.dev-1', job_id, itens_completados: 2, itens_falhados: 1 });
});

test('killed with -9 at any line it prints, it pours no frasco twice and reports each job whole', async () => {
  const killAt = [
    /Job recebido/,
    /Iniciando/,
    /Item 1\/2/,
    /Item 1 concl/,
    /Item 2\/2/,
    /Item 2 concl/,
    /\[REPORT\]/,
  ];
  for (const line of killAt) {
    const victim = simulate(device());
    await victim.line(/connected to/);
    const { job_id } = platform.api.offer([30, 30]);
    await victim.line(line);
    victim.child.kill('SIGKILL');
    expect(await victim.ended).toBe('SIGKILL');
    const births = platform.api.births.length;
    const heir = simulate(device());
    await platform.until(() => platform.api.births.length > births);
    const isComplete = (): boolean => platform.api.job(job_id)?.complete !== undefined;
    // A late kill may have left nothing to do.
    const nothingLeft = platform.api.births.at(-1)?.active === null && isComplete();
    if (!nothingLeft) await heir.line(new RegExp(`Job ${job_id} entregue`));
    expect(isComplete()).toBe(true);
    heir.child.kill('SIGTERM');
    expect(await heir.ended).toBe(0);
  }
  expect([...starts().values()].filter((count) => count !== 1)).toEqual([]);
  expect(platform.api.faults).toEqual([]);
});

test('--crash-at-frasco-index ends the process with a real SIGKILL, and the next one resumes', async () => {
  const first = simulate([...device(), '--crash-at-frasco-index', '1', '--crash-when', 'inside']);
  await first.line(/connected to/);
  const { job_id } = platform.api.offer([20, 60, 20]);
  expect(await first.ended).toBe('SIGKILL');
  const second = simulate([...device(), '--once']);
  expect(await second.ended).toBe(0);
  expect(second.lines).toContain(`[RESUME] Retomando job ${job_id} (item 3/3)`);
  expect([...starts().values()]).toEqual([1, 1, 1]);
});

test('SIGTERM ends it in order: offline, exit 0, and the journal is free for the next', async () => {
  const process = simulate(device());
  await process.line(/connected to/);
  process.child.kill('SIGTERM');
  expect(await process.ended).toBe(0);
  expect(platform.api.heard.filter(({ key }) => key === 'presence').at(-1)?.payload).toContain('offline');
  expect(existsSync(join(folder, 'flash', 'demo.dev-1', 'journal.lock'))).toBe(false);
});

test('a refused credential ends with 1 and says whose', async () => {
  const process = simulate([...device(), '--quiet'], 'errado');
  expect(await process.ended).toBe(1);
  expect(process.lines.join('\n')).toMatch(/refuses the credential of demo\.dev-1/);
});

test('an unreachable broker is told about and tried again', async () => {
  const process = simulate([...device(), '--url', 'mqtt://127.0.0.1:1', '--quiet']);
  expect(await process.line(/trying again in/)).toMatch(
    /no connection to mqtt:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/,
  );
});

test('a wrong flag ends with 2 and its name', async () => {
  const process = simulate(['--frasco-delay-ms', 'soon']);
  expect(await process.ended).toBe(2);
  expect(process.lines[0]).toContain('--frasco-delay-ms soon: expected a number');
});

test('a journal in use is refused', async () => {
  await simulate(device()).line(/connected to/);
  const second = simulate(device());
  expect(await second.ended).toBe(1);
  expect(second.lines.at(-1)).toContain('in use');
});

test('a hundred dispensers come from one credentials file', async () => {
  const names = Array.from({ length: 100 }, (_, i) => `demo.dev-${i + 1}`);
  const file = join(folder, 'credentials.json');
  writeFileSync(file, JSON.stringify(names.map((username) => ({ username, password: `p-${username}` }))));
  const births = new Set<string>();
  let all: () => void = () => {};
  const everyone = new Promise<void>((resolve) => {
    all = resolve;
  });
  const broker = await createBroker({
    limits: { connectsPerAddress: { perSecond: 1_000, burst: 1_000 } },
    authenticate({ username = '', password }) {
      const [org = '', name = ''] = username.split('.');
      const known = Buffer.from(password ?? []).toString() === `p-${username}`;
      return known ? { kind: 'device', org, device: name, credential: username } : undefined;
    },
  });
  cleanups.push(() => broker.close());
  broker.setInbound(({ match, principal }) => {
    if (match.key === 'birth' && principal.kind === 'device') births.add(principal.device);
    if (births.size === names.length) all();
  });
  const { port } = await broker.listenTcp({ host: '127.0.0.1', port: 0 });
  const url = `mqtt://127.0.0.1:${port}`;
  const process = simulate(['--url', url, '--credentials', file, '--dir', join(folder, 'flash'), '--quiet']);
  await everyone;
  process.child.kill('SIGTERM');
  expect(await process.ended).toBe(0);
});

const mosquitto = findMosquitto();

test.skipIf(mosquitto === undefined)('it works against mosquitto as well', async () => {
  const { port, stop } = await startMosquitto(mosquitto as string);
  cleanups.push(stop);
  const client = await connectedTo(`mqtt://127.0.0.1:${port}`);
  cleanups.push(() => client.endAsync());
  const api = createScriptedApi({
    ...who,
    now: Date.now,
    publish: (...message) => void client.publish(...message),
  });
  await client.subscribeAsync('yaguts/v1/demo/devices/dev-1/#', { qos: 1 });
  client.on('message', (topic, payload) => api.receive(topic, payload));
  api.replayRetained();
  const { job_id } = api.offer([20, 20]);
  const process = simulate([...device(), '--url', `mqtt://127.0.0.1:${port}`, '--once']);
  expect(await process.ended).toBe(0);
  expect(api.job(job_id)?.entries.size).toBe(2);
  expect(api.faults).toEqual([]);
});

/** mqtt.js keeps trying until mosquitto listens. */
async function connectedTo(url: string): Promise<mqtt.MqttClient> {
  const client = mqtt.connect(url, { protocolVersion: 4, reconnectPeriod: 50 });
  client.on('error', () => {});
  await new Promise<void>((resolve) => void client.once('connect', () => resolve()));
  return client;
}
