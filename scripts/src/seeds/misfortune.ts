import type { Random } from '../proof/random.ts';
import type { BoardLife } from './board-life.ts';
import type { Network } from './network.ts';
import type { Plan } from './plan.ts';
import type { PlatformLife } from './platform-life.ts';
import type { Lane, Party, Scheduler } from './scheduler.ts';

interface Where {
  readonly plan: Plan;
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly platform: PlatformLife;
  readonly random: Random;
  readonly breakage: { readonly powerCuts?: boolean };
}

/** A kill comes before one of so many next steps of its victim, each as likely as the other. */
const platformSteps = 900;
const boardSteps = 160;
const boardWrites = 14;
/** A killed one is back after at most so long. */
const awayMs = 4_000;
const partitionMs = 30_000;
const everyMs = 15_000;

/** What goes wrong in a story: kills between any two steps, power lost at a write, machines out of reach. */
export class Misfortune {
  readonly #at: Where;
  readonly #fate: Party;
  #boards: readonly BoardLife[] = [];
  #platformKills: number;
  #boardKills: number;
  #untilPlatform = Number.POSITIVE_INFINITY;
  readonly #untilBoard = new Map<BoardLife, number>();
  #isOver = false;

  constructor(at: Where) {
    this.#at = at;
    this.#fate = at.scheduler.party('fate');
    this.#platformKills = at.plan.platformKills;
    this.#boardKills = at.plan.boardKills;
  }

  begin(boards: readonly BoardLife[]): void {
    const { scheduler, network, random, plan } = this.#at;
    this.#boards = boards;
    network.weather = plan.weather;
    scheduler.beforeStep = (lane) => this.#before(lane);
    this.#aimAtPlatform();
    for (const board of boards) this.#aimAt(board);
    for (let n = 0; n < plan.partitions; n++) {
      const board = random.pick(boards);
      const strike = (): void => {
        if (board.party && !this.#isOver) network.partition(board.party, random.between(500, partitionMs));
      };
      scheduler.timer(strike, random.between(1, everyMs), false, this.#fate);
    }
  }

  /** From now on nothing goes wrong, and whatever is off comes on. */
  end(): void {
    const { scheduler, network, platform } = this.#at;
    this.#isOver = true;
    scheduler.beforeStep = () => {};
    network.heal();
    scheduler.end(this.#fate);
    if (!platform.party) platform.start();
    for (const board of this.#boards) {
      board.cutAtWrite = undefined;
      if (!board.party) board.on();
    }
  }

  /** A board has lost power. */
  fell(board: BoardLife, losesJournal: boolean): void {
    if (losesJournal && board.lostJournals === 0) board.loseJournal();
    this.#untilBoard.delete(board);
    if (this.#isOver) {
      this.#later(() => board.on(), 100);
      return;
    }
    this.#boardKills--;
    this.#later(() => {
      board.on();
      this.#aimAt(board);
    }, awayMs);
  }

  #before(lane: Lane): void {
    const { platform, random, breakage } = this.#at;
    if (lane.party === platform.party) {
      if (--this.#untilPlatform > 0) return;
      this.#platformKills--;
      platform.kill(breakage.powerCuts === true || random.chance(0.3));
      this.#later(() => {
        platform.start();
        this.#aimAtPlatform();
      }, awayMs);
      return;
    }
    const board = this.#boards.find(({ party }) => party === lane.party);
    const left = board && this.#untilBoard.get(board);
    if (!board || left === undefined) return;
    this.#untilBoard.set(board, left - 1);
    if (left <= 1 && this.#boardKills > 0) board.kill(random.pick(['reset', 'silent']));
  }

  #aimAtPlatform(): void {
    const { random } = this.#at;
    this.#untilPlatform =
      this.#platformKills > 0 ? random.between(1, platformSteps) : Number.POSITIVE_INFINITY;
  }

  /** Half of them fall at a write, which is where it matters most. */
  #aimAt(board: BoardLife): void {
    const { random } = this.#at;
    if (this.#boardKills <= 0) return;
    if (random.chance(0.5)) board.cutAtWrite = random.between(1, boardWrites);
    else this.#untilBoard.set(board, random.between(1, boardSteps));
  }

  /** Somebody plugs it in again. */
  #later(what: () => void, withinMs: number): void {
    const { scheduler, random } = this.#at;
    const world = this.#isOver ? scheduler.party('mended') : this.#fate;
    scheduler.timer(what, random.between(1, withinMs), false, world);
  }
}
