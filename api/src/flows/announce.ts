import { gFromMg } from '@yaguts/shared';
import type { JobChange } from '../store/entries.ts';
import type { JobFacts } from '../store/job-rows.ts';
import type { Frasco } from '../store/ledger.ts';
import type { FlowDeps } from './deps.ts';

type Needs = Pick<FlowDeps, 'store' | 'publish' | 'notify' | 'log'>;

/** Publishes what committed entries have changed; returns at once. */
export type Announce = (changes: readonly JobChange[]) => void;

/** What is to be published of one device. */
interface Due {
  readonly org: string;
  readonly device: string;
  readonly jobs: Set<number>;
  readonly frascos: Set<number>;
  hasMoved: boolean;
  readonly after: (() => void)[];
}

/** So many changes between two rounds of snapshots are a busy platform; then rounds are so far apart. */
const busyChanges = 16;
const busyMs = 20;

/**
 * Events go out at once and in their order; snapshots in rounds, each with all that has changed since the one
 * before: they are read from the database, so the last says everything. A round begins at the end of the turn
 * of the event loop in which something has changed, and never before the one before it has ended. What the org
 * hears comes after the snapshots, so that whoever fetches on it finds the end.
 */
export function createAnnounce(deps: Needs): Announce {
  let due = new Map<string, Due>();
  let changed = 0;
  let isUnderWay = false;

  async function round(): Promise<void> {
    const now = [...due.values()];
    due = new Map();
    changed = 0;
    const states = await deps.store.wireStates(
      now.map(({ org, device, jobs, frascos, hasMoved }) => ({
        ...{ org, device, jobs: [...jobs], frascos: [...frascos], itself: hasMoved },
      })),
    );
    for (const [i, { jobs, estoque, itself }] of states.entries()) {
      const { org, device, after } = now[i] as Due;
      for (const { job_id, text } of jobs) deps.publish('jobState', { org, job_id }, text);
      for (const { frasco, text } of estoque) deps.publish('estoque', { org, device, frasco }, text);
      if (itself) {
        deps.publish('jobsNext', { org, device }, itself.next);
        deps.publish('deviceState', { org, device }, itself.device);
      }
      for (const tell of after) tell();
    }
  }

  function begin(): void {
    void round()
      .catch((error) => deps.log('announce_failed', { error }))
      .then(() => {
        isUnderWay = due.size > 0;
        if (isUnderWay) next();
      });
  }

  function next(): void {
    if (changed < busyChanges) setImmediate(begin);
    else setTimeout(begin, busyMs);
  }

  return (changes) => {
    for (const change of changes) {
      const { job, events, started, ended, frascos, low } = change;
      const { org_id: org, job_id, device } = job;
      for (const event of events) deps.publish('jobEvents', { org, job_id }, event);
      const key = `${org}/${device}`;
      const one = due.get(key) ?? nothingDue(org, device);
      due.set(key, one);
      one.jobs.add(job_id);
      for (const frasco of frascos) one.frascos.add(frasco);
      one.hasMoved ||= started || ended;
      if (started) one.after.push(() => notifyStart(deps, job));
      for (const frasco of low) one.after.push(() => notifyLow(deps, frasco));
      if (ended) one.after.push(() => notifyEnd(deps, job));
    }
    changed += changes.length;
    if (isUnderWay || due.size === 0) return;
    isUnderWay = true;
    setImmediate(begin);
  };
}

const nothingDue = (org: string, device: string): Due => ({
  ...{ org, device, jobs: new Set<number>(), frascos: new Set<number>(), hasMoved: false, after: [] },
});

/** `estoque:low`. */
function notifyLow({ notify }: Pick<FlowDeps, 'notify'>, row: Frasco): void {
  const { org_id, device, frasco, saldo_mg, minimo_mg } = row;
  notify(org_id, 'estoque:low', { device, frasco, saldo_g: gFromMg(saldo_mg), minimo_g: gFromMg(minimo_mg) });
}

/** `agent:execution:start`. */
export function notifyStart(deps: Pick<FlowDeps, 'notify'>, job: JobFacts): void {
  deps.notify(job.org_id, 'agent:execution:start', aboutJob(job));
}

/** `agent:execution:complete` or `…:error`, and `task:executed`: to be called once, when a job has ended. */
export function notifyEnd(deps: Pick<FlowDeps, 'notify'>, job: JobFacts): void {
  const type = job.status === 'failed' ? 'agent:execution:error' : 'agent:execution:complete';
  deps.notify(job.org_id, type, aboutJob(job));
  deps.notify(job.org_id, 'task:executed', aboutJob(job));
}

function aboutJob(job: JobFacts): Record<string, unknown> {
  const { job_id, device, receita, receita_id, status, motivo, criado_por } = job;
  const { itens_completados, itens_falhados, itens_cancelados } = job;
  return {
    ...{ job_id, device, receita, receita_id, status, motivo, criado_por },
    ...{ itens_completados, itens_falhados, itens_cancelados },
  };
}
