import { limits, topic } from '@yaguts/shared';
import type { FlowDeps } from './deps.ts';
import { publishDevice, publishEstoque, publishJobState, publishNext } from './project.ts';

/**
 * Publishes everything that is retained, from the database: at the start and whenever the broker may have
 * forgotten. The broker's memory is disposable.
 *
 * @param retained topics that the broker holds from an earlier life; those that are nothing any more are cleared
 * @param clear    publishes an empty retained payload
 */
export async function republish(
  deps: FlowDeps,
  retained: readonly string[],
  clear: (topic: string) => void,
): Promise<void> {
  const kept = new Set<string>();
  const noting: FlowDeps = {
    ...deps,
    publish: (key, params, payload) => {
      if (payload !== null) kept.add(topic(key, params));
      deps.publish(key, params, payload);
    },
  };
  await publishRetained(noting, () => true);
  const orphans = retained.filter((name) => !kept.has(name));
  for (const name of orphans) clear(name);
  // Last, for devices answer it with all they hold.
  deps.publish(
    'serverState',
    {},
    {
      state: 'online',
      version: deps.config.version,
      epoch: deps.store.installation.epoch,
    },
  );
  deps.log('republished', { topics: kept.size, orphans: orphans.length });
}

/** Publishes what is retained of an org that has come in whole, as {@link republish} does for all of them. */
export const publishOrg = (deps: FlowDeps, wanted: string): Promise<void> =>
  publishRetained(deps, ({ org }) => org === wanted);

async function publishRetained(deps: FlowDeps, isWanted: (row: { org: string }) => boolean): Promise<void> {
  for (const { org, device, removido_em } of (await deps.store.everyDevice()).filter(isWanted)) {
    if (removido_em !== null) {
      clearDevice(deps, org, device);
      continue;
    }
    await publishDevice(deps, org, device);
    await publishNext(deps, org, device);
    deps.publish('configDesired', { org, device }, (await deps.store.configDesired(org, device)) ?? null);
    await publishEstoque(deps, org, device);
  }
  const jobs = await deps.store.retainedJobs(deps.now() - limits.retainedJobMs);
  for (const { org, job_id } of jobs.filter(isWanted)) await publishJobState(deps, org, job_id);
}

/** Clears every retained topic of a device that is gone. */
export function clearDevice(deps: Pick<FlowDeps, 'publish'>, org: string, device: string): void {
  const at = { org, device };
  for (const key of [
    'deviceState',
    'jobsNext',
    'configDesired',
    'otaDesired',
    'presence',
    'birth',
    'configReported',
    'otaState',
  ] as const) {
    deps.publish(key, at, null);
  }
  for (let frasco = 1; frasco <= limits.maxFrascos; frasco++)
    deps.publish('estoque', { ...at, frasco }, null);
}

/** Clears the state of jobs that ended more than a day ago; answers until when it has looked. */
export async function sweepEndedJobs(deps: FlowDeps, since: number): Promise<number> {
  const until = deps.now() - limits.retainedJobMs;
  for (const { org, job_id } of await deps.store.jobsEndedBetween(since, until)) {
    deps.publish('jobState', { org, job_id }, null);
  }
  return until;
}
