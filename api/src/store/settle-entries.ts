import { type ExecutionLogEntry, entryErrorCode, gFromMg, type JobEvent, limits } from '@yaguts/shared';
import { and, eq } from 'drizzle-orm';
import { counterOf, type Failure, finalStatus, isTerminal, wasStopped } from '../domain/job-status.ts';
import { digestOf, judgeEntry, msOf, type Rejection } from '../domain/settle.ts';
import type { Counter } from './counter.ts';
import {
  type Entry,
  factsOf,
  type Job,
  type JobFacts,
  type JobItem,
  type KnownItem,
  resultOf,
} from './job-rows.ts';
import type { Frasco, FrascoKey, Pours } from './ledger.ts';
import type { StoreParts } from './parts.ts';
import type { Rejected } from './rejected.ts';
import { executionLogs, jobItems } from './schema/index.ts';
import { columns, p, run, runEach, type Tx, wholeRow } from './transaction.ts';

/** Where a report came from, and as it came. */
export interface ReportOrigin {
  readonly org: string;
  readonly device: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  /** When it arrived. */
  readonly at: number;
}
/** One entry of a device, already validated. */
export interface Report {
  readonly origin: ReportOrigin;
  readonly entry: ExecutionLogEntry;
}

/** What a report has changed: everything that is to be published after the commit. */
export interface JobChange {
  readonly job: JobFacts;
  readonly events: readonly JobEvent[];
  readonly started: boolean;
  readonly ended: boolean;
  /** Frascos whose estoque row changed. */
  readonly frascos: readonly number[];
  /** Frascos that went below their minimum, told with the last entry of a batch that took from them. */
  readonly low: readonly Frasco[];
}

export type EntryOutcome =
  | { readonly kind: 'stored'; readonly change: JobChange }
  | { readonly kind: 'repeat' }
  | { readonly kind: 'aside'; readonly code: Rejection; readonly frascos: readonly number[] }
  | { readonly kind: 'denied' };

export interface Settle {
  /** Takes entries in their order (reliability, section 2); answers one outcome each. */
  settle(reports: readonly Report[]): Tx<EntryOutcome[]>;
  /** Closes items as `recusado`: their reports were put aside, or the device's account leaves them out. */
  refuse(origin: ReportOrigin, job: Job, itens: readonly JobItem[]): Tx<JobChange[]>;
}

/** A job of a batch as it is by now: entries move it here, and its row follows once. */
interface OpenJob {
  /** Ours to change: it was read for this batch. */
  job: { -readonly [K in keyof Job]: Job[K] };
  readonly itens: ReadonlyMap<number, KnownItem>;
  /** Counted further than its row says. */
  isAhead: boolean;
  /** Items stored of which the row still says that something is reserved. */
  settled: number[];
}

/** What a batch has still to write, in its order: once for each frasco, whatever the number of entries. */
interface Pending {
  readonly opened: Map<string, OpenJob>;
  entries: Entry[];
  readonly pours: Map<string, OpenPours>;
}
type OpenPours = { -readonly [K in keyof Pours]: Pours[K] } & {
  readonly key: FrascoKey;
  readonly saidas: Pours['saidas'][number][];
  low: Frasco[];
};

