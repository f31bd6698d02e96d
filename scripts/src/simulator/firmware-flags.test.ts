import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseSimulateArguments, type SimulateCommand } from './arguments.ts';
import { planFleet } from './firmware-fleet.ts';

const plan = (line: string, env: Record<string, string> = { YAGUTS_DEVICE_PASSWORD: 'segredo' }) =>
  planFleet(parseSimulateArguments(`--firmware ${line}`.trim().split(' '), env) as SimulateCommand);
const flagsOf = (line: string): string => plan(line)[0]?.flags.join(' ') ?? '';

test('without more, the firmware is demo.dev-1 with its flash beside the simulator’s journal', () => {
  const flash = join('data', 'simulator', 'demo.dev-1', 'flash');
  expect(flagsOf('')).toBe(`--broker 127.0.0.1:1883 --org demo --device dev-1 --dir ${flash} --frascos 8`);
});

test('the parameters of the contract become flags of the firmware', () => {
  const line =
    '--frasco-delay-ms 100 --fail-frasco-indices 0,2 --simulate-wifi-drop --drop-at-frasco-index 1';
  expect(flagsOf(`${line} --drop-duration-seconds 3 --once`)).toMatch(
    /--frascos 8 --once --frasco-delay 100 --fail 0,2 --drop-at 1 --drop-for 3$/,
  );
});

test('delay and drop stay real time when the device runs faster', () => {
  const line = '--speed 10 --frasco-delay-ms 100 --simulate-wifi-drop --drop-duration-seconds 2';
  expect(flagsOf(line)).toMatch(/--speed 10 --frasco-delay 1000 --drop-at 0 --drop-for 20$/);
});

test('a drop that is not asked for is none, and one without its seconds lasts five', () => {
  expect(flagsOf('--drop-at-frasco-index 1')).not.toContain('--drop');
  expect(flagsOf('--simulate-wifi-drop')).toMatch(/--drop-at 0 --drop-for 5$/);
});

test.each([
  ['none', '--clock 0'],
  ['1970', '--clock 1'],
])('a clock of %s is %s', (clock, flags) => {
  expect(flagsOf(`--clock ${clock}`).endsWith(flags)).toBe(true);
});

test('several have a flash and a ledger each', () => {
  const fleet = plan('--count 2 --ledger /tmp/ledger');
  expect(fleet.map(({ flags }) => flags[flags.indexOf('--ledger') + 1])).toEqual([
    '/tmp/ledger.demo.dev-1',
    '/tmp/ledger.demo.dev-2',
  ]);
  expect(new Set(fleet.map(({ flags }) => flags[flags.indexOf('--dir') + 1]))).toHaveLength(2);
});

test.each([
  ['--job-id 7', '--job-id'],
  ['--crash-at-frasco-index 1', '--crash-at-frasco-index'],
  ['--duplicate-reports 2', '--duplicate-reports'],
  ['--reorder-reports', '--reorder-reports'],
  ['--url mqtts://casa.local', '--url mqtts://casa.local'],
  ['--speed 10000 --simulate-wifi-drop --drop-duration-seconds 10', '--drop-duration-seconds'],
])('%s is nothing the firmware has: it is refused by name', (line, named) => {
  expect(() => plan(line)).toThrow(named);
});

test('a password is asked for by name', () => {
  expect(() => plan('', {})).toThrow('YAGUTS_DEVICE_PASSWORD');
});
