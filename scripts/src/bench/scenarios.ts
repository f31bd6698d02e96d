import type { AedesQuestions } from './aedes-process.ts';
import { openBareDevice } from './bare-device.ts';
import { benchOrg } from './bench-kitchen.ts';
import type { Prepared, Wanted } from './bench-platform.ts';
import { type Child, startChild } from './child.ts';
import { openEntryDevice } from './entry-device.ts';
import { openJobDevice } from './job-device.ts';
import type { LoadEvents } from './load.ts';
import type { PlatformQuestions } from './platform-process.ts';
import { type LoadFigures, runLoad } from './run-load.ts';
import type { SqliteCeiling, SqliteQuestions } from './sqlite-process.ts';
import type { Verdict } from './verdict.ts';

export const itensPerJob = 24;

export interface Scenario {
  readonly devices: number;
  /** Rounded up to whole jobs on every device. */
  readonly entries: number;
  readonly window?: number;
  readonly perSecond?: number;
  /** Whole jobs with their handshakes, not entries alone. */
  readonly wholeJobs?: boolean;
}

export interface PlatformFigures extends LoadFigures {
  readonly batchMean: number;
  readonly batchLargest: number;
  /** Entries acked that the database does not hold. */
  readonly lost: number;
  /** Rows beyond what was acked. */
  readonly doubled: number;
  readonly wrongEstoque: Verdict['wrongEstoque'];
  readonly putAside: Verdict['putAside'];
}

/** Devices of a scenario. */
export const namesOf = ({ devices }: Scenario): string[] =>
  Array.from({ length: devices }, (_, i) => `d-${i + 1}`);
/** Whole jobs on every device. */
export const jobsEachOf = ({ entries, devices }: Scenario): number =>
  Math.ceil(entries / devices / itensPerJob);
/** How the load of a scenario is paced. */
export const pacing = ({ window, perSecond }: Scenario) => ({
  ...(window !== undefined && { window }),
  ...(perSecond !== undefined && { perSecond }),
});

export interface PlatformOptions {
  /** For the platform's process alone. */
  readonly env?: NodeJS.ProcessEnv;
  /** Told of every entry before it is published. */
  readonly sent?: LoadEvents['sent'];
  /** Beside the devices of the scenario. */
  readonly wanted?: Pick<Wanted, 'past' | 'idle'>;
  /** Called when every device is connected, before anything is measured. */
  readonly ready?: (at: Prepared, child: Child<PlatformQuestions>) => Promise<void>;
  /** Called at the end, with the data folder of the stopped platform. */
  readonly halted?: (dataDir: string) => Promise<void>;
  /** Called when the load begins; what it answers is called right after the last ack. */
  readonly during?: (at: Prepared, child: Child<PlatformQuestions>) => Promise<() => Promise<void>>;
}

/** Puts the whole platform under load, in a process of its own, and asks its database afterwards. */
export async function measurePlatform(
  scenario: Scenario,
  { env, sent, during, wanted, ready, halted }: PlatformOptions = {},
): Promise<PlatformFigures> {
  const child = startChild<PlatformQuestions>('platform-process', env);
  try {
    const jobsEach = jobsEachOf(scenario);
    const prepared = await child.ask('prepare', {
      devices: namesOf(scenario),
      jobsEach,
      transicao: scenario.wholeJobs ? 'automatica' : 'manual',
      ...wanted,
    });
    const { port, devices } = prepared;
    const { stored: storedBefore } = await child.ask('verify', null);
    const before = await child.ask('commits', null);
    const figures = await runLoad({
      ...pacing(scenario),
      entries: scenario.devices * jobsEach * itensPerJob,
      usage: () => child.ask('usage', null),
      ready: ready && (() => ready(prepared, child)),
      during: during && (() => during(prepared, child)),
      connect: (heard) =>
        Promise.all(
          devices.map(({ device, password, jobs }) => {
            const events = { ...heard, ...(sent && { sent }) };
            const at = { port, org: benchOrg, device, password };
            return scenario.wholeJobs ? openJobDevice(at, events) : openEntryDevice(at, jobs, events);
          }),
        ),
    });
    const after = await child.ask('commits', null);
    const { stored, wrongEstoque, putAside } = await child.ask('verify', null);
    if (halted) await halted(await child.ask('halt', null));
    return {
      ...figures,
      batchMean: (after.bodies - before.bodies) / (after.batches - before.batches),
      batchLargest: after.largest,
      lost: Math.max(0, figures.entries - (stored - storedBefore)),
      doubled: Math.max(0, stored - storedBefore - figures.entries),
      wrongEstoque,
      putAside,
    };
  } finally {
    await child.stop();
  }
}

/** The same load on bare aedes. */
export async function measureAedes(scenario: Scenario): Promise<LoadFigures> {
  const child = startChild<AedesQuestions>('aedes-process');
  try {
    const { port } = await child.ask('listen', null);
    const each = jobsEachOf(scenario) * itensPerJob;
    return await runLoad({
      ...pacing(scenario),
      entries: each * scenario.devices,
      usage: () => child.ask('usage', null),
      connect: (events) =>
        Promise.all(
          namesOf(scenario).map((device) =>
            openBareDevice({ port, org: benchOrg, device, password: '-' }, each, events),
          ),
        ),
    });
  } finally {
    await child.stop();
  }
}

/** The same statements on better-sqlite3 alone. */
export async function measureSqlite(entries: number): Promise<SqliteCeiling> {
  const child = startChild<SqliteQuestions>('sqlite-process');
  try {
    return await child.ask('measure', { entries });
  } finally {
    await child.stop();
  }
}
