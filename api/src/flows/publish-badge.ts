import { type Badge, channelsOf } from '@yaguts/shared';
import type { UnreadOf } from '../store/notices.ts';
import type { FlowDeps } from './deps.ts';
import { permissionsOfPerson } from './identity-deps.ts';

type Needs = Pick<FlowDeps, 'store' | 'publish'>;

/**
 * Publishes the retained badge of everybody of the org who may log in, or of one person: the same numbers on
 * all their screens, there too for who logs in later.
 */
export async function publishBadges(deps: Needs, org: string, user?: string): Promise<void> {
  const waiting = await deps.store.countAwaiting(org);
  const approvers = new Set(await approversOf(deps, org));
  for (const person of await deps.store.unreadEvents(org, user)) {
    const badge: Badge = {
      permission_pending: approvers.has(person.user) ? waiting : 0,
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

/** Everybody of the org who may approve and log in. */
export async function approversOf(deps: Pick<FlowDeps, 'store'>, org: string): Promise<string[]> {
  const people = await deps.store.listUsers(org);
  return people
    .filter((one) => one.desativado_em === null && permissionsOfPerson(one).includes('jobs:approve'))
    .map((one) => one.user_id);
}
