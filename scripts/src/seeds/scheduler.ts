import { createHash } from 'node:crypto';
import type { Random } from '../proof/random.ts';
import { realImmediate, type Timer } from './virtual-globals.ts';

/** One party of a world: the platform, a board, a person. Whatever it still wanted to do ends with it. */
export interface Party {
  readonly name: string;
  isAlive: boolean;
}

/** Something of a party that happens in its order; lanes that are due at the same time come in any order. */
export interface Lane {
  readonly name: string;
  readonly party: Party;
  /** When its next step is due, ms of the world; undefined: it has none. */
  dueAt(): number | undefined;
  /** Runs the next step; answers what the trace says of it. */
  step(): string;
}

/** Told before each step; what it does (a kill) may end the lane that was chosen. */
export type BeforeStep = (lane: Lane) => void;

/** Steps that the real event loop runs in one turn: between two of them every promise and tick is settled. */
const stepsPerTurn = 128;

/**
 * One thread, virtual time: takes one step of one lane at a time, chosen by the seed among those that are due,
 * and moves the clock only when none is.
 */
export class Scheduler {
  /** Milliseconds since the world began. */
  now = 0;
  steps = 0;
  /** Whose code runs now. */
  current: Party;
  failure: Error | undefined;
  beforeStep: BeforeStep = () => {};
  /** Hears every step as a line. */
  onTrace: ((line: string) => void) | undefined;
  readonly #random: Random;
  readonly #lanes = new Set<Lane>();
  readonly #hash = createHash('sha256');
  readonly #clocks = new Map<Party, TimerLane>();
  readonly #turns = new Map<Party, ImmediateLane>();

  constructor(random: Random) {
    this.#random = random;
    this.current = this.party('world');
  }

  party(name: string): Party {
    const party: Party = { name, isAlive: true };
    const clock = new TimerLane(party, () => this.now);
    const turn = new ImmediateLane(party, () => this.now);
    this.#clocks.set(party, clock);
    this.#turns.set(party, turn);
    this.#lanes.add(turn).add(clock);
    return party;
  }

  add(lane: Lane): void {
    this.#lanes.add(lane);
  }

  remove(lane: Lane): void {
    this.#lanes.delete(lane);
  }

  /**
   * Ends a party: its timers are dropped and nothing it does from now on reaches anybody. Its turn is
   * played to its end all the same, with its sockets and files taken from it: rooms keep "this turn is taken" in their
   * modules (the broker's outbox), and modules are the only thing that the next life shares with this one.
   */
  end(party: Party): void {
    party.isAlive = false;
    const turn = this.#turns.get(party);
    this.#clocks.delete(party);
    for (const lane of this.#lanes) if (lane.party === party) this.#lanes.delete(lane);
    if (!turn) return;
    const grave: Grave = new Grave(
      turn,
      () => this.now,
      () => {
        this.#turns.delete(party);
        this.#lanes.delete(grave);
      },
    );
    this.#lanes.add(grave);
  }

  /** Runs what {@link end} has left, when a story is over. */
  async bury(): Promise<void> {
    for (const lane of this.#lanes) if (!(lane instanceof Grave)) this.#lanes.delete(lane);
    this.failure = undefined;
    this.beforeStep = () => {};
    await this.run(() => this.#lanes.size === 0, Number.POSITIVE_INFINITY);
  }

  timer(run: () => void, ms: number, repeats: boolean, party: Party = this.current): Timer {
    return this.#clocks.get(party)?.add(run, ms, repeats) ?? noTimer;
  }

  immediate(run: () => void): Timer {
    return this.#turns.get(this.current)?.add(run) ?? noTimer;
  }

  /** Lets a party wait. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.timer(resolve, Math.max(1, ms), false));
  }

  trace(line: string): void {
    this.#hash.update(line);
    this.onTrace?.(line);
  }

  hash(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Takes steps until it holds, the world has failed, or the clock has passed `limitMs`. */
  run(holds: () => boolean, limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      let isOver = false;
      const one = (): void => {
        if (isOver) return;
        isOver = this.failure !== undefined || holds() || this.now > limitMs || !this.#step();
        if (isOver) resolve();
      };
      const turn = (): void => {
        if (isOver) return;
        for (let n = 0; n < stepsPerTurn; n++) realImmediate(one);
        realImmediate(turn);
      };
      turn();
    });
  }

  /** False: nothing will ever happen again. */
  #step(): boolean {
    const lane = this.#next();
    if (!lane) return false;
    this.steps++;
    this.beforeStep(lane);
    if (!this.#lanes.has(lane)) return true;
    this.current = lane.party;
    try {
      const said = lane.step();
      this.trace(`${this.now} ${lane.name} ${said}`);
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
    }
    return true;
  }

  #next(): Lane | undefined {
    const due: Lane[] = [];
    let soonest = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes) {
      const at = lane.dueAt();
      if (at === undefined || at > soonest) continue;
      // Those whose time has come stand side by side, however long ago it came.
      const when = Math.max(at, this.now);
      if (when < soonest) due.length = 0;
      soonest = when;
      due.push(lane);
    }
    if (due.length === 0) return undefined;
    this.now = soonest;
    return due.length === 1 ? due[0] : this.#random.pick(due);
  }
}

