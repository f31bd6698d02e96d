import type { ProxyCounters } from './cutting-proxy.ts';
import { createKeepers, type Keeper, type Keepers } from './keepers.ts';
import { type OrderCounters, type Orders, startOrders } from './orders.ts';
import type { Victim } from './process.ts';
import { type Random, seeded } from './random.ts';
import { type Board, type BoardKind, openStage, type Stage, type Template } from './stage.ts';
import type { Verdict } from './verdict.ts';
import { openWatchers, type WatcherCounters, type Watchers } from './watchers.ts';

export interface KillLoopOptions {
  readonly template: Template;
  /** What plays each device of the template, in order. */
  readonly kinds: readonly BoardKind[];
  readonly kills: number;
  /** Connections to be cut, as far as the machine can open so many. */
  readonly cuts: number;
  readonly seconds: number;
  readonly seed: number;
  readonly progress?: (text: string) => void;
  /** Called once a minute of the loop with the platform's memory, where a soak asks for it. */
  readonly onMemory?: (bytes: { rss: number; heapUsed: number }) => void;
  readonly memoryEveryMs?: number;
  /** Share of kills that hit the platform; the rest hit dispensers. 0 leaves it alone. */
  readonly platformShare?: number;
  /** People who watch over the same bad network (14). */
  readonly people?: number;
  /** Environment of the platform's process. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface KillLoopResult {
  readonly seed: number;
  readonly seconds: number;
  readonly kills: { readonly platform: number; readonly simulator: number; readonly firmware: number };
  readonly proxy: Readonly<ProxyCounters>;
  readonly cutsWanted: number;
  readonly orders: Readonly<OrderCounters>;
  readonly watchers: Readonly<WatcherCounters>;
  readonly acks: number;
  readonly earlyAcks: readonly string[];
  /** From the end of the faults to the last job delivered, ms. */
  readonly drainMs: number;
  /** Processes that ended without being killed, and jobs that never came to their end. */
  readonly troubles: readonly string[];
  readonly verdict: Verdict;
}

const speed = 20;
const platformKillShare = 0.15;
const maxDownMs = 400;
/** A person has 20 connections at most, and orders over some of them. */
const peopleWatching = 14;
/** I7 allows 30 s from each reconnect; reconnecting takes the firmware 3 s at most at this speed. */
const drainLimitMs = 60_000;

/**
 * Platform and dispensers as processes, killed with SIGKILL by a seeded schedule while a proxy cuts their
 * connections, until the time is up; then the faults stop, everything drains, and the oracle is asked.
 */
