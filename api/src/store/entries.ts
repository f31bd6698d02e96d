import {
  type ExecutionLogEntry,
  entryErrorCode,
  gFromMg,
  type JobCompleteIn,
  type JobCompleteOut,
  type JobEvent,
  limits,
} from '@yaguts/shared';
import { and, eq } from 'drizzle-orm';
import { counterOf, finalStatus, isTerminal } from '../domain/job-status.ts';
import { digestOf, judgeEntry, msOf, type Rejection } from '../domain/settle.ts';
import type { Counter } from './counter.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Entry, Job, JobItem, JobPatch } from './job-rows.ts';
import type { Frasco } from './ledger.ts';
import type { StoreParts } from './parts.ts';
import type { createRejected } from './rejected.ts';
import { executionLogs, jobItems } from './schema/index.ts';
import { columns, p, run, type Tx, wholeRow } from './transaction.ts';

/** Where a report came from, and as it came. */
export interface ReportOrigin {
  readonly org: string;
  readonly device: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  /** When it arrived. */
  readonly at: number;
}

/** What a report has changed: everything that is to be published after the commit. */
export interface JobChange {
  readonly job: Job;
  readonly events: readonly JobEvent[];
  readonly started: boolean;
  readonly ended: boolean;
  /** Frascos whose estoque row changed. */
  readonly frascos: readonly number[];
  /** Frascos that went below their minimum with this. */
  readonly low: readonly Frasco[];
}

export type EntryOutcome =
  | { readonly kind: 'stored'; readonly change: JobChange }
  | { readonly kind: 'repeat' }
  | { readonly kind: 'aside'; readonly code: Rejection; readonly frascos: readonly number[] }
  | { readonly kind: 'denied' };

export interface CompleteOutcome {
  /** `open`: an item is neither stored nor put aside, so the device must not be told that it may forget. */
  readonly kind: 'taken' | 'open' | 'aside' | 'denied';
  readonly code?: Rejection;
  /** Items of this message that may be acked. */
  readonly itens: readonly number[];
  readonly rejected: readonly { readonly item_ordem: number; readonly code: Rejection }[];
  readonly changes: readonly JobChange[];
  readonly frascos: readonly number[];
  readonly out?: JobCompleteOut;
}

