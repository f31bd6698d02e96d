import { type Badge, channelsOf } from '@yaguts/shared';
import { mayApprove } from '../domain/approval.ts';
import type { UnreadOf } from '../store/notices.ts';
import type { FlowDeps } from './deps.ts';
import { permissionsOfPerson } from './identity-deps.ts';

type Needs = Pick<FlowDeps, 'store' | 'publish'>;

/**
 * Publishes the retained badge of everybody of the org who may log in, or of one person: the same numbers on
 * all their screens, there too for who logs in later.
 */
export async function publishBadges(deps: Needs, org: string, user?: string): Promise<void> {
  const waiting = await deps.store.awaitingJobs(org);
  const mayDecide = waiting.length > 0 ? await deciders(deps, org) : () => false;
  for (const person of await deps.store.unreadEvents(org, user)) {
    const badge: Badge = {
      permission_pending: waiting.filter((job) => mayDecide(person.user, job)).length,
      unread: countOf(person),
    };
    deps.publish('userBadge', { org, user: person.user }, badge);
  }
}

/** Unread events of one person: those that their preferences put into the list of notices. */
export async function unreadOf(deps: Pick<FlowDeps, 'store'>, org: string, user: string): Promise<number> {
  const [person] = await deps.store.unreadEvents(org, user);
  return person ? countOf(person) : 0;
}

function countOf({ prefs, byType }: UnreadOf): number {
  let count = 0;
  for (const [type, of] of byType) if (channelsOf(prefs, type).includes('central')) count += of;
  return count;
}

/** A job that waits for approval, as far as it matters who may decide it. */
interface Waiting {
  readonly device: string;
  readonly criado_por: string | null;
}

/** Who may approve which job: by permission, by the devices they are limited to, and not what they have ordered. */
export async function deciders(
  deps: Pick<FlowDeps, 'store'>,
  org: string,
): Promise<(user: string, job: Waiting) => boolean> {
  const approvers = new Set(await approversOf(deps, org));
  const limited = await deps.store.limitsOfOrg(org);
  const rules = await deps.store.approvalLimits(org);
  return (user, job) => {
    const own = limited.filter((one) => one.user === user);
    const isWithin = own.length === 0 || own.some(({ device }) => device === job.device);
    return isWithin && approvers.has(user) && mayApprove(rules, job, user);
  };
}

/** Everybody of the org who may approve and log in. */
async function approversOf(deps: Pick<FlowDeps, 'store'>, org: string): Promise<string[]> {
  const people = await deps.store.listUsers(org);
  return people
    .filter((one) => one.desativado_em === null && permissionsOfPerson(one).includes('jobs:approve'))
    .map((one) => one.user_id);
}