export async function runKillLoop(options: KillLoopOptions): Promise<KillLoopResult> {
  const { template, kinds, seed, progress = () => {} } = options;
  const random = seeded(seed);
  const stage = await openStage({ template, random: random.fork(), speed, env: options.env ?? {} });
  const kills = { platform: 0, simulator: 0, firmware: 0 };
  const troubles: string[] = [];
  let memory: NodeJS.Timeout | undefined;
  let orders: Orders | undefined;
  let watchers: Watchers | undefined;
  const house = createKeepers(troubles);
  const attack = async (): Promise<KillLoopResult> => {
    const boards = kinds.map((kind, i) => stage.board(template.kitchen.devices[i]?.device ?? '', kind));
    const keepers = [
      house.keep('the platform', () => {
        const ready = stage.startPlatform();
        return { victim: stage.platform as Victim, ready };
      }),
      ...boards.map((board) => house.keep(board.device, () => ({ victim: board.start(), ready: undefined }))),
    ];
    await keepers[0]?.up();
    for (const keeper of keepers.slice(1)) void keeper.up();
    stage.proxy.cutting = true;
    const startedAt = performance.now();
    orders = startOrders(
      stage,
      boards.map(({ device }) => device),
      random.fork(),
    );
    watchers = openWatchers({
      ...{ people: options.people ?? peopleWatching, port: stage.proxy.port, token: stage.kitchen.token },
      random: random.fork(),
      isBehind: () =>
        stage.proxy.counters().cuts <
        (options.cuts * (performance.now() - startedAt)) / (options.seconds * 1_000),
    });
    memory = watchMemory(stage, options);

    const every = (options.seconds * 1_000) / options.kills;
    const victims = planVictims(
      options.kills,
      options.platformShare ?? platformKillShare,
      boards.length,
      random,
    );
    let done = 0;
    let at = startedAt;
    // The schedule itself is the only thing here that goes by the clock.
    while (victims.length > 0) {
      at += every * (0.5 + random.next());
      await sleep(at - performance.now());
      const n = await killNext(victims, house, keepers, random.between(0, maxDownMs));
      if (n === undefined) break;
      kills[n === 0 ? 'platform' : (boards[n - 1] as Board).kind]++;
      if (++done % 50 === 0) progress(`${done} of ${options.kills} kills`);
    }
    await sleep(startedAt + options.seconds * 1_000 - performance.now());

    progress('the faults stop');
    stage.proxy.cutting = false;
    clearInterval(memory);
    const calmAt = performance.now();
    await Promise.all(keepers.map((keeper) => keeper.settled()));
    await orders.end().catch((error: Error) => troubles.push(`orders: ${error.message}`));
    await drained(stage, troubles);
    const drainMs = performance.now() - calmAt;
    watchers.stop();
    house.letGo();
    troubles.push(...watchers.wentBack);
    const verdict = await stage.judge(orders.answered);
    return {
      ...{ seed, seconds: options.seconds, kills, orders: orders.counters, drainMs, troubles, verdict },
      watchers: watchers.counters,
      proxy: stage.proxy.counters(),
      cutsWanted: options.cuts,
      acks: stage.acksSeen(),
      earlyAcks: stage.earlyAcks,
    };
  };
  try {
    return await Promise.race([attack(), house.doomed]);
  } finally {
    house.letGo();
    watchers?.stop();
    clearInterval(memory);
    void orders?.end().catch(() => {});
    await stage.close();
  }
}

/** Whom each kill hits, in a random order: 0 is the platform, n the n-th board. Shares are exact. */
function planVictims(kills: number, share: number, boards: number, random: Random): number[] {
  const ofPlatform = share > 0 ? Math.max(1, Math.round(kills * share)) : 0;
  const plan = Array.from({ length: kills }, (_, i) => (i < ofPlatform ? 0 : 1 + (i % boards)));
  for (let i = plan.length - 1; i > 0; i--) {
    const other = random.between(0, i);
    [plan[i], plan[other]] = [plan[other] as number, plan[i] as number];
  }
  return plan;
}

/** Kills the first of the plan that is up: one that has just been killed cannot die again. */
async function killNext(
  plan: number[],
  house: Keepers,
  keepers: readonly Keeper[],
  downMs: number,
): Promise<number | undefined> {
  while (!house.isOver()) {
    for (const [i, n] of plan.entries()) {
      if (!(await (keepers[n] as Keeper).kill(downMs))) continue;
      plan.splice(i, 1);
      return n;
    }
    await sleep(10);
  }
  return undefined;
}

async function drained(stage: Stage, troubles: string[]): Promise<void> {
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    stage.poke();
  }, drainLimitMs);
  await stage.until(() => isLate || stage.witness.openJobs().length === 0);
  clearTimeout(late);
  const open = stage.witness.openJobs();
  if (open.length > 0) troubles.push(...open.map((job) => `not drained: ${job}`));
}

function watchMemory(
  stage: Stage,
  { onMemory, memoryEveryMs = 60_000 }: KillLoopOptions,
): NodeJS.Timeout | undefined {
  if (!onMemory) return undefined;
  return setInterval(() => void stage.platform?.memory().then(onMemory, () => {}), memoryEveryMs);
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
