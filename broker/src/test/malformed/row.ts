/** What comes back for bytes that nobody should send. */
export type Outcome =
  /** The connection ends without an answer to them. */
  | 'closed'
  /** CONNACK with this code, then the end. */
  | `refused ${1 | 2 | 3 | 4 | 5}`
  /** CONNACK 0 for the CONNECT in front, then the end. */
  | 'accepted, then closed'
  /** SUBACK 0x80; the connection goes on. */
  | 'filter refused'
  /** No fault, or none that matters: the connection goes on. */
  | 'goes on'
  /** Nothing, until the time for CONNECT has run out. */
  | 'waits';

/** One line of the table. */
export interface Row {
  readonly family: string;
  readonly what: string;
  /** Sent on a fresh connection, or behind an accepted CONNECT of demo/mao. */
  readonly state: 'new' | 'connected';
  readonly bytes: Buffer;
  readonly outcome: Outcome;
  /** Normative statement of MQTT 3.1.1, or the section where it has none, or `contract`. */
  readonly clause: string;
}

type Entry = readonly [what: string, bytes: Buffer, outcome?: Outcome, clause?: string | undefined];

/** Rows that share family, state and clause; they end in `closed` where they do not say otherwise. */
export const rows = (
  family: string,
  state: Row['state'],
  clause: string,
  entries: Iterable<Entry>,
): readonly Row[] =>
  Array.from(entries, ([what, sent, outcome = 'closed', own = clause]) => ({
    family,
    what,
    state,
    bytes: sent,
    outcome,
    clause: own,
  }));

export const range = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, n) => from + n * step);