/** Transactions that take a device's final words. Each runs in the next batch of {@link GroupCommit}. */
export function entriesStore(
  { db, rows, ledger }: StoreParts,
  writer: GroupCommit,
  rejected: ReturnType<typeof createRejected>,
  counter: Counter,
) {
  const thisItem = and(
    eq(jobItems.org_id, p('org_id')),
    eq(jobItems.job_id, p('job_id')),
    eq(jobItems.item_ordem, p('item_ordem')),
  );
  const q = {
    insert: db.orm.insert(executionLogs).values(wholeRow(executionLogs)).prepare(),
    putAside: db.orm.update(jobItems).set(columns(jobItems, 'recusado')).where(thisItem).prepare(),
  };

  function* settle(origin: ReportOrigin, entry: ExecutionLogEntry): Tx<EntryOutcome> {
    const { org, device } = origin;
    const job = yield* rows.byId(org, entry.job_id);
    const item = job && (yield* rows.item(org, job.job_id, entry.item_ordem));
    const stored = job && (yield* rows.entry(org, job.job_id, entry.item_ordem));
    const verdict = judgeEntry(device, entry, { job, item, stored });
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
      case 'store':
        return { kind: 'stored', change: yield* store(origin, job as Job, item as JobItem, entry) };
    }
  }

  /** A row appears: ledger, estoque and job move with it, in this transaction and never again. */
  function* store(
    { org, device, at, payload }: ReportOrigin,
    before: Job,
    item: JobItem,
    entry: ExecutionLogEntry,
  ): Tx<JobChange> {
    const tardio = isTerminal(before.status);
    const { status, error, boot_id, uptime_ms, ts } = entry;
    const row: Entry = {
      ...{ org_id: org, job_id: before.job_id, item_ordem: item.item_ordem, device },
      digest: digestOf(entry),
      frasco: item.frasco,
      tempero: entry.tempero ?? item.tempero,
      // What was planned, never what a device claims.
      quantidade_mg: item.quantidade_mg,
      ms: msOf(entry),
      ...{ status, error, boot_id, uptime_ms, ts },
      recebido_em: at,
      tardio,
      raw: Buffer.from(payload).toString('utf8').slice(0, limits.maxEntryBytes),
    };
    yield* run(q.insert, row);
    yield* ledger.releaseItem(device, item);
    const low: Frasco[] = [];
    if (status === 'done') {
      const { antes, depois } = yield* ledger.move({
        ...{ org_id: org, device, frasco: item.frasco, tempero: item.tempero, tipo: 'saida' },
        quantidade_mg: -item.quantidade_mg,
        ...{ job_id: before.job_id, item_ordem: item.item_ordem, em: at },
      });
      if (antes.saldo_mg >= depois.minimo_mg && depois.saldo_mg < depois.minimo_mg) low.push(depois);
    }
    const change = yield* advance(before, at, row);
    return { ...change, frascos: [...new Set([item.frasco, ...change.frascos])], low };
  }

  /** Moves the job on by one stored entry. */
  function* advance(before: Job, at: number, row: Entry): Tx<Omit<JobChange, 'low'>> {
    const events: JobEvent[] = [];
    let seq = before.evento;
    const tell = (type: JobEvent['type'], data: Record<string, unknown>) =>
      events.push({ seq: ++seq, type, data });
    const patch: JobPatch = { noticia_em: at, sem_noticias: false };
    const frascos: number[] = [];
    let job = before;
    const started = job.status === 'queued';
    if (started) {
      // The start was accepted before a restore, or nobody asked: it runs, for here is its report.
      const other = yield* rows.current(job.org_id, job.device);
      if (other?.status === 'running') {
        const closed = yield* rows.end(
          job,
          { status: 'canceled', motivo: 'fora_de_ordem', at, fechado_a_forca: true },
          1,
        );
        job = closed.job;
        frascos.push(...closed.frascos);
        tell('state', { status: job.status, fase: job.fase, motivo: job.motivo });
      } else {
        Object.assign(patch, { status: 'running', fase: 'dispensando', iniciado_em: at });
        tell('state', { status: 'running', fase: 'dispensando', motivo: job.motivo });
      }
    }
    const wasTerminal = isTerminal(job.status);
    const counts = {
      itens_completados: job.itens_completados,
      itens_falhados: job.itens_falhados,
      itens_cancelados: job.itens_cancelados,
    };
    const which = counterOf(row);
    // At the end of a job its open items count as canceled; a late word takes its item out of them.
    if (wasTerminal) counts.itens_cancelados--;
    counts[which]++;
    tell('execution_log_entry', {
      ...{ item_ordem: row.item_ordem, frasco: row.frasco, tempero: row.tempero },
      ...{ quantidade_g: gFromMg(row.quantidade_mg), segundos: row.ms / 1_000 },
      ...{ status: row.status, error: row.error, tardio: row.tardio },
    });
    job = yield* rows.change(job, { ...patch, ...counts }, seq - job.evento);
    const settled = counts.itens_completados + counts.itens_falhados + counts.itens_cancelados;
    const ended = !wasTerminal && settled >= job.total_itens;
    if (ended) {
      const entries = yield* rows.entries(job.org_id, job.job_id);
      const end = yield* rows.end(job, {
        status: finalStatus(counts, job.total_itens),
        motivo: motivoOf(entries),
        at,
      });
      job = end.job;
      tell('execution_complete', resultOf(job));
    }
    return { job, events, started: started && !wasTerminal, ended, frascos };
  }

  function* complete(origin: ReportOrigin, body: JobCompleteIn, isFinal: boolean): Tx<CompleteOutcome> {
    const { org, device, at } = origin;
    const nothing = { itens: [], rejected: [], changes: [], frascos: [] };
    const job = yield* rows.byId(org, body.job_id);
    if (!job || job.token !== body.token) {
      const code = job ? 'token' : 'desconhecido';
      yield* rejected.file({ ...origin, code, detalhe: 'complete' });
      yield* counter.follow(body.job_id);
      return { ...nothing, kind: 'aside', code };
    }
    if (job.device !== device) {
      yield* rejected.file({ ...origin, code: 'alheio', detalhe: 'complete' });
      return { ...nothing, kind: 'denied' };
    }
    const itens: number[] = [];
    const put: { item_ordem: number; code: Rejection }[] = [];
    const changes: JobChange[] = [];
    const frascos: number[] = [];
    for (const entry of body.execution_logs) {
      const outcome = yield* settle(
        { ...origin, payload: Buffer.from(JSON.stringify(entry)) },
        { ...entry, job_id: job.job_id },
      );
      if (outcome.kind === 'denied') continue;
      itens.push(entry.item_ordem);
      if (outcome.kind === 'stored') changes.push(outcome.change);
      if (outcome.kind === 'aside') {
        put.push({ item_ordem: entry.item_ordem, code: outcome.code });
        frascos.push(...outcome.frascos);
      }
    }
    const missing = yield* withoutEntry(job);
    const told = { itens, rejected: put, changes, frascos };
    if (!isFinal && missing.some((item) => item.recusado === null)) return { ...told, kind: 'open' };
    for (const item of missing) changes.push(yield* closeRefused(origin, job, item));
    const last = (yield* rows.byId(org, job.job_id)) as Job;
    const differs =
      body.itens_completados !== last.itens_completados ||
      body.itens_falhados + body.itens_cancelados !== last.itens_falhados + last.itens_cancelados;
    if (differs && last.complete_em === null && missing.length === 0) {
      yield* rejected.file({ ...origin, code: 'contradicao', detalhe: 'the counts of complete' });
    }
    if (last.complete_em === null) {
      changes.push({ ...unchanged(yield* rows.change(last, { complete_em: at }, 0)) });
    }
    return { ...told, kind: 'taken', out: resultOf(last) };
  }

  function* withoutEntry(job: Job): Tx<JobItem[]> {
    const has = new Set((yield* rows.entries(job.org_id, job.job_id)).map((entry) => entry.item_ordem));
    return (yield* rows.itens(job.org_id, job.job_id)).filter((item) => !has.has(item.item_ordem));
  }

  /** An item whose report was put aside is closed by the api, for a person to look at. */
  function* closeRefused(origin: ReportOrigin, job: Job, item: JobItem): Tx<JobChange> {
    const now = (yield* rows.byId(job.org_id, job.job_id)) as Job;
    return yield* store(origin, now, item, {
      ...{ v: 1, job_id: job.job_id, seq: job.seq ?? 1, token: job.token, item_ordem: item.item_ordem },
      ...{
        frasco: item.frasco,
        segundos: 0,
        status: 'failed',
        error: `recusado ${item.recusado ?? 'sem relato'}`,
      },
      ...{ boot_id: null, uptime_ms: null, ts: null },
    });
  }

  return {
    /** Takes one entry of a device (reliability, section 2). */
    settleEntry: (origin: ReportOrigin, entry: ExecutionLogEntry): Promise<EntryOutcome> =>
      writer.submit(`${origin.org}.${origin.device}`, () => settle(origin, entry)),

    /**
     * Takes a device's final account of a job.
     *
     * @param isFinal no second account will come (firmware v0.2): what it leaves out is closed `recusado`
     */
    completeJob: (origin: ReportOrigin, body: JobCompleteIn, isFinal = false): Promise<CompleteOutcome> =>
      writer.submit(`${origin.org}.${origin.device}`, () => complete(origin, body, isFinal)),

    /**
     * Files a report that cannot be read. From the third identical copy the item counts as put aside and the
     * job's token is answered, so that the device moves on; at once would lose an entry garbled on the way.
     */
    fileUnreadable: (
      origin: ReportOrigin,
      about: { job_id?: number; item_ordem?: number; detalhe: string },
    ): Promise<{ token: string | null }> =>
      writer.submit(`${origin.org}.${origin.device}`, function* () {
        const times = yield* rejected.file({ ...origin, code: 'ilegivel', detalhe: about.detalhe });
        if (times < 3 || about.job_id === undefined) return { token: null };
        const job = yield* rows.byId(origin.org, about.job_id);
        if (!job || job.device !== origin.device) return { token: null };
        const missing = yield* withoutEntry(job);
        // An account that cannot be read is answered only when nothing of it is missing.
        if (about.item_ordem === undefined) return { token: missing.length === 0 ? job.token : null };
        const open = missing.find((item) => item.item_ordem === about.item_ordem);
        if (open) yield* run(q.putAside, { ...open, recusado: 'ilegivel' });
        return { token: job.token };
      }),

    /** Files any other message that is of no use, for a person to see where it came from. */
    fileMessage: (origin: ReportOrigin, code: string, detalhe: string): Promise<void> =>
      writer.submit(`${origin.org}.${origin.device}`, function* () {
        yield* rejected.file({ ...origin, code, detalhe });
      }),

    rejectedMessages: (org: string, limit = 100) => db.read(() => rejected.list(org, limit)),
    commitCounters: () => writer.counters(),
  };
}

const unchanged = (job: Job): JobChange => ({
  ...{ job, events: [], started: false, ended: false, frascos: [], low: [] },
});

/** Why a job ended as it did, by the words of its entries; null when nothing special is to be said. */
function motivoOf(entries: readonly Entry[]): string | null {
  const codes = new Set(entries.map(({ error }) => entryErrorCode(error)));
  return (['abortado', 'cancelado', 'expirado'] as const).find((code) => codes.has(code)) ?? null;
}

/** The answer to a complete. */
export function resultOf(job: Job): JobCompleteOut {
  const { job_id, status, itens_completados, itens_falhados, itens_cancelados } = job;
  return { ok: true, job_id, status, itens_completados, itens_falhados, itens_cancelados };
}
