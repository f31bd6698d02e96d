import { type ConfigDesired, type EntryErrorCode, limits } from '@yaguts/shared';

/**
 * The journal's records and what they add up to. Each record is one fact; recovery replays them in order,
 * so the state after a crash is the state before it up to the last durable record.
 *
 *   job     → a job is ours: leave to start was given
 *   intent  → an item is `iniciado`, written before its motor goes on
 *   final   → what became of one item, written before it is published
 *   close   → every item from `from` on that has no final is closed with a code (cancel, stop, expiry, abort)
 *   ack     → items the api has committed
 *   unack   → a new epoch: the api may have lost what it acknowledged
 *   free    → the api has the whole job: `hi` rises, the job joins the ring
 */
export type JournalRecord =
  | { readonly k: 'journal'; readonly id: string }
  | { readonly k: 'boot'; readonly boot: number }
  | { readonly k: 'epoch'; readonly epoch: string }
  | { readonly k: 'config'; readonly config: ConfigDesired }
  | { readonly k: 'job'; readonly job: JournalJob }
  | { readonly k: 'intent'; readonly seq: number; readonly item: number }
  | ({ readonly k: 'final'; readonly seq: number; readonly item: number } & Final)
  | ({ readonly k: 'close'; readonly seq: number } & Close)
  | { readonly k: 'ack'; readonly seq: number; readonly itens: readonly number[] }
  | { readonly k: 'unack'; readonly seq: number }
  | { readonly k: 'free'; readonly seq: number };

/** What is kept of a job document: enough to pour it and to render its entries without the network. */
export interface JournalJob {
  readonly job_id: number;
  readonly seq: number;
  readonly token: string;
  readonly not_after: number;
  readonly itens: readonly JournalItem[];
}
export interface JournalItem {
  readonly frasco: number;
  readonly tempero: string;
  readonly quantidade_g: number;
  readonly ms: number;
  readonly critico: boolean;
}

/** When something became final, as this device's clocks said at that moment. */
export interface Stamp {
  readonly boot: number;
  readonly uptime_ms: number;
  readonly ts: number | null;
}
export interface Final extends Stamp {
  /** Null: done. Otherwise the code and, after a colon, free text. */
  readonly error: string | null;
  readonly ran_ms: number;
}
export interface Close extends Stamp {
  readonly from: number;
  /** Code of the item at which it stopped, whose motor may have run for `ran_ms`. */
  readonly first: EntryErrorCode;
  /** Code of the items after that one. */
  readonly rest: EntryErrorCode;
  readonly text: string;
  readonly ran_ms: number;
}

export interface StoredJob {
  readonly job: JournalJob;
  /** The item whose motor was last allowed on; 0 before the first. */
  intent: number;
  readonly finals: Map<number, Final>;
  close: Close | undefined;
  readonly acked: Set<number>;
}

export interface JournalState {
  journalId: string;
  boot: number;
  epoch: string | null;
  /** The highest finished seq. */
  hi: number;
  config: ConfigDesired | undefined;
  active: StoredJob | undefined;
  /** Finished jobs that still hold the last 64 acked entries, oldest first. */
  ring: StoredJob[];
}

export const emptyJournal = (): JournalState => ({
  journalId: '',
  boot: 0,
  epoch: null,
  hi: 0,
  config: undefined,
  active: undefined,
  ring: [],
});

/**
 * Takes one record into the state, in place.
 *
 * @throws Error when the record cannot follow what is there: such a journal cannot be trusted
 */
export function applyRecord(state: JournalState, record: JournalRecord): void {
  switch (record.k) {
    case 'journal':
      state.journalId = record.id;
      return;
    case 'boot':
      state.boot = record.boot;
      return;
    case 'epoch':
      state.epoch = record.epoch;
      return;
    case 'config':
      state.config = record.config;
      return;
    case 'job':
      if (state.active) throw new Error(`job ${record.job.job_id} follows an unfinished one`);
      if (record.job.seq <= state.hi) throw new Error(`seq ${record.job.seq} has finished already`);
      state.active = { job: record.job, intent: 0, finals: new Map(), close: undefined, acked: new Set() };
      return;
    default:
      applyToActive(state, record);
  }
}

function applyToActive(
  state: JournalState,
  record: Extract<JournalRecord, { k: 'intent' | 'final' | 'close' | 'ack' | 'unack' | 'free' }>,
): void {
  const active = state.active;
  if (active?.job.seq !== record.seq)
    throw new Error(`${record.k} of seq ${record.seq}, which is not active`);
  switch (record.k) {
    case 'intent':
      active.intent = record.item;
      return;
    case 'final': {
      const { k: _k, seq: _seq, item, ...final } = record;
      active.finals.set(item, final);
      return;
    }
    case 'close': {
      const { k: _k, seq: _seq, ...close } = record;
      active.close = close;
      return;
    }
    case 'ack':
      for (const item of record.itens) active.acked.add(item);
      return;
    case 'unack':
      active.acked.clear();
      return;
    case 'free':
      state.hi = record.seq;
      state.active = undefined;
      state.ring = trimRing([...state.ring, active]);
  }
}

/** Drops the oldest jobs that the last 64 entries do not need. */
function trimRing(jobs: readonly StoredJob[]): StoredJob[] {
  let entries = 0;
  let keep = jobs.length;
  while (keep > 0 && entries < limits.ringJobs) entries += jobs[--keep]?.job.itens.length ?? 0;
  return jobs.slice(keep);
}

/** The fewest records that add up to this state: what a compacted journal holds. */
export function recordsOf(state: JournalState): JournalRecord[] {
  const records: JournalRecord[] = [
    { k: 'journal', id: state.journalId },
    { k: 'boot', boot: state.boot },
  ];
  if (state.epoch !== null) records.push({ k: 'epoch', epoch: state.epoch });
  if (state.config) records.push({ k: 'config', config: state.config });
  for (const stored of state.ring) {
    records.push(...recordsOfJob(stored), { k: 'free', seq: stored.job.seq });
  }
  if (state.active) records.push(...recordsOfJob(state.active));
  return records;
}

function recordsOfJob(stored: StoredJob): JournalRecord[] {
  const seq = stored.job.seq;
  const records: JournalRecord[] = [{ k: 'job', job: stored.job }];
  for (const [item, final] of stored.finals) records.push({ k: 'final', seq, item, ...final });
  if (stored.intent > 0) records.push({ k: 'intent', seq, item: stored.intent });
  if (stored.close) records.push({ k: 'close', seq, ...stored.close });
  if (stored.acked.size > 0) records.push({ k: 'ack', seq, itens: [...stored.acked] });
  return records;
}