/** The transaction code that takes entries, for a whole batch at a time. */
export function createSettle({
  db,
  rows,
  ledger,
  rejected,
  counter,
}: Pick<StoreParts, 'db' | 'rows' | 'ledger'> & { rejected: Rejected; counter: Counter }): Settle {
  const thisItem = and(
    eq(jobItems.org_id, p('org_id')),
    eq(jobItems.job_id, p('job_id')),
    eq(jobItems.item_ordem, p('item_ordem')),
  );
  const q = {
    insert: db.orm.insert(executionLogs).values(wholeRow(executionLogs)).prepare(),
    putAside: db.orm.update(jobItems).set(columns(jobItems, 'recusado')).where(thisItem).prepare(),
  };

  /** Reads each job of the batch once, with the items that are spoken of. */
  function* openJobs(reports: readonly Report[]): Tx<Map<string, OpenJob>> {
    const wanted = new Map<string, { org: string; job_id: number; itens: number[] }>();
    for (const { origin, entry } of reports) {
      const key = keyOf(origin.org, entry.job_id);
      const one = wanted.get(key);
      if (one) one.itens.push(entry.item_ordem);
      else wanted.set(key, { org: origin.org, job_id: entry.job_id, itens: [entry.item_ordem] });
    }
    const opened = new Map<string, OpenJob>();
    for (const [key, { org, job_id, itens }] of wanted) {
      const open = yield* openJob(org, job_id, itens);
      if (open) opened.set(key, open);
    }
    return opened;
  }

  function* openJob(org: string, job_id: number, itens: readonly number[]): Tx<OpenJob | undefined> {
    const job = yield* rows.byId(org, job_id);
    if (!job) return undefined;
    const known = yield* rows.known(org, job_id, itens);
    const byNumber = new Map(known.map((item) => [item.item_ordem, item]));
    return { job, itens: byNumber, isAhead: false, settled: [] };
  }

  function* judge(pending: Pending, open: OpenJob | undefined, report: Report): Tx<EntryOutcome> {
    const { origin, entry } = report;
    const { org, device } = origin;
    const item = open?.itens.get(entry.item_ordem);
    const stored = item?.digest ? { digest: item.digest } : undefined;
    const verdict = judgeEntry(device, entry, { job: open?.job, item, stored });
    switch (verdict.do) {
      case 'repeat':
        return { kind: 'repeat' };
      case 'deny':
        yield* rejected.file({
          ...origin,
          code: 'alheio',
          detalhe: `job ${entry.job_id} is another device's`,
        });
        return { kind: 'denied' };
      case 'aside': {
        yield* rejected.file({ ...origin, code: verdict.code, detalhe: `item ${entry.item_ordem}` });
        yield* counter.follow(entry.job_id);
        if (verdict.recount) yield* ledger.recount({ org_id: org, device, frasco: entry.frasco });
        if (verdict.code === 'item' && item && !stored) yield* run(q.putAside, { ...item, recusado: 'item' });
        return { kind: 'aside', code: verdict.code, frascos: verdict.recount ? [entry.frasco] : [] };
      }
      case 'store': {
        const change = yield* store(pending, open as OpenJob, item as KnownItem, report);
        return { kind: 'stored', change };
      }
    }
  }

  /** A row appears: ledger, estoque and job move with it, in this transaction and never again. */
  function* store(pending: Pending, open: OpenJob, item: KnownItem, report: Report): Tx<JobChange> {
    const { org, device, at, payload } = report.origin;
    const { entry } = report;
    const row: Entry = {
      org_id: org,
      job_id: item.job_id,
      item_ordem: item.item_ordem,
      device,
      digest: digestOf(entry),
      frasco: item.frasco,
      tempero: entry.tempero ?? item.tempero,
      // What was planned, never what a device claims.
      quantidade_mg: item.quantidade_mg,
      ms: msOf(entry),
      status: entry.status,
      error: entry.error,
      boot_id: entry.boot_id,
      uptime_ms: entry.uptime_ms,
      ts: entry.ts,
      recebido_em: at,
      tardio: isTerminal(open.job.status),
      raw: textOf(payload).slice(0, limits.maxEntryBytes),
    };
    pending.entries.push(row);
    item.digest = row.digest;
    const low: Frasco[] = [];
    addPour(pending, item, row, low);
    if (item.reservado_mg !== 0) open.settled.push(item.item_ordem);
    item.reservado_mg = 0;
    return yield* advance(pending, open, row, low);
  }

  /** Moves the job on by one entry. */
  function* advance(pending: Pending, open: OpenJob, row: Entry, low: Frasco[]): Tx<JobChange> {
    const events: JobEvent[] = [];
    const frascos = [row.frasco];
    const isFirst = open.job.status === 'queued';
    if (isFirst) {
      frascos.push(...(yield* begin(open, row.recebido_em)));
      const { evento, status, fase, motivo } = open.job;
      events.push({ seq: evento, type: 'state', data: { status, fase, motivo } });
    }
    const wasTerminal = isTerminal(open.job.status);
    count(open, row, wasTerminal);
    events.push({ seq: open.job.evento, type: 'execution_log_entry', data: toldOf(row) });
    const ended = !wasTerminal && isSettled(open.job);
    if (ended) {
      yield* end(pending, open, row.recebido_em);
      events.push({ seq: open.job.evento, type: 'execution_complete', data: resultOf(open.job) });
    }
    const started = isFirst && !wasTerminal;
    return { job: factsOf(open.job), events, started, ended, frascos: [...new Set(frascos)], low };
  }

  /**
   * The start was accepted before a restore, or nobody asked: it runs, for here is its report, unless another job
   * does.
   *
   * @returns frascos of which something is not reserved any more
   */
  function* begin(open: OpenJob, at: number): Tx<readonly number[]> {
    if (!(yield* rows.running(open.job.org_id, open.job.device))) {
      open.job = yield* rows.change(open.job, { status: 'running', fase: 'dispensando', iniciado_em: at }, 1);
      return [];
    }
    yield* settleItens(open);
    const how = { status: 'canceled', motivo: 'fora_de_ordem', at, fechado_a_forca: true } as const;
    const closed = yield* rows.end(open.job, how, 1);
    open.job = closed.job;
    return closed.frascos;
  }

  function* end(pending: Pending, open: OpenJob, at: number): Tx<void> {
    const { org_id, job_id, total_itens } = open.job;
    yield* settleItens(open);
    // Why it ends is asked of the table.
    yield* insertEntries(pending);
    const failures = yield* rows.failures(org_id, job_id);
    const ended = yield* rows.end(open.job, {
      ...{ status: finalStatus(open.job, total_itens), motivo: motivoOf(failures), at },
      parado: wasStopped(failures),
    });
    open.job = ended.job;
    open.isAhead = false;
  }

  function* insertEntries(pending: Pending): Tx<void> {
    yield* runEach(q.insert, pending.entries);
    pending.entries = [];
  }

  function* settleItens(open: OpenJob): Tx<void> {
    yield* ledger.settleItens(open.job, open.settled);
    open.settled = [];
  }

  function* flush(pending: Pending): Tx<void> {
    yield* insertEntries(pending);
    for (const { key, low, ...pours } of pending.pours.values()) {
      const { antes, depois } = yield* ledger.pour(key, pours);
      if (antes.saldo_mg >= depois.minimo_mg && depois.saldo_mg < depois.minimo_mg) low.push(depois);
    }
    for (const open of pending.opened.values()) {
      yield* settleItens(open);
      if (open.isAhead) yield* rows.count(open.job);
    }
  }

  return {
    *settle(reports) {
      const pending = pendingOf(yield* openJobs(reports));
      const outcomes: EntryOutcome[] = [];
      for (const report of reports) {
        const open = pending.opened.get(keyOf(report.origin.org, report.entry.job_id));
        outcomes.push(yield* judge(pending, open, report));
      }
      yield* flush(pending);
      return outcomes;
    },
    *refuse(origin, { org_id, job_id, seq, token }, itens) {
      const named = itens.map(({ item_ordem }) => item_ordem);
      const open = (yield* openJob(org_id, job_id, named)) as OpenJob;
      const pending = pendingOf(new Map([[keyOf(org_id, job_id), open]]));
      const changes: JobChange[] = [];
      for (const { item_ordem, frasco, recusado } of itens) {
        const entry: ExecutionLogEntry = {
          ...{ v: 1, job_id, seq: seq ?? 1, token, item_ordem, frasco, segundos: 0, status: 'failed' },
          error: `recusado ${recusado ?? 'sem relato'}`,
          ...{ boot_id: null, uptime_ms: null, ts: null },
        };
        const item = open.itens.get(item_ordem) as KnownItem;
        changes.push(yield* store(pending, open, item, { origin, entry }));
      }
      yield* flush(pending);
      return changes;
    },
  };
}