const noTimer: Timer = { cancel() {}, refresh() {} };

/** Immediates of one party, first come first served, as Node does it. */
class ImmediateLane implements Lane {
  readonly name: string;
  readonly party: Party;
  readonly #now: () => number;
  readonly #queue: { run: () => void; isOff: boolean }[] = [];

  constructor(party: Party, now: () => number) {
    this.name = `${party.name}.turn`;
    this.party = party;
    this.#now = now;
  }

  add(run: () => void): Timer {
    const entry = { run, isOff: false };
    this.#queue.push(entry);
    return { cancel: () => void (entry.isOff = true), refresh() {} };
  }

  dueAt(): number | undefined {
    while (this.#queue[0]?.isOff) this.#queue.shift();
    return this.#queue.length > 0 ? this.#now() : undefined;
  }

  step(): string {
    this.#queue.shift()?.run();
    return '';
  }
}

/** The last turn of a party that has ended; what it throws was for nobody. */
class Grave implements Lane {
  readonly name: string;
  readonly party: Party;
  readonly #turn: ImmediateLane;
  readonly #now: () => number;
  readonly #close: () => void;
  #isEmpty = false;

  constructor(turn: ImmediateLane, now: () => number, close: () => void) {
    this.name = `${turn.party.name}.grave`;
    this.party = turn.party;
    this.#turn = turn;
    this.#now = now;
    this.#close = close;
  }

  dueAt(): number {
    return this.#now();
  }

  step(): string {
    try {
      this.#turn.step();
    } catch {
      // Its sockets and its database are gone.
    }
    // What this step's promises still ask for is looked at by the next one.
    if (this.#isEmpty) this.#close();
    this.#isEmpty = this.#turn.dueAt() === undefined;
    return '';
  }
}

interface Entry {
  at: number;
  readonly run: () => void;
  readonly every: number | undefined;
}

/** Timers of one party, by time; of the same time in the order in which they were set. */
class TimerLane implements Lane {
  readonly name: string;
  readonly party: Party;
  readonly #now: () => number;
  readonly #entries: Entry[] = [];

  constructor(party: Party, now: () => number) {
    this.name = `${party.name}.clock`;
    this.party = party;
    this.#now = now;
  }

  add(run: () => void, ms: number, repeats: boolean): Timer {
    const entry: Entry = { at: this.#now() + ms, run, every: repeats ? ms : undefined };
    this.#insert(entry);
    const cancel = (): void => {
      const at = this.#entries.indexOf(entry);
      if (at >= 0) this.#entries.splice(at, 1);
    };
    return {
      cancel,
      refresh: () => {
        cancel();
        entry.at = this.#now() + ms;
        this.#insert(entry);
      },
    };
  }

  #insert(entry: Entry): void {
    let at = this.#entries.length;
    while (at > 0 && (this.#entries[at - 1] as Entry).at > entry.at) at--;
    this.#entries.splice(at, 0, entry);
  }

  dueAt(): number | undefined {
    return this.#entries[0]?.at;
  }

  step(): string {
    const entry = this.#entries.shift();
    if (!entry) return '';
    if (entry.every !== undefined) {
      entry.at = this.#now() + entry.every;
      this.#insert(entry);
    }
    entry.run();
    return '';
  }
}
