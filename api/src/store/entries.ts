import type { ExecutionLogEntry, JobCompleteIn, JobCompleteOut } from '@yaguts/shared';
import { and, eq } from 'drizzle-orm';
import type { Rejection } from '../domain/settle.ts';
import type { Counter } from './counter.ts';
import { each, type Grouped } from './grouped.ts';
import { factsOf, type Job, type JobItem, resultOf } from './job-rows.ts';
import type { StoreParts } from './parts.ts';
import type { Rejected } from './rejected.ts';
import { jobItems } from './schema/index.ts';
import {
  createSettle,
  type EntryOutcome,
  type JobChange,
  type Report,
  type ReportOrigin,
} from './settle-entries.ts';
import { columns, p, run, type Tx } from './transaction.ts';

export type { EntryOutcome, JobChange, ReportOrigin } from './settle-entries.ts';

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

/** Transactions that take a device's final words, to be committed in groups. */
export function entriesGrouped({ db, rows, ledger }: StoreParts, rejected: Rejected, counter: Counter) {
  const thisItem = and(
    eq(jobItems.org_id, p('org_id')),
    eq(jobItems.job_id, p('job_id')),
    eq(jobItems.item_ordem, p('item_ordem')),
  );
  const { settle, refuse } = createSettle({ db, rows, ledger, rejected, counter });
  const q = {
    putAside: db.orm.update(jobItems).set(columns(jobItems, 'recusado')).where(thisItem).prepare(),
  };

  function* complete(origin: ReportOrigin, body: JobCompleteIn, isFinal = false): Tx<CompleteOutcome> {
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
    const reports = body.execution_logs.map((entry) => ({
      origin: { ...origin, payload: Buffer.from(JSON.stringify(entry)) },
      entry: { ...entry, job_id: job.job_id },
    }));
    const outcomes = yield* settle(reports);
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.kind === 'denied') continue;
      const { item_ordem } = (reports[i] as Report).entry;
      itens.push(item_ordem);
      if (outcome.kind === 'stored') changes.push(outcome.change);
      if (outcome.kind === 'aside') {
        put.push({ item_ordem, code: outcome.code });
        frascos.push(...outcome.frascos);
      }
    }
    const missing = yield* withoutEntry(job);
    const told = { itens, rejected: put, changes, frascos };
    if (!isFinal && missing.some((item) => item.recusado === null)) return { ...told, kind: 'open' };
    if (missing.length > 0) changes.push(...(yield* refuse(origin, job, missing)));
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

  function* fileUnreadable(
    origin: ReportOrigin,
    about: { job_id?: number; item_ordem?: number; detalhe: string },
  ): Tx<{ token: string | null }> {
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
  }

  function* fileMessage(origin: ReportOrigin, code: string, detalhe: string): Tx<void> {
    yield* rejected.file({ ...origin, code, detalhe });
  }

  const settleEntry: Grouped<[origin: ReportOrigin, entry: ExecutionLogEntry], EntryOutcome> = (calls) =>
    settle(calls.map(([origin, entry]) => ({ origin, entry })));

  return {
    /** Takes one entry of a device (reliability, section 2). */
    settleEntry,

    /**
     * Takes a device's final account of a job.
     *
     * @param isFinal no second account will come (firmware v0.2): what it leaves out is closed `recusado`
     */
    completeJob: each(complete),

    /**
     * Files a report that cannot be read. From the third identical copy the item counts as put aside and the
     * job's token is answered, so that the device moves on; at once would lose an entry garbled on the way.
     */
    fileUnreadable: each(fileUnreadable),

    /** Files any other message that is of no use, for a person to see where it came from. */
    fileMessage: each(fileMessage),
  };
}

const unchanged = (job: Job): JobChange => ({
  ...{ job: factsOf(job), events: [], started: false, ended: false, frascos: [], low: [] },
});
