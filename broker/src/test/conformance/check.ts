import type { Stage } from './stage.ts';

export type BrokerName = 'yaguts' | 'mosquitto';

/** One behaviour of MQTT 3.1.1 that the contract relies on, or that people may expect. */
export interface Check {
  readonly title: string;
  /** The normative statement, or the section. */
  readonly clause: string;
  /** What a client sees; compared with `standard`. */
  readonly observe: (stage: Stage) => Promise<unknown>;
  readonly standard: unknown;
  /** Where a broker differs: what is seen there, and the sentence about it in the README. */
  readonly deviations?: Partial<Record<BrokerName, Deviation>>;
}

export interface Deviation {
  readonly observed: unknown;
  readonly told: string;
}
