import { type ExecutionLogEntry, encode, topic } from '@yaguts/shared';
import { createDispenser } from './core/dispenser.ts';
import { completeOf, entriesOf } from './core/entry.ts';
import type { StoredJob } from './core/journal-state.ts';
import type { Journal, Ports, SerialLine } from './core/ports.ts';
import { type CrashPoint, PowerLoss, planFaults, type SimulateParameters } from './faults.ts';
import { openJournalFile } from './journal-file.ts';
import { createLedgerFile, type Ledger } from './ledger.ts';
import { type LinkProblem, type MqttLink, openMqttLink } from './mqtt-link.ts';
import { type ClockKind, createClock } from './simulated-clock.ts';
import { createMotors } from './simulated-motors.ts';
import { makeUnruly } from './unruly-reports.ts';

export interface SimulatorOptions {
  /** `mqtt://host:port`, or whatever mqtt.js connects to. */
  readonly url: string;
  readonly org: string;
  readonly device: string;
  readonly password?: string | undefined;
  /** The flash of this device alone; survives any kill. */
  readonly dir: string;
  /** File for START and STOP lines, outside `dir`, or whoever takes them. */
  readonly ledger?: string | Ledger | undefined;
  /** Stands before the journal: a harness that loses power at its writes. */
  readonly flash?: ((journal: Journal) => Journal) | undefined;
  readonly frascos?: number | undefined;
  /** Time factor of the motors; 1 by default. */
  readonly speed?: number | undefined;
  readonly parameters?: SimulateParameters | undefined;
  readonly crash?: CrashPoint | undefined;
  /** What `crash` does; by default this simulator dies in place, a process of its own kills itself. */
  readonly onCrash?: (() => void) | undefined;
  readonly duplicateReports?: number | undefined;
  readonly reorderReports?: boolean | undefined;
  readonly clock?: ClockKind | undefined;
  /** Wait before the n-th try: random, up to base × 2ⁿ, at most max. 1 s and 60 s by default. */
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number } | undefined;
  readonly serial?: ((line: SerialLine) => void) | undefined;
  readonly onProblem?: ((problem: LinkProblem) => void) | undefined;
  readonly onResult?: ((result: SimulationResult) => void) | undefined;
  /** Uniform in [0, 1): jitter. */
  readonly random?: (() => number) | undefined;
}

/** The contract's result of a simulated job, once the api has committed all of it. */
export interface SimulationResult {
  readonly job_id: number;
  readonly itens_completados: number;
  readonly itens_falhados: number;
  readonly itens_cancelados: number;
  readonly execution_logs: readonly ExecutionLogEntry[];
}

/** What one life of the board tells its owner. */
export interface BootEvents {
  readonly freed: (result: SimulationResult) => void;
  readonly connected: () => void;
  readonly problem: (problem: LinkProblem) => void;
  readonly crashed: () => void;
  /** The `reboot` command was accepted. */
  readonly reboot: () => void;
}

export interface Boot {
  drop(ms: number): void;
  stop(): Promise<void>;
  /** Power off, now. */
  die(): void;
}

const firmwareVersion = '0.3.0-sim';
const reorderHoldMs = 3_000;
/** A deadline that has just passed must not become a busy loop. */
const minTimerMs = 2;
const maxTimerMs = 60_000;
const firmwareBackoff = { baseMs: 1_000, maxMs: 60_000 };

/**
 * One life of the board, from power on to power off: opens the journal, recovers, pours, connects.
 *
 * @throws Error when the journal's folder is in use or cannot be written
 */
export function powerOn(options: SimulatorOptions, resetReason: string, events: BootEvents): Boot {
  const { org, device, serial = () => {}, random = Math.random } = options;
  const journal = openJournalFile(options.dir);
  const flash = options.flash?.(journal) ?? journal;
  const clock = createClock(options.clock ?? 'real');
  let alive = true;
  let timer: NodeJS.Timeout | undefined;
  let link: MqttLink | undefined;

  function die(): void {
    if (!alive) return;
    alive = false;
    clearTimeout(timer);
    faults.cancel();
    link?.destroy();
    journal.close();
  }

  const faults = planFaults(options.parameters ?? {}, options.crash, {
    drop: (ms) => link?.drop(ms),
    crash() {
      options.onCrash?.();
      die();
      events.crashed();
    },
  });
  const motors = createMotors({
    clock,
    ledger: typeof options.ledger === 'string' ? createLedgerFile(options.ledger) : options.ledger,
    boot: () => dispenser.state.boot,
    speed: options.speed ?? 1,
    ...faults,
  });
  const ports: Ports = {
    clock,
    random,
    serial,
    actuator: motors,
    journal: {
      load: flash.load,
      append(record) {
        if (!flash.append(record)) return false;
        faults.afterAppend(record, dispenser.state);
        return true;
      },
    },
    link: makeUnruly(
      { publish: (...message) => link?.publish(...message) ?? false },
      {
        duplicates: options.duplicateReports ?? 0,
        reorderHoldMs: options.reorderReports ? reorderHoldMs : undefined,
      },
    ),
    reboot: events.reboot,
    jobFreed(stored) {
      events.freed(resultOf(stored));
    },
  };
  const dispenser = createDispenser(ports, {
    org,
    device,
    fwVersion: firmwareVersion,
    hw: 'simulador',
    resetReason,
    frascos: options.frascos ?? 8,
  });

  /** Every entry into the core: afterwards the timer stands where the core next has something to do. */
  function enter(call: () => void): void {
    if (!alive) return;
    try {
      call();
    } catch (error) {
      if (!(error instanceof PowerLoss)) throw error;
    }
    clearTimeout(timer);
    const at = alive ? dispenser.wakeAt() : undefined;
    if (at === undefined) return;
    const waitMs = Math.min(Math.max(at - clock.ms(), minTimerMs), maxTimerMs);
    timer = setTimeout(() => enter(dispenser.tick), waitMs);
  }

  if (journal.lost !== undefined) {
    const text = `Diário ilegível (${journal.lost}); começa um novo`;
    serial({ level: 'error', tag: 'PERSIST', text, uptimeMs: 0 });
  }
  enter(dispenser.begin);
  enter(dispenser.tick);
  if (alive) {
    link = openMqttLink({
      url: options.url,
      org,
      device,
      password: options.password,
      random,
      backoff: options.backoff ?? firmwareBackoff,
      willOf: (connection) => ({
        topic: topic('presence', { org, device }),
        payload: encode('presence', { state: 'lost', ...dispenser.willOf(connection) }),
      }),
      onConnected(connection) {
        events.connected();
        enter(() => dispenser.connected(connection));
      },
      onLost: () => enter(dispenser.lost),
      onMessage: (name, payload, retained) => enter(() => dispenser.message(name, payload, retained)),
      onProblem: events.problem,
    });
  }

  return {
    die,
    drop: (ms) => link?.drop(ms),
    async stop() {
      if (!alive) return;
      motors.stopAll();
      dispenser.sayOffline();
      alive = false;
      clearTimeout(timer);
      faults.cancel();
      await link?.end();
      journal.close();
    },
  };
}

function resultOf(stored: StoredJob): SimulationResult {
  const { job_id, itens_completados, itens_falhados, itens_cancelados = 0 } = completeOf(stored);
  const execution_logs = entriesOf(stored);
  return { job_id, itens_completados, itens_falhados, itens_cancelados, execution_logs };
}
