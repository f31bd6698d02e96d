import type { Principal } from '@yaguts/shared';
import type { FlowDeps } from './deps.ts';
import { principalOf } from './identity-deps.ts';

/** The credential of a principal that is known by its topic alone, for an external broker has checked it. */
export const externalCredential = 'external';

/**
 * Looks up what a person may do when an external broker tells no more than the topic; others stay as they are.
 *
 * @returns undefined when there is no such person, or no longer
 */
export async function knownPerson(
  { store }: Pick<FlowDeps, 'store'>,
  principal: Principal,
): Promise<Principal | undefined> {
  if (principal.kind !== 'user' || principal.credential !== externalCredential) return principal;
  const person = await store.findUser(principal.user);
  if (!person || person.org_id !== principal.org || person.desativado_em !== null) return undefined;
  return principalOf(person, 'token', externalCredential);
}
