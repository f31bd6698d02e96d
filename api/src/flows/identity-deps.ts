import { type Permission, permissionsOf, type Role, type UserPrincipal } from '@yaguts/shared';
import type { PasswordHasher } from '../identity/password.ts';
import type { Sealer } from '../identity/sealer.ts';
import type { FlowDeps } from './deps.ts';

/** What the flows about people and credentials need beside the rest. */
export interface IdentityDeps extends FlowDeps {
  readonly passwords: PasswordHasher;
  readonly sealer: Sealer;
  readonly sessionLife: {
    /** Without a request for so long, a session ends. */
    readonly idleMs: number;
    /** It ends after this in any case. */
    readonly absoluteMs: number;
  };
}

/** A person as a stored credential finds them. */
export interface PersonFound {
  readonly org_id: string;
  readonly user_id: string;
  readonly role: Role;
  readonly permissoes: readonly Permission[];
}

/** Names of credentials in principals, so that revoking one finds the connections it opened. */
export const credentialName = {
  session: (id: string): string => `s:${id}`,
  token: (id: string): string => `t:${id}`,
  device: (id: string): string => `d:${id}`,
  claim: (hash: string): string => `c:${hash}`,
} as const;

/** The person's own set when they have one, else their role's. */
export const permissionsOfPerson = (
  person: Pick<PersonFound, 'role' | 'permissoes'>,
): readonly Permission[] => (person.permissoes.length > 0 ? person.permissoes : permissionsOf[person.role]);

/**
 * The principal of a person who came with a session or a token.
 *
 * @param scope what of their rights the credential carries; empty for all of them
 */
export function principalOf(
  person: PersonFound,
  via: UserPrincipal['via'],
  credential: string,
  scope: readonly Permission[] = [],
): UserPrincipal {
  const own = permissionsOfPerson(person);
  return {
    kind: 'user',
    org: person.org_id,
    user: person.user_id,
    permissions: scope.length > 0 ? own.filter((permission) => scope.includes(permission)) : own,
    via,
    credential,
  };
}
