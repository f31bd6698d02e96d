import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { topicFilter } from '@yaguts/shared';
import { between } from '../contract.ts';
import { root } from '../root.ts';
import { benchOrg } from './bench-kitchen.ts';
import type { Prepared, Wanted } from './bench-platform.ts';
import type { Child } from './child.ts';
import { readable } from './figures.ts';
import type { PlatformQuestions } from './platform-process.ts';
import { measureRestart } from './restart.ts';
import { announceStep, type BenchOptions, machine, type Result, ratioTarget } from './result.ts';
import { measurePlatform } from './scenarios.ts';
import type { IdleDevice } from './seed-fleet.ts';
import { openWireClient, type WireClient } from './wire-client.ts';

/** What grows; everything else stays small. */
export type Axis = 'devices' | 'jobs' | 'retained';

/** The platform at one size. */
export interface Size {
  readonly axis: Axis;
  readonly count: number;
  /** Resident memory with everything connected, after a collection. */
  readonly rssMib: number;
  /** What one more idle connection adds to it; only where devices grow. */
  readonly kibPerConnection?: number;
  /** CPU of one entry, from publish to ack and out to browsers, at 200 a second. */
  readonly cpuMsPerEntry: number;
  /** CPU of one connect of a device with its subscriptions. */
  readonly cpuMsPerConnect: number;
  /** From the start of a process to serving, and the CPU that it took. */
  readonly startMs: number;
  readonly startCpuMs: number;
}
/** What the bench "grow" writes to bench-results/. */
export interface GrowResult extends Result {
  readonly sizes: readonly Size[];
}

const sizes: Readonly<Record<Axis, readonly number[]>> = {
  devices: [10, 100, 1_000, 10_000],
  jobs: [1_000, 10_000, 100_000],
  retained: [100, 1_000, 10_000, 100_000],
};
const quickSizes: typeof sizes = { devices: [10, 100], jobs: [200, 1_000], retained: [100, 500] };
const load = { devices: 10, perSecond: 200 } as const;
const itensEach = 5;
/** CONNECTs at once: below the backlog of a listening socket. */
const connectsAtOnce = 100;

/** Cost against connected devices, jobs that have ended, and retained messages (jobs of the last day). */
export async function measureGrow({ isQuick }: BenchOptions): Promise<GrowResult> {
  const measured: Size[] = [];
  for (const [axis, counts] of Object.entries(isQuick ? quickSizes : sizes) as [Axis, number[]][]) {
    for (const count of counts) {
      announceStep(`${readable(count)} ${axisNames[axis]}`);
      measured.push(await measureSize(axis, count, isQuick));
    }
  }
  const of = (axis: Axis): Size[] => measured.filter((size) => size.axis === axis);
  const [fewRetained, manyRetained] = [of('retained')[0] as Size, of('retained').at(-1) as Size];
  const [fewDevices, manyDevices] = [of('devices')[0] as Size, of('devices').at(-1) as Size];
  const [fewJobs, manyJobs] = [of('jobs')[0] as Size, of('jobs').at(-1) as Size];
  return {
    machine: machine(),
    sizes: measured,
    targets: [
      ratioTarget(
        'CPU of connect and SUBSCRIBE, few retained messages ÷ many',
        ...([fewRetained.cpuMsPerConnect / manyRetained.cpuMsPerConnect, 1 / 3] as const),
        `${readable(fewRetained.count)} and ${readable(manyRetained.count)}`,
      ),
      ratioTarget(
        'CPU of an entry, few devices ÷ many',
        ...([fewDevices.cpuMsPerEntry / manyDevices.cpuMsPerEntry, 0.5] as const),
        `${readable(fewDevices.count)} and ${readable(manyDevices.count)}`,
      ),
      ratioTarget(
        'CPU of an entry, few jobs ÷ many',
        ...([fewJobs.cpuMsPerEntry / manyJobs.cpuMsPerEntry, 0.5] as const),
        `${readable(fewJobs.count)} and ${readable(manyJobs.count)}`,
      ),
    ],
  };
}

const axisNames: Readonly<Record<Axis, string>> = {
  devices: 'devices connected',
  jobs: 'jobs stored',
  retained: 'retained messages',
};

async function measureSize(axis: Axis, count: number, isQuick: boolean): Promise<Size> {
  const past = { jobs: count, itensEach, isRecent: axis === 'retained' };
  const wanted: Pick<Wanted, 'past' | 'idle'> = axis === 'devices' ? { idle: count } : { idle: 1, past };
  let memory = { rssMib: 0, kib: 0 };
  let cpuMsPerConnect = 0;
  let startMs = 0;
  let startCpuMs = 0;
  const { cores, perSecond } = await measurePlatform(
    { ...load, entries: isQuick ? 240 : 2_400 },
    {
      wanted,
      async ready(at, child) {
        memory = await connectAll(at, child);
        cpuMsPerConnect = await costOfConnect(at, child, isQuick ? 10 : 50);
      },
      async halted(dataDir) {
        ({ ms: startMs, cpuMs: startCpuMs } = await measureRestart(dataDir));
      },
    },
  );
  return {
    ...{ axis, count, rssMib: memory.rssMib },
    ...(axis === 'devices' && { kibPerConnection: memory.kib }),
    cpuMsPerEntry: (cores * 1_000) / perSecond,
    ...{ cpuMsPerConnect, startMs, startCpuMs },
  };
}

