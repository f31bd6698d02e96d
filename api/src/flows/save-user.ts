import { AppError, type Permission, type Role } from '@yaguts/shared';
import type { UserPatch } from '../store/identity.ts';
import { type IdentityDeps, permissionsOfPerson } from './identity-deps.ts';

/** The person who acts. */
export interface Actor {
  readonly org: string;
  readonly user: string;
  readonly permissions: readonly Permission[];
}
export interface UserIn {
  readonly user: string;
  readonly nome: string;
  readonly role: Role;
  readonly password: string;
}
export interface UserChange {
  readonly nome?: string;
  readonly role?: Role;
  readonly password?: string;
  readonly desativado?: boolean;
}

/**
 * Makes a person of the actor's org.
 *
 * @throws AppError "already_exists" (user ids are unique over all orgs), "forbidden" for a role above one's own
 */
export async function createUser(deps: IdentityDeps, actor: Actor, input: UserIn): Promise<void> {
  requireReach(actor, { role: input.role, permissoes: [] });
  const senha = await deps.passwords.hash(input.password);
  const made = await deps.store.createUser(
    {
      org_id: actor.org,
      user_id: input.user,
      nome: input.nome,
      role: input.role,
      permissoes: [],
      plataforma: false,
      senha,
      idioma: null,
      criado_em: deps.now(),
      desativado_em: null,
      versao: 1,
    },
    actor.user,
  );
  if (!made) throw new AppError('already_exists', `The user id ${input.user} is taken; choose another`);
  deps.log('user_created', { org: actor.org, user: input.user, role: input.role });
}

/**
 * Changes, disables or enables a person. Whoever gets another role, another password or is disabled is logged
 * out everywhere at once.
 *
 * @throws AppError "not_found", "forbidden", "conflict" when the org would lose its last owner
 */
export async function changeUser(
  deps: IdentityDeps,
  actor: Actor,
  user: string,
  change: UserChange,
): Promise<void> {
  const before = await deps.store.findUser(user);
  if (!before || before.org_id !== actor.org) throw new AppError('not_found');
  requireReach(actor, before);
  if (change.role !== undefined) requireReach(actor, { role: change.role, permissoes: [] });
  const patch: UserPatch = {
    ...(change.nome !== undefined && { nome: change.nome }),
    ...(change.role !== undefined && { role: change.role, permissoes: [] }),
    ...(change.password !== undefined && { senha: await deps.passwords.hash(change.password) }),
    ...(change.desativado !== undefined && { desativado_em: change.desativado ? deps.now() : null }),
  };
  const result = await deps.store.changeUser(actor.org, user, patch, { em: deps.now(), quem: actor.user });
  if (result === 'nada') throw new AppError('not_found');
  if (result === 'ultimo_dono')
    throw new AppError('conflict', 'An org keeps at least one owner: make another one first');
  if (change.role !== undefined || change.password !== undefined || change.desativado !== undefined)
    deps.disconnect((principal) => principal.kind === 'user' && principal.user === user);
  deps.log('user_changed', { org: actor.org, user, fields: Object.keys(patch) });
}

/** Nobody makes, or lays hands on, a person who may do what they themselves may not. */
function requireReach(
  actor: Actor,
  person: { readonly role: Role; readonly permissoes: readonly Permission[] },
): void {
  if (!permissionsOfPerson(person).every((permission) => actor.permissions.includes(permission)))
    throw new AppError('forbidden', 'This role may do more than yours');
}
