import type { JournalRecord, JournalState, StoredJob } from './journal-state.ts';

/**
 * What the simulated dispenser needs from the world. The core only ever calls these; files, sockets and
 * timers fill them in (`../`), a model that crashes fills them in for the sweep.
 */
export interface Ports {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly actuator: Actuator;
  readonly link: Link;
  readonly serial: (line: SerialLine) => void;
  /** Uniform in [0, 1): jitter only, nothing is decided by it. */
  readonly random: () => number;
  /** Orderly restart, asked for by the `reboot` command; `presence` offline was published before. */
  readonly reboot: () => void;
  /** The slot of a job is free: the api has committed all of it. */
  readonly jobFreed?: (stored: StoredJob) => void;
}

export interface Clock {
  /** Whole milliseconds since this boot, monotonic. */
  ms(): number;
  /** Epoch milliseconds as this device believes them; null while it has no clock. */
  epochMs(): number | null;
}

/** The flash. One record is one fact: durable on return, or not there at all. */
export interface Journal {
  /** What the records so far add up to; read once, at boot. */
  load(): JournalState;
  /** True when the record will survive any kill; false: nothing was written. */
  append(record: JournalRecord): boolean;
}

/** Why the output goes on; `seq` 0 is a command, not a job. */
export interface Pouring {
  readonly seq: number;
  readonly jobId: number;
  readonly itemOrdem: number;
  readonly frasco: number;
}

/** The motors, one at a time. */
export interface Actuator {
  /** Output on, with its own cut-off after `ms`. False: the relay did not take, the output is off. */
  start(pouring: Pouring, ms: number): boolean;
  stopAll(): void;
  running(): boolean;
  /** Measured run of the last start; grows while running. */
  ranMs(): number;
  /** What the last start is meant to run, in the same milliseconds as {@link ranMs}. */
  ofMs(): number;
  /** Clock reading at which the cut-off acts; undefined while off. */
  endsAt(): number | undefined;
  /** The code a simulated fault gives this run, read when it has ended. */
  fault(): { readonly code: 'timeout' | 'vazio'; readonly text: string } | undefined;
}

export interface Link {
  /** False: not connected. True promises nothing: only our own `ack` proves that the api has it. */
  publish(topic: string, payload: string, options: { qos: 0 | 1; retain: boolean }): boolean;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One serial line, as the firmware prints it: `[EXEC] Item 1/4: …`. */
export interface SerialLine {
  readonly level: LogLevel;
  readonly tag: SerialTag;
  readonly text: string;
  readonly uptimeMs: number;
}

export type SerialTag =
  | 'SETUP'
  | 'RESUME'
  | 'POLL'
  | 'EXEC'
  | 'REPORT'
  | 'PERSIST'
  | 'LOOP'
  | 'MQTT'
  | 'CMD'
  | 'CONFIG';
