import { gFromMg } from '@yaguts/shared';
import type { JobChange } from '../store/entries.ts';
import type { Job } from '../store/job-rows.ts';
import type { FlowDeps } from './deps.ts';
import { publishDevice, publishEstoque, publishJobState, publishNext } from './project.ts';

type Needs = Pick<FlowDeps, 'store' | 'publish' | 'notify'>;

/** Publishes what committed entries have changed: events in their order, then snapshots, then what the org hears. */
export async function announce(deps: Needs, changes: readonly JobChange[]): Promise<void> {
  const jobs = new Map<string, Job>();
  const frascos = new Map<string, { job: Job; numbers: Set<number> }>();
  const moved = new Map<string, Job>();
  for (const change of changes) {
    const { job, events } = change;
    const { org_id: org, job_id } = job;
    for (const event of events) deps.publish('jobEvents', { org, job_id }, event);
    jobs.set(`${org}/${job_id}`, job);
    const device = `${org}/${job.device}`;
    if (change.started || change.ended) moved.set(device, job);
    const touched = frascos.get(device) ?? { job, numbers: new Set<number>() };
    for (const number of change.frascos) touched.numbers.add(number);
    frascos.set(device, touched);
  }
  for (const { org_id, job_id } of jobs.values()) await publishJobState(deps, org_id, job_id);
  for (const { job, numbers } of frascos.values()) {
    if (numbers.size > 0) await publishEstoque(deps, job.org_id, job.device, [...numbers]);
  }
  for (const { org_id, device } of moved.values()) {
    await publishNext(deps, org_id, device);
    await publishDevice(deps, org_id, device);
  }
  for (const change of changes) {
    if (change.started) notifyStart(deps, change.job);
    for (const { org_id, device, frasco, saldo_mg, minimo_mg } of change.low) {
      const grams = { saldo_g: gFromMg(saldo_mg), minimo_g: gFromMg(minimo_mg) };
      deps.notify(org_id, 'estoque:low', { device, frasco, ...grams });
    }
    if (change.ended) notifyEnd(deps, change.job);
  }
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
