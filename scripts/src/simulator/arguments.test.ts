import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseSimulateArguments, usage } from './arguments.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yaguts-arguments-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const parse = (line: string, env: Record<string, string> = {}) =>
  parseSimulateArguments(line.split(' ').filter(Boolean), env);
function credentials(content: unknown): string {
  const path = join(folder, 'credentials.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

test('without flags it is demo.dev-1 at the local broker, its password from the environment', () => {
  expect(parse('', { YAGUTS_DEVICE_PASSWORD: 'segredo' })).toMatchObject({
    url: 'mqtt://127.0.0.1:1883',
    devices: [
      { org: 'demo', device: 'dev-1', password: 'segredo', dir: join('data', 'simulator', 'demo.dev-1') },
    ],
    speed: 1,
    clock: 'real',
    parameters: {},
  });
});

test('the parameters carry the names of the contract, with dashes or underscores', () => {
  const wanted = {
    job_id: 7,
    frasco_delay_ms: 100,
    fail_frasco_indices: [0, 2],
    simulate_wifi_drop: true,
    drop_at_frasco_index: 1,
    drop_duration_seconds: 3,
  };
  const dashed =
    '--job-id 7 --frasco-delay-ms 100 --fail-frasco-indices 0,2 --simulate-wifi-drop --drop-at-frasco-index 1 --drop-duration-seconds 3';
  expect(parse(dashed)?.parameters).toEqual(wanted);
  expect(parse(dashed.replaceAll(/(?<=\w)-(?=[a-z])/g, '_'))?.parameters).toEqual(wanted);
});

test('--count names dev-1 to dev-N', () => {
  expect(parse('--count 3')?.devices.map(({ device }) => device)).toEqual(['dev-1', 'dev-2', 'dev-3']);
});

test.each([
  [
    'a list',
    [
      { username: 'demo.a', password: 'x' },
      { org: 'demo', device: 'b', password: 'y' },
    ],
  ],
  ['a map', { 'demo.a': 'x', 'demo.b': 'y' }],
])('credentials are read from %s', (_, content) => {
  const path = credentials(content);
  expect(parse(`--credentials ${path}`)?.devices).toMatchObject([
    { org: 'demo', device: 'a', password: 'x' },
    { org: 'demo', device: 'b', password: 'y' },
  ]);
  expect(parse(`--credentials ${path} --device b`)?.devices).toMatchObject([{ device: 'b', password: 'y' }]);
  expect(parse(`--credentials ${path} --count 1`)?.devices).toMatchObject([{ device: 'a' }]);
});

test('one credential as the platform hands it out is enough', () => {
  const path = credentials({ org: 'demo', device: 'a', username: 'demo.a', password: 'x' });
  expect(parse(`--credentials ${path}`)?.devices).toMatchObject([
    { org: 'demo', device: 'a', password: 'x' },
  ]);
});

test('a crash is inside the frasco unless said otherwise', () => {
  expect(parse('--crash-at-frasco-index 1')?.crash).toEqual({ at: 1, when: 'inside' });
  expect(parse('--crash-at-frasco-index 1 --crash-when between')?.crash).toEqual({ at: 1, when: 'between' });
});

test.each(['real', 'none', '1970', '+1h', '-1h'])('the clock can be %s', (clock) => {
  expect(parse(`--clock ${clock}`)?.clock).toBe(clock);
});

test('help is no command', () => {
  expect(parse('--help')).toBeUndefined();
  for (const flag of ['--url', '--frasco-delay-ms', '--crash-when']) expect(usage).toContain(flag);
});

test.each([
  ['--bogus', '--bogus'],
  ['--url nowhere', '--url nowhere'],
  ['--url http://x', '--url http://x'],
  ['--url mqtt://a:secret@x', '--url'],
  ['--count 0', '--count 0'],
  ['--count 1.5', '--count 1.5'],
  ['--frascos 25', '--frascos 25'],
  ['--speed fast', '--speed fast'],
  ['--org Demo', '--org Demo'],
  ['--device a/b', '--device a/b'],
  ['--job-id 0', '--job-id'],
  ['--frasco-delay-ms -5', '--frasco-delay-ms'],
  ['--frasco-delay-ms 180001', '--frasco-delay-ms'],
  ['--fail-frasco-indices 0,x', '--fail-frasco-indices'],
  ['--drop-duration-seconds 601', '--drop-duration-seconds'],
  ['--crash-when inside', '--crash-when'],
  ['--crash-at-frasco-index 0 --crash-when soon', '--crash-when soon'],
  ['--clock yesterday', '--clock yesterday'],
  ['--credentials /nowhere/at/all', '--credentials /nowhere/at/all'],
])('%s is refused by the name of the flag', (line, named) => {
  expect(() => parse(line)).toThrow(named);
});

test('a faulty credentials file is named, its secrets are not', () => {
  for (const content of ['{"demo.a": "hunter2"', { 'demo.a.b': 'hunter2' }, [{ user: 'hunter2' }]]) {
    const path = credentials(content);
    expect(() => parse(`--credentials ${path}`)).toThrow(path);
    expect(() => parse(`--credentials ${path}`)).not.toThrow('hunter2');
  }
});

test('more devices than the file holds, or one that it does not hold, is refused', () => {
  const path = credentials({ 'demo.a': 'x' });
  expect(() => parse(`--credentials ${path} --count 2`)).toThrow('--count 2');
  expect(() => parse(`--credentials ${path} --device z`)).toThrow('no such device');
});
