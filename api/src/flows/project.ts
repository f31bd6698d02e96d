import type { FlowDeps } from './deps.ts';

/** Publishing from the database: each of these may be called at any time and any number of times. */

type Needs = Pick<FlowDeps, 'store' | 'publish'>;

/**
 * Publishes the snapshots of jobs that a transaction has changed, tells `state` under the number that
 * `rows.change` gave it, and publishes the devices concerned and what `jobs/next` holds for them.
 *
 * @param ended the change was the end of an execution: `execution_complete` is told, as after a last entry
 */
export async function publishJob(
  deps: Needs,
  org: string,
  jobIds: readonly number[],
  { ended = false } = {},
): Promise<void> {
  const concerned = new Set<string>();
  for (const job_id of new Set(jobIds)) {
    const state = await publishJobState(deps, org, job_id);
    if (!state) continue;
    concerned.add(state.device);
    const { evento: seq, versao, status, fase, motivo, sem_noticias } = state;
    const { itens_completados, itens_falhados, itens_cancelados } = state;
    const counts = { itens_completados, itens_falhados, itens_cancelados };
    deps.publish(
      'jobEvents',
      { org, job_id },
      ended
        ? { seq, type: 'execution_complete', data: { ok: true, job_id, status, ...counts } }
        : { seq, type: 'state', data: { versao, status, fase, motivo, sem_noticias } },
    );
  }
  for (const device of concerned) {
    await publishNext(deps, org, device);
    await publishDevice(deps, org, device);
  }
}

/** Publishes the snapshot alone; answers it. */
export async function publishJobState(deps: Needs, org: string, job_id: number) {
  const state = await deps.store.jobState(org, job_id);
  if (state) deps.publish('jobState', { org, job_id }, state);
  return state;
}

/** Publishes what `jobs/next` of a device holds by the database, or clears it. */
export async function publishNext(deps: Needs, org: string, device: string): Promise<void> {
  deps.publish('jobsNext', { org, device }, (await deps.store.nextDocument(org, device)) ?? null);
}

/** Publishes `devices/{device}/state`, or clears it when the device is gone. */
export async function publishDevice(deps: Needs, org: string, device: string): Promise<void> {
  deps.publish('deviceState', { org, device }, (await deps.store.deviceState(org, device)) ?? null);
}

/** Publishes the estoque of a device: of the frascos named, or of all. */
export async function publishEstoque(
  deps: Needs,
  org: string,
  device: string,
  frascos?: readonly number[],
): Promise<void> {
  for (const state of await deps.store.estoqueStates(org, device)) {
    if (frascos && !frascos.includes(state.frasco)) continue;
    deps.publish('estoque', { org, device, frasco: state.frasco }, state);
  }
}
