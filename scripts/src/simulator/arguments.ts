import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Id, limits, SimulateIn } from '@yaguts/shared';
import * as v from 'valibot';
import { type DeviceCredential, readCredentials } from './credentials.ts';
import { type CrashPoint, crashMoments, type SimulateParameters } from './faults.ts';
import { type ClockKind, clockKinds } from './simulated-clock.ts';

export const usage = `npm run simulate -- [flags]

Simulated dispensers over real MQTT, each with its own journal file.

  --url mqtt://host:port     the broker (mqtt://127.0.0.1:1883)
  --org ID --device ID       who it is (demo, dev-1); the password comes from YAGUTS_DEVICE_PASSWORD
  --credentials FILE         or from this file: [{"username": "org.device", "password": "…"}]
  --count N                  so many dispensers: dev-1 … dev-N, or the first N of the file
  --dir FOLDER               journals, one folder each (data/simulator)
  --ledger FILE              appends START and STOP of every motor
  --frascos N                outputs of the board (8)
  --speed X                  time factor of the motors (1)
  --once                     ends with 0 when each has had one job wholly acked
  --quiet                    results and problems only, no serial lines
  --firmware                 the firmware itself, built for this machine, in place of the TypeScript simulator

Simulator parameters, as in POST /devices/test/simulate-execution (frascos counted from 0):
  --job-id N                 touch this job only
  --frasco-delay-ms MS       time of each frasco in place of the planned one
  --fail-frasco-indices 0,2  these fail
  --simulate-wifi-drop --drop-at-frasco-index I --drop-duration-seconds S

More trouble:
  --crash-at-frasco-index I --crash-when before|inside|between   kills itself with SIGKILL
  --duplicate-reports N      each report N times more
  --reorder-reports          reports overtake each other
  --clock real|none|1970|+1h|-1h
`;

export interface SimulateCommand {
  readonly url: string;
  readonly devices: readonly (DeviceCredential & { readonly dir: string })[];
  readonly ledger: string | undefined;
  readonly frascos: number;
  readonly speed: number;
  readonly once: boolean;
  readonly quiet: boolean;
  /** Dispensers are processes of the firmware built for this machine. */
  readonly firmware: boolean;
  readonly parameters: SimulateParameters;
  readonly crash: CrashPoint | undefined;
  readonly duplicateReports: number;
  readonly reorderReports: boolean;
  readonly clock: ClockKind;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const flags = {
  url: text,
  org: text,
  device: text,
  credentials: text,
  count: text,
  dir: text,
  ledger: text,
  frascos: text,
  speed: text,
  once: flag,
  quiet: flag,
  firmware: flag,
  help: { type: 'boolean', short: 'h' },
  'job-id': text,
  'frasco-delay-ms': text,
  'fail-frasco-indices': text,
  'simulate-wifi-drop': flag,
  'drop-at-frasco-index': text,
  'drop-duration-seconds': text,
  'crash-at-frasco-index': text,
  'crash-when': text,
  'duplicate-reports': text,
  'reorder-reports': flag,
  clock: text,
} as const;

type Flags = Partial<Record<keyof typeof flags, string | boolean>>;

/**
 * Reads the command line.
 *
 * @param argv  arguments after the program's name; `_` and `-` are the same in a flag's name
 * @param env   YAGUTS_DEVICE_PASSWORD: a secret on a command line is seen by every user of the machine
 * @returns     undefined when help was asked for
 * @throws Error with a sentence that names the flag
 */
export function parseSimulateArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): SimulateCommand | undefined {
  const args = argv.map((arg) => (arg.startsWith('--') ? dashes(arg) : arg));
  // "-1h" would read as a flag of its own.
  const joined = args.flatMap((arg, i) => {
    if (args[i - 1] === '--clock') return [];
    return arg === '--clock' ? [`--clock=${args[i + 1] ?? ''}`] : [arg];
  });
  const values: Flags = parseArgs({
    args: joined,
    options: flags,
    strict: true,
    allowPositionals: false,
  }).values;
  if (values.help) return undefined;

  const count = wholeNumber(values, 'count', 1, 10_000);
  const dir = String(values.dir ?? join('data', 'simulator'));
  return {
    url: urlOf(values),
    devices: devicesOf(values, count, env.YAGUTS_DEVICE_PASSWORD).map((one) => ({
      ...one,
      dir: join(dir, `${one.org}.${one.device}`),
    })),
    ledger: values.ledger === undefined ? undefined : String(values.ledger),
    frascos: wholeNumber(values, 'frascos', 1, limits.maxFrascos) ?? 8,
    speed: number(values, 'speed', 0.01, 10_000) ?? 1,
    once: values.once === true,
    quiet: values.quiet === true,
    firmware: values.firmware === true,
    parameters: parametersOf(values),
    crash: crashOf(values),
    duplicateReports: wholeNumber(values, 'duplicate-reports', 0, 1_000) ?? 0,
    reorderReports: values['reorder-reports'] === true,
    clock: oneOf(values, 'clock', clockKinds) ?? 'real',
  };
}

