import type { ParamsOf, PayloadOf, Principal, TopicKey } from '@yaguts/shared';
import type { Rates } from '../identity/rates.ts';
import type { Store } from '../store/store.ts';

/**
 * Publishes on one row of the topic table, with the row's own QoS and retain flag. `null` clears what is
 * retained; a text is the payload as the store has written it. Never throws and never waits: a message that is
 * lost is sent again from the database.
 */
export type Publish = <K extends TopicKey>(
  key: K,
  params: ParamsOf<K>,
  payload: PayloadOf<K> | string | null,
) => void;

/** Tells an organisation, or one person of it, that something happened (`events/{type}`). */
export type Notify = (
  org: string,
  type: string,
  data: Readonly<Record<string, unknown>>,
  user?: string,
) => void;

/** One line of the log: what happened, in the past tense, with ids. Secrets are never fields. */
export type Log = (event: string, fields?: Readonly<Record<string, unknown>>) => void;

/** What a flow needs to know of the configuration. */
export interface FlowConfig {
  readonly version: string;
  /** The simulator page and the test routes exist. */
  readonly development: boolean;
}

/** Everything a flow is given. Time and chance are here so that tests can hold them. */
export interface FlowDeps {
  readonly store: Store;
  readonly publish: Publish;
  readonly notify: Notify;
  /** Closes the live MQTT connections of the principals that match; answers how many. */
  readonly disconnect: (match: (principal: Principal) => boolean) => number;
  /** Live MQTT connections. */
  readonly clients: () => readonly { readonly principal: Principal; readonly clientId: string }[];
  readonly now: () => number;
  /** Random bytes. */
  readonly random: (bytes: number) => Buffer;
  readonly log: Log;
  readonly rates: Rates;
  readonly config: FlowConfig;
}
