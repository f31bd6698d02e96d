import { existsSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../proof/random.ts';
import type { JournalRecord, JournalState } from '../simulator/core/journal-state.ts';
import type { Journal } from '../simulator/core/ports.ts';
import { PowerLoss } from '../simulator/faults.ts';
import type { Ledger } from '../simulator/ledger.ts';
import { type Boot, powerOn } from '../simulator/power-on.ts';
import type { ClockKind } from '../simulator/simulated-clock.ts';
import type { Network } from './network.ts';
import { mqttPort } from './platform-life.ts';
import type { Party, Scheduler } from './scheduler.ts';
import type { DeviceSeat } from './template.ts';

/** A motor went on: told by the motor. */
export interface Pour {
  readonly seq: number;
  readonly jobId: number;
  readonly item: number;
  /** The journal said so before. */
  readonly hadIntent: boolean;
}

export interface BoardPlan {
  readonly seat: DeviceSeat;
  /** Its flash. */
  readonly dir: string;
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly random: Random;
  readonly clock: ClockKind;
  /** Frascos (0-based) whose runs fail. */
  readonly failing: readonly number[];
  readonly duplicates: number;
  readonly reorders: boolean;
  /** What a board that starts again makes of its flash, for the controls. */
  readonly forgets?: ((dir: string) => void) | undefined;
}

/** Quick to come back, or the story would be mostly waiting. */
const backoff = { baseMs: 500, maxMs: 8_000 };
const frascos = 4;

/** A board of a world: the simulated dispenser, as often as it loses power; its flash stays. */
export class BoardLife {
  readonly plan: BoardPlan;
  readonly pours: Pour[] = [];
  /** Every outcome that reached the flash, `job/item` → what it was. */
  readonly outcomes = new Map<string, { readonly error: string | null; readonly ms: number }>();
  party: Party | undefined;
  kills = 0;
  lostJournals = 0;
  connectedAt: number | undefined;
  /** Loses power at the n-th write to the flash from now on. */
  cutAtWrite: number | undefined;
  state: Readonly<JournalState> | undefined;
  #boot: Boot | undefined;
  readonly #onDeath: (board: BoardLife) => void;

  constructor(plan: BoardPlan, onDeath: (board: BoardLife) => void) {
    this.plan = plan;
    this.#onDeath = onDeath;
  }

  /** Plugged in: a party of its own from the next step on. */
  on(): void {
    const { scheduler, name, dir, forgets } = this.plan;
    const party = scheduler.party(name);
    this.party = party;
    this.connectedAt = undefined;
    if (this.kills > 0) forgets?.(dir);
    scheduler.timer(() => this.#powerOn(party), 1, false, party);
  }

  #powerOn(party: Party): void {
    const { scheduler, seat, dir, random, clock, failing, duplicates, reorders } = this.plan;
    const boot = powerOn(
      {
        url: `mqtt://platform:${mqttPort}`,
        ...{ org: seat.org, device: seat.device, password: seat.password },
        ...{ dir, frascos, clock, backoff, speed: 1 },
        duplicateReports: duplicates,
        reorderReports: reorders,
        parameters: { fail_frasco_indices: [...failing] },
        random: random.fork().next,
        ledger: this.#ledger(),
        flash: (journal) => this.#flash(journal, party),
      },
      'poweron',
      {
        connected: () => {
          this.connectedAt = scheduler.now;
        },
        crashed() {},
        freed() {},
        problem() {},
        reboot: () => void scheduler.timer(() => this.kill('reset'), 1, false),
      },
    );
    if (party.isAlive) this.#boot = boot;
    else boot.die();
  }

  /**
   * Power off. What the flash held stays.
   *
   * @param how `reset`: the network hears of it; `silent`: nobody does
   */
  kill(how: 'reset' | 'silent'): void {
    if (!this.party) return;
    this.#die(how);
    this.#boot?.die();
    this.#boot = undefined;
    this.#onDeath(this);
  }

  /** The flash was changed for a new one; only while it is off. */
  loseJournal(): void {
    const path = join(this.plan.dir, 'journal.jsonl');
    if (!existsSync(path)) return;
    this.lostJournals++;
    this.plan.scheduler.trace(`${this.plan.name} loses its journal`);
    rmSync(path);
  }

  #die(how: 'reset' | 'silent'): void {
    const { scheduler, network, name } = this.plan;
    const { party } = this;
    if (!party) return;
    this.kills++;
    this.cutAtWrite = undefined;
    scheduler.trace(`${name} loses power, ${how}`);
    network.end(party, how === 'silent');
    scheduler.end(party);
    this.party = undefined;
    this.state = undefined;
    this.connectedAt = undefined;
  }

  #flash(journal: Journal, party: Party): Journal {
    const { random, dir } = this.plan;
    return {
      load: () => {
        const state = journal.load();
        this.state = state;
        return state;
      },
      append: (record) => {
        if (!party.isAlive) throw new PowerLoss();
        if (this.cutAtWrite === undefined || --this.cutAtWrite > 0) return this.#append(journal, record);
        const where = random.pick(['before', 'torn', 'after'] as const);
        if (where === 'after') this.#append(journal, record);
        if (where === 'torn') {
          const path = join(dir, 'journal.jsonl');
          const size = statSync(path).size;
          journal.append(record);
          truncateSync(path, random.between(size, statSync(path).size - 1));
        }
        const boot = this.#boot;
        this.#boot = undefined;
        this.plan.scheduler.trace(`${this.plan.name} ${where} the write of ${record.k}`);
        this.#die(random.pick(['reset', 'silent']));
        boot?.die();
        this.#onDeath(this);
        throw new PowerLoss();
      },
    };
  }

  #append(journal: Journal, record: JournalRecord): boolean {
    const isWritten = journal.append(record);
    const job = this.state?.active?.job;
    if (isWritten && record.k === 'final' && job) {
      this.outcomes.set(`${job.job_id}/${record.item}`, { error: record.error, ms: record.ran_ms });
    }
    return isWritten;
  }

  #ledger(): Ledger {
    return {
      start: ({ seq, jobId, item }) => {
        const { active } = this.state ?? {};
        const hadIntent = seq === 0 || (active?.job.seq === seq && active.intent === item);
        this.pours.push({ seq, jobId, item, hadIntent });
        this.plan.scheduler.trace(`${this.plan.name} pours ${jobId}/${item} seq ${seq}`);
      },
      stop: () => {},
    };
  }
}