/** All idle devices, which stay connected as long as this process has them. */
async function connectAll(
  at: Prepared,
  child: Child<PlatformQuestions>,
): Promise<{ rssMib: number; kib: number }> {
  const before = await child.ask('usage', null);
  for (let from = 0; from < at.idle.length; from += connectsAtOnce) {
    await Promise.all(at.idle.slice(from, from + connectsAtOnce).map((device) => connectOne(at, device)));
  }
  const { rssMib } = await child.ask('usage', null);
  return { rssMib, kib: ((rssMib - before.rssMib) * 1_024) / at.idle.length };
}

/** Every row that a device reads. */
const rows = ['jobsNext', 'startAccepted', 'startRejected', 'jobAck', 'jobCancel', 'configDesired'] as const;

function connectOne({ port }: Prepared, { device, password }: IdleDevice): Promise<WireClient> {
  const own = { org: benchOrg, device };
  const clientId = `${benchOrg}.${device}`;
  const filters = rows.map((row) => topicFilter(row, own));
  // It ends with the platform.
  return openWireClient({ port, clientId, password, filters, onLost: () => {} });
}

/** The same device again and again: each time authentication, subscriptions, retained messages. */
async function costOfConnect(at: Prepared, child: Child<PlatformQuestions>, times: number): Promise<number> {
  const [device] = at.idle;
  if (!device) throw new Error('no idle device');
  await connectOne(at, device);
  const before = await child.ask('usage', null);
  for (let n = 0; n < times; n++) (await connectOne(at, device)).close();
  const after = await child.ask('usage', null);
  return (after.cpuMs - before.cpuMs) / times;
}

/** The table of how it grows, as Markdown, with the point where one machine ends. */
export function growTable({ sizes: measured }: GrowResult): string {
  const head = ['', 'memory', 'CPU per entry', 'CPU per connect with SUBSCRIBE', 'start to serving'];
  const lines = measured.map((size) => [
    `${readable(size.count)} ${axisNames[size.axis]}`,
    `${readable(size.rssMib)} MiB${size.kibPerConnection === undefined || size.count < 1_000 ? '' : `, ${readable(size.kibPerConnection)} KiB each`}`,
    `${readable(size.cpuMsPerEntry)} ms`,
    `${readable(size.cpuMsPerConnect)} ms`,
    `${readable(size.startMs)} ms, ${readable(size.startCpuMs)} ms of CPU`,
  ]);
  const table = [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...lines];
  return [...table.map((cells) => `| ${cells.join(' | ')} |`), '', endOf(measured)].join('\n');
}

/** Jobs of one dispenser in a day, for the estimate: a busy kitchen. */
const jobsPerDay = 100;
const itensPerJob = 8;

/** Where one machine ends, by the figures of this run alone. */
function endOf(measured: readonly Size[]): string {
  const devices = measured.filter(({ axis }) => axis === 'devices').at(-1) as Size;
  const perCore = 1_000 / devices.cpuMsPerEntry;
  const perDevice = (jobsPerDay * itensPerJob) / 86_400;
  const fleet = perCore / perDevice;
  const kib = devices.kibPerConnection ?? 0;
  const perGib = (1_024 * 1_024) / Math.max(kib, 1);
  return [
    `Where one machine ends: with ${readable(devices.count)} devices connected an entry costs ${readable(devices.cpuMsPerEntry)} ms of CPU, so one core is full`,
    `at about ${readable(perCore)} entries a second. A dispenser with ${jobsPerDay} jobs of ${itensPerJob} items a day sends ${readable(perDevice)} a second: that is`,
    `${readable(fleet)} of them by CPU, and ${readable(perGib)} idle connections by memory for each GiB; ${fleet < perGib ? 'CPU' : 'memory'} ends first with one GiB.`,
    `All ${readable(devices.count)} connecting again take ${readable((devices.count * devices.cpuMsPerConnect) / 1_000)} s of that core.`,
  ].join('\n');
}

/** Writes the table into the README, between its markers, with the machine that it was measured on. */
export function writeGrowth(result: GrowResult): void {
  const path = join(root, 'README.md');
  const text = `${Object.values(result.machine).join(', ')}:\n\n${growTable(result)}`;
  writeFileSync(path, between('grow', text, readFileSync(path, 'utf8')));
}
