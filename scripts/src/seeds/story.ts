import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { seeded } from '../proof/random.ts';
import { type BoardLife, type BoardPlan, BoardLife as Life } from './board-life.ts';
import { createEars } from './ears.ts';
import { Misfortune } from './misfortune.ts';
import { judgeStory } from './oracle.ts';
import { Cook, type Told } from './person.ts';
import { planOf } from './plan.ts';
import { type BreakStore, PlatformLife, takeFiles } from './platform-life.ts';
import { Rogue } from './rogue.ts';
import { settle } from './settle.ts';
import type { Template } from './template.ts';
import { inWorld } from './world.ts';

/** A promise taken out of the product, for the controls. */
export interface Breakage {
  /** Done to the database before the story begins. */
  readonly prepare?: (database: string) => void;
  readonly breakStore?: BreakStore;
  readonly boardForgets?: BoardPlan['forgets'];
  /** Kills in the way that shows it. */
  readonly powerCuts?: boolean;
}

export interface StoryOptions {
  readonly seed: number;
  readonly template: Template;
  readonly onTrace?: ((line: string) => void) | undefined;
  readonly breakage?: Breakage | undefined;
}

export interface StoryResult {
  readonly seed: number;
  /** Which invariant, and what broke it; empty when all hold. */
  readonly faults: readonly string[];
  /** Digest of every step: the same for the same seed. */
  readonly hash: string;
  readonly steps: number;
  readonly kills: number;
  readonly cuts: number;
  readonly jobs: number;
  readonly entries: number;
  readonly acks: number;
  readonly virtualMs: number;
}

/** Faults go on until the cooks have done, at most so long. */
const chaosMs = 120_000;
/** Everything must have come to its end so long after the faults. */
const settleMs = 300_000;

/** Plays the story of a seed to its end and asks the oracle. */
export function playStory({ seed, template, onTrace, breakage = {} }: StoryOptions): Promise<StoryResult> {
  const plan = planOf(seeded(seed).fork(), template.orgs.flatMap((org) => org.devices).length);
  const dir = join(template.dir, `seed-${seed}`);
  const ears = createEars();
  return inWorld({ seed, epochMs: plan.epochMs, tapOf: ears.tapOf, onTrace }, async (stage) => {
    const { scheduler, network, story, faults } = stage;
    mkdirSync(dir, { recursive: true });
    takeFiles(template.dataDir, join(dir, 'data-0'));
    breakage.prepare?.(join(dir, 'data-0', 'yaguts.db'));
    const told: Told = { orders: new Map(), refills: new Map(), wrong: [] };
    const { breakStore } = breakage;
    const platform = new PlatformLife({
      dir,
      scheduler,
      network,
      random: story.fork(),
      breakStore,
      onPublish: ears.published,
    });
    const misfortune = new Misfortune({ plan, scheduler, network, platform, random: faults, breakage });
    const seats = template.orgs.flatMap((org) => org.devices);
    const boards: BoardLife[] = seats.flatMap((seat, i) => {
      const name = `${seat.org}.${seat.device}`;
      const flash = join(dir, name);
      const habits = plan.boards[i] as (typeof plan.boards)[number];
      if (!habits.isThere) return [];
      const random = story.fork();
      const forgets = breakage.boardForgets;
      return new Life(
        { ...{ seat, dir: flash, name, scheduler, network, random, forgets }, ...habits },
        (board) => misfortune.fell(board, habits.losesJournal),
      );
    });
    const cooks = template.orgs.flatMap((seat) => {
      const devices = boards.map(({ plan: { seat: of } }) => of).filter(({ org }) => org === seat.org);
      const at = { scheduler, platform, random: story.fork(), told };
      return devices.length === 0 ? [] : [new Cook({ ...seat, devices }, at)];
    });
    ears.listen(boards, template);
    try {
      platform.start();
      for (const board of boards) board.on();
      for (const cook of cooks) cook.begin(plan.acts);
      const free = seats.find((seat) => boards.every((board) => board.plan.seat !== seat));
      if (plan.hostile > 0 && free) new Rogue(free, scheduler, story.fork()).begin(plan.hostile);
      misfortune.begin(boards);
      await scheduler.run(() => cooks.every((cook) => cook.isDone), chaosMs);
      misfortune.end();
      const late = await settle({ scheduler, platform, boards, cooks, limitMs: settleMs });
      const judged = judgeStory({ platform, template, boards, told, ears });
      const failure = scheduler.failure ? [`a step threw: ${scheduler.failure.stack}`] : [];
      return {
        seed,
        faults: [...failure, ...late, ...judged.faults],
        hash: scheduler.hash(),
        steps: scheduler.steps,
        kills: platform.kills + boards.reduce((sum, { kills }) => sum + kills, 0),
        cuts: network.cuts,
        ...{ jobs: judged.jobs, entries: judged.entries, acks: ears.acks },
        virtualMs: scheduler.now,
      };
    } finally {
      for (const board of boards) board.kill('silent');
      platform.close();
      await scheduler.bury();
      rmSync(dir, { recursive: true, force: true });
    }
  });
}