const pendingOf = (opened: Map<string, OpenJob>): Pending => ({ opened, entries: [], pours: new Map() });
const keyOf = (org: string, job_id: number): string => `${org}/${job_id}`;

function addPour(pending: Pending, item: KnownItem, row: Entry, low: Frasco[]): void {
  if (item.reservado_mg === 0 && row.status !== 'done') return;
  const { org_id, device, frasco } = row;
  const name = `${org_id}/${device}/${frasco}`;
  let pours = pending.pours.get(name);
  if (!pours) {
    pours = { key: { org_id, device, frasco }, liberado_mg: 0, saidas: [], low };
    pending.pours.set(name, pours);
  }
  pours.liberado_mg += item.reservado_mg;
  if (row.status !== 'done') return;
  pours.low = low;
  pours.saidas.push({
    tempero: item.tempero,
    tipo: 'saida',
    quantidade_mg: -item.quantidade_mg,
    job_id: row.job_id,
    item_ordem: row.item_ordem,
    em: row.recebido_em,
  });
}

/** Counts one entry in its job, and numbers its event. */
function count(open: OpenJob, row: Entry, isLate: boolean): void {
  const { job } = open;
  if (!open.isAhead) job.versao++;
  open.isAhead = true;
  job.evento++;
  // At the end of a job its open items count as canceled; a late word takes its item out of them.
  if (isLate) job.itens_cancelados--;
  job[counterOf(row)]++;
  if (row.status === 'done') job.gramas_mg += row.quantidade_mg;
  if (entryErrorCode(row.error) === 'interrompido') job.interrompidos++;
  job.noticia_em = row.recebido_em;
  job.sem_noticias = false;
}

const isSettled = (job: Job): boolean =>
  job.itens_completados + job.itens_falhados + job.itens_cancelados >= job.total_itens;

/** What the event of an entry says. */
const toldOf = (row: Entry): Record<string, unknown> => ({
  item_ordem: row.item_ordem,
  frasco: row.frasco,
  tempero: row.tempero,
  quantidade_g: gFromMg(row.quantidade_mg),
  segundos: row.ms / 1_000,
  status: row.status,
  error: row.error,
  tardio: row.tardio,
});

const textOf = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('utf8');

/** Why a job ended as it did, by the words of its entries; null when nothing special is to be said. */
function motivoOf(failures: readonly Failure[]): string | null {
  const codes = new Set(failures.map(({ error }) => entryErrorCode(error)));
  return (['abortado', 'cancelado', 'expirado'] as const).find((code) => codes.has(code)) ?? null;
}
