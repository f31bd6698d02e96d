import type { Job } from '../store/job-rows.ts';
import type { FlowDeps } from './deps.ts';
import { permissionsOfPerson } from './identity-deps.ts';

/** Tells everybody of the org who may approve that a job waits for them, and sets their badges. */
export async function tellApprovers(deps: FlowDeps, org: string, job: Job): Promise<void> {
  const { job_id, device, receita, criado_por } = job;
  for (const user of await approvers(deps, org)) {
    deps.notify(org, 'permission:pending', { job_id, device, receita, criado_por }, user);
  }
  await publishBadges(deps, org);
}

/** Publishes the retained badge of everybody who may approve: the same number on all their screens. */
export async function publishBadges(deps: FlowDeps, org: string): Promise<void> {
  const permission_pending = await deps.store.countAwaiting(org);
  for (const user of await approvers(deps, org)) {
    deps.publish('userBadge', { org, user }, { permission_pending, unread: 0 });
  }
}

async function approvers(deps: FlowDeps, org: string): Promise<string[]> {
  const people = await deps.store.listUsers(org);
  return people
    .filter((person) => permissionsOfPerson(person).includes('jobs:approve'))
    .map((person) => person.user_id);
}
