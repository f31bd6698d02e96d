import { httpClient } from '../http-client.ts';
import { startChild } from './child.ts';
import type { CrowdLoadQuestions, Seen } from './crowd-load-process.ts';
import type { CrowdPlatformQuestions, Memory } from './crowd-platform-process.ts';
import { readable, renderTable } from './figures.ts';
import { announceStep, type BenchOptions, ceilingTarget, machine, type Result, target } from './result.ts';

/** A person may hold twenty connections. */
const perPerson = 20;
/** Collections do not give back to the last page what was taken: a tenth and 8 MiB are no leak of a thousand. */
const isBack = (before: number, after: number): boolean => after <= before * 1.1 + 8;

interface Size {
  readonly orgs: number;
  readonly browsersEach: number;
  readonly devicesEach: number;
  readonly perSecond: number;
  readonly entries: number;
}
/** Every device is done with a frasco each 5 s; no job ends meanwhile. */
const full: Size = { orgs: 20, browsersEach: 50, devicesEach: 5, perSecond: 20, entries: 600 };
const quick: Size = { orgs: 5, browsersEach: 12, devicesEach: 4, perSecond: 8, entries: 80 };

interface Stats {
  readonly totalClients: number;
  readonly organizationsConnected: number;
  readonly clientsByOrg: Readonly<Record<string, number>>;
}
/** What the bench "crowd" writes to bench-results/. */
export interface CrowdResult extends Result {
  readonly size: Size;
  readonly seen: Seen;
  readonly memory: readonly (Memory & { readonly stage: string })[];
  /** Stages at which the count of who is there was not exact. */
  readonly wrongStats: readonly string[];
}

/** A thousand browsers of twenty organisations look at a hundred running jobs. */
export async function measureCrowd({ isQuick }: BenchOptions): Promise<CrowdResult> {
  const size = isQuick ? quick : full;
  const { orgs, browsersEach, devicesEach, perSecond, entries } = size;
  const platform = startChild<CrowdPlatformQuestions>('crowd-platform-process');
  const load = startChild<CrowdLoadQuestions>('crowd-load-process');
  try {
    announceStep(`${orgs} organisations with ${devicesEach} devices each`);
    const peopleEach = Math.ceil(browsersEach / perPerson);
    const prepared = await platform.ask('prepare', { orgs, peopleEach, devicesEach });
    const running = await load.ask('start', prepared);
    const operator = httpClient(prepared.origin, { token: prepared.token });
    const memory: (Memory & { stage: string })[] = [];
    const wrongStats: string[] = [];

    const look = async (stage: string, each: readonly number[]): Promise<void> => {
      const there = prepared.orgs.map(({ org }, n) => [org, each[n] ?? 0] as const);
      const wanted: Stats = {
        totalClients: each.reduce((sum, count) => sum + count, 0),
        organizationsConnected: each.filter((count) => count > 0).length,
        clientsByOrg: Object.fromEntries(there.filter(([, count]) => count > 0)),
      };
      if (!(await isSoon(operator, wanted))) wrongStats.push(stage);
      memory.push({ stage, ...(await platform.ask('memory', null)) });
    };
    const everybody = prepared.orgs.map(() => browsersEach);
    const nobody = everybody.map(() => 0);

    // Code, caches and pools of the first connections are no price of the thousand.
    await load.ask('browse', { browsersEach: 1 });
    await load.ask('leave', { leaving: orgs });
    await look('before', nobody);
    announceStep(`${orgs * browsersEach} browsers come`);
    await load.ask('browse', { browsersEach });
    await look('all there', everybody);
    announceStep(`${running} jobs run, ${perSecond} frascos a second`);
    const seen = await load.ask('pour', { perSecond, entries });
    await look('after the load', everybody);
    announceStep('half leave, then all');
    const half = Math.floor(orgs / 2);
    await load.ask('leave', { leaving: half * browsersEach });
    await look(
      'half left',
      everybody.map((count, n) => (n < half ? 0 : count)),
    );
    await load.ask('leave', { leaving: (orgs - half) * browsersEach });
    await look('all left', nobody);
    return resultOf(size, running, seen, memory, wrongStats);
  } finally {
    await load.stop();
    await platform.stop();
  }
}

/** Whether the count of connections comes to be what it should; a broker hears of a close when the socket tells. */
async function isSoon(operator: ReturnType<typeof httpClient>, wanted: Stats): Promise<boolean> {
  for (let tries = 0; tries < 50; tries++) {
    const stats = await operator.call<Stats>('GET', '/api/websocket/stats');
    const isExact =
      stats.totalClients === wanted.totalClients &&
      stats.organizationsConnected === wanted.organizationsConnected &&
      Object.keys(stats.clientsByOrg).length === wanted.organizationsConnected &&
      Object.entries(wanted.clientsByOrg).every(([org, count]) => stats.clientsByOrg[org] === count);
    if (isExact) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

function resultOf(
  size: Size,
  running: number,
  seen: Seen,
  memory: CrowdResult['memory'],
  wrongStats: readonly string[],
): CrowdResult {
  const before = memory[0]?.heapMib ?? 0;
  const after = memory.at(-1)?.heapMib ?? 0;
  const browsers = size.orgs * size.browsersEach;
  const isWhole = seen.lost === 0 && seen.doubled === 0 && seen.crossed === 0;
  const stages = memory.length - wrongStats.length;
  return {
    machine: machine(),
    ...{ size, seen, memory, wrongStats },
    targets: [
      target(
        `entries lost / doubled, ${running} jobs × ${browsers} browsers over ${size.orgs} orgs`,
        '0 / 0',
        `${seen.lost} / ${seen.doubled} of ${readable(seen.expected)}`,
        seen.lost === 0 && seen.doubled === 0,
      ),
      target(
        'messages crossing organisations',
        '0',
        `${seen.crossed} of ${readable(seen.messages)}`,
        seen.crossed === 0,
      ),
      ceilingTarget('p95 publish to browser', seen.p95Ms, 500, 'ms', `p50 ${readable(seen.p50Ms)} ms`),
      ceilingTarget('p99 publish to browser', seen.p99Ms, 500, 'ms'),
      target(
        'heap before and after the crowd, MiB',
        'back',
        `${readable(before)} and ${readable(after)}`,
        isBack(before, after),
      ),
      target('stages with exact stats', `${memory.length}`, `${stages}`, wrongStats.length === 0),
    ],
    ...((!isWhole || wrongStats.length > 0) && {
      faults: [
        `${seen.lost} lost, ${seen.doubled} doubled, ${seen.crossed} crossed; stats wrong at: ${wrongStats.join(', ') || 'no stage'}`,
      ],
    }),
  };
}

/** The memory of the platform's process, stage by stage. */
export const crowdTable = ({ memory, size }: CrowdResult): string =>
  renderTable(
    ['stage', 'heap, MiB', 'resident, MiB', 'heap a browser, KiB'],
    memory.map(({ stage, heapMib, rssMib }) => {
      const each = ((heapMib - (memory[0]?.heapMib ?? 0)) * 1_024) / (size.orgs * size.browsersEach);
      return [
        stage,
        readable(heapMib),
        readable(rssMib),
        stage === 'before' ? '–' : readable(Math.max(0, each)),
      ];
    }),
  );
