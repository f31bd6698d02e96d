import { publishCancel } from './cancel-job.ts';
import type { FlowDeps } from './deps.ts';
import { offerNextJob } from './offer-next-job.ts';
import { publishEstoque, publishJob } from './project.ts';
import { publishBadges } from './publish-badge.ts';
import { tellRequester } from './tell-approvers.ts';

/**
 * What time alone makes due, in every org; to be called every few seconds. Each step looks at the database
 * anew, so that a step missed while the platform was down is done at the next call.
 */
export async function runHousekeeping(deps: FlowDeps): Promise<void> {
  await expireJobs(deps);
  await watchSilence(deps);
  await resendCancels(deps);
  await expireCommands(deps);
  await deps.store.purgeRequests(deps.now());
}

/** Ends jobs that have waited too long (24 h by default): `canceled`, motivo `expirado`. */
export async function expireJobs(deps: FlowDeps): Promise<void> {
  for (const { job, frascos } of await deps.store.expireJobs(deps.now())) {
    const { org_id: org, job_id, device } = job;
    deps.log('job_expired', { org, job_id, device });
    if (job.espera.length > 0 && job.decidido_em === null) tellRequester(deps, job, 'expirado');
    await publishJob(deps, org, [job_id]);
    await publishEstoque(deps, org, device, frascos);
    await publishBadges(deps, org);
    await offerNextJob(deps, { org, device });
  }
}

/** Flags jobs without news. Only a flag: a device that is offline is probably pouring well. */
export async function watchSilence(deps: FlowDeps): Promise<void> {
  for (const { org_id: org, job_id, device } of await deps.store.flagSilent(deps.now())) {
    deps.log('job_silent', { org, job_id, device });
    await publishJob(deps, org, [job_id]);
    deps.notify(org, 'device:alert', { device, job_id, code: 'sem_noticias' });
  }
}

/** Sends wishes to cancel again until they are answered, and gives up those whose time is over. */
export async function resendCancels(deps: FlowDeps): Promise<void> {
  const { resend, givenUp } = await deps.store.openCancels(deps.now());
  for (const job of resend) publishCancel(deps, job);
  for (const { org_id: org, job_id, device } of givenUp) {
    deps.log('job_cancel_expired', { org, job_id, device });
    await publishJob(deps, org, [job_id]);
  }
}

/** Closes the rows of commands that nobody has answered. */
export async function expireCommands(deps: FlowDeps): Promise<void> {
  for (const { org, command } of await deps.store.expireCommands(deps.now())) {
    deps.log('command_expired', { org, device: command.device, op: command.op, id: command.id });
  }
}