const dashes = (arg: string): string => {
  const [name = '', ...value] = arg.split('=');
  return [name.replaceAll('_', '-'), ...value].join('=');
};

function urlOf(values: Flags): string {
  const url = String(values.url ?? 'mqtt://127.0.0.1:1883');
  if (!URL.canParse(url) || !/^(mqtts?|wss?):$/.test(new URL(url).protocol)) {
    throw new Error(`--url ${url}: expected mqtt://host:port (or mqtts, ws, wss)`);
  }
  if (new URL(url).password) throw new Error('--url: no password here; set YAGUTS_DEVICE_PASSWORD');
  return url;
}

function devicesOf(
  values: Flags,
  count: number | undefined,
  password: string | undefined,
): DeviceCredential[] {
  if (values.credentials !== undefined) {
    const all = readCredentials(String(values.credentials));
    const wanted = all.filter(
      ({ org, device }) =>
        (values.org === undefined || org === values.org) &&
        (values.device === undefined || device === values.device),
    );
    if (wanted.length === 0) throw new Error(`--credentials ${values.credentials}: no such device in it`);
    if (count !== undefined && count > wanted.length) {
      throw new Error(`--count ${count}: the credentials file holds ${wanted.length}`);
    }
    return wanted.slice(0, count);
  }
  const org = id(values, 'org') ?? 'demo';
  const device = id(values, 'device');
  if (count === undefined) return [{ org, device: device ?? 'dev-1', password }];
  return Array.from({ length: count }, (_, i) => ({ org, device: `${device ?? 'dev'}-${i + 1}`, password }));
}

function parametersOf(values: Flags): SimulateParameters {
  const indices = values['fail-frasco-indices'];
  const given = {
    job_id: number(values, 'job-id'),
    frasco_delay_ms: number(values, 'frasco-delay-ms'),
    fail_frasco_indices: indices === undefined ? undefined : String(indices).split(',').map(Number),
    simulate_wifi_drop: values['simulate-wifi-drop'] === true ? true : undefined,
    drop_at_frasco_index: number(values, 'drop-at-frasco-index'),
    drop_duration_seconds: number(values, 'drop-duration-seconds'),
  };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const checked = v.safeParse(SimulateIn, known);
  if (checked.success) return known;
  const issue = checked.issues[0];
  const name = String(issue?.path?.[0]?.key ?? '').replaceAll('_', '-');
  throw new Error(`--${name}: ${issue?.message}`);
}

function crashOf(values: Flags): CrashPoint | undefined {
  const at = wholeNumber(values, 'crash-at-frasco-index', 0, limits.maxItens - 1);
  const when = oneOf(values, 'crash-when', crashMoments);
  if (at === undefined && when !== undefined) throw new Error('--crash-when needs --crash-at-frasco-index');
  return at === undefined ? undefined : { at, when: when ?? 'inside' };
}

function number(values: Flags, name: keyof Flags, min = -Infinity, max = Infinity): number | undefined {
  const given = values[name];
  if (given === undefined) return undefined;
  const value = Number(given);
  if (given === '' || !Number.isFinite(value)) throw new Error(`--${name} ${given}: expected a number`);
  if (value < min || value > max) throw new Error(`--${name} ${given}: expected ${min} to ${max}`);
  return value;
}

function wholeNumber(values: Flags, name: keyof Flags, min: number, max: number): number | undefined {
  const value = number(values, name, min, max);
  if (value !== undefined && !Number.isInteger(value))
    throw new Error(`--${name} ${value}: expected a whole number`);
  return value;
}

function id(values: Flags, name: 'org' | 'device'): string | undefined {
  const given = values[name];
  if (given === undefined) return undefined;
  const checked = v.safeParse(Id, given);
  if (!checked.success) throw new Error(`--${name} ${given}: ${checked.issues[0].message}`);
  return checked.output;
}

function oneOf<T extends string>(values: Flags, name: keyof Flags, allowed: readonly T[]): T | undefined {
  const given = values[name];
  if (given === undefined) return undefined;
  const known = allowed.find((one) => one === given);
  if (!known) throw new Error(`--${name} ${given}: expected ${allowed.join(', ')}`);
  return known;
}
