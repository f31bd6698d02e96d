import { gFromMg } from '@yaguts/shared';
import type { JobChange } from '../store/entries.ts';
import type { Job } from '../store/job-rows.ts';
import type { Frasco } from '../store/ledger.ts';
import type { FlowDeps } from './deps.ts';
import { publishDevice, publishEstoque, publishJobState, publishNext } from './project.ts';

type Needs = Pick<FlowDeps, 'store' | 'publish' | 'notify' | 'log'>;

/** Publishes what committed entries have changed; returns at once. */
export type Announce = (changes: readonly JobChange[]) => void;

/** What is to be published of one device at the end of the turn. */
interface Due {
  readonly org: string;
  readonly device: string;
  readonly jobs: Set<number>;
  readonly frascos: Set<number>;
  hasMoved: boolean;
  readonly after: (() => void)[];
}

/**
 * Events go out at once and in their order; snapshots at the end of the turn of the event loop, once for all
 * that one commit batch has changed: they are read from the database, so the last says everything. What the
 * org hears comes after the snapshots, so that whoever fetches on it finds the end.
 */
export function createAnnounce(deps: Needs): Announce {
  const due = new Map<string, Due>();

  async function flush(): Promise<void> {
    const now = [...due.values()];
    due.clear();
    for (const { org, device, jobs, frascos, hasMoved, after } of now) {
      for (const job_id of jobs) await publishJobState(deps, org, job_id);
      if (frascos.size > 0) await publishEstoque(deps, org, device, [...frascos]);
      if (hasMoved) {
        await publishNext(deps, org, device);
        await publishDevice(deps, org, device);
      }
      for (const tell of after) tell();
    }
  }

  return (changes) => {
    for (const change of changes) {
      const { job, events, started, ended, frascos, low } = change;
      const { org_id: org, job_id, device } = job;
      for (const event of events) deps.publish('jobEvents', { org, job_id }, event);
      if (due.size === 0) {
        setImmediate(() => void flush().catch((error) => deps.log('announce_failed', { org, error })));
      }
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
export function notifyStart(deps: Pick<FlowDeps, 'notify'>, job: Job): void {
  deps.notify(job.org_id, 'agent:execution:start', aboutJob(job));
}

/** `agent:execution:complete` or `…:error`, and `task:executed`: to be called once, when a job has ended. */
export function notifyEnd(deps: Pick<FlowDeps, 'notify'>, job: Job): void {
  const type = job.status === 'failed' ? 'agent:execution:error' : 'agent:execution:complete';
  deps.notify(job.org_id, type, aboutJob(job));
  deps.notify(job.org_id, 'task:executed', aboutJob(job));
}

function aboutJob(job: Job): Record<string, unknown> {
  const { job_id, device, receita, receita_id, status, motivo, criado_por } = job;
  const { itens_completados, itens_falhados, itens_cancelados } = job;
  return {
    ...{ job_id, device, receita, receita_id, status, motivo, criado_por },
    ...{ itens_completados, itens_falhados, itens_cancelados },
  };
}
