import { AppError, type Permission, type Role } from '@yaguts/shared';
import type { User, UserPatch } from '../store/identity.ts';
import type { IdentityDeps } from './identity-deps.ts';
import { type PersonActor, requireAbove, requireReach, requireWholeOwner } from './reach.ts';

export interface UserIn {
  readonly user: string;
  readonly nome: string;
  readonly role: Role;
  readonly permissoes?: readonly Permission[];
  readonly password: string;
}
export interface UserChange {
  readonly nome?: string;
  readonly role?: Role;
  /** Instead of the role's own set; empty: as the role. */
  readonly permissoes?: readonly Permission[];
  readonly password?: string;
  readonly desativado?: boolean;
}

/** Who acts, as the audit knows them. */
const actOf = ({ user, endereco }: PersonActor) => ({ quem: user, endereco });

/**
 * Makes a person of the actor's org.
 *
 * @throws AppError "already_exists" (user ids are unique over all orgs), "forbidden" for more rights than one's own
 */
export async function createUser(deps: IdentityDeps, actor: PersonActor, input: UserIn): Promise<void> {
  const rights = { role: input.role, permissoes: input.permissoes ?? [] };
  requireReach(actor, rights);
  requireWholeOwner(rights);
  const senha = await deps.passwords.hash(input.password);
  const row: User = {
    ...{ org_id: actor.org, user_id: input.user, nome: input.nome, ...rights, plataforma: false, senha },
    ...{ idioma: null, criado_em: deps.now(), desativado_em: null, versao: 1 },
  };
  if (!(await deps.store.createUser(row, actOf(actor))))
    throw new AppError('already_exists', `The user id ${input.user} is taken; choose another`);
  deps.log('user_created', { org: actor.org, user: input.user, role: input.role });
}

/**
 * Changes, disables or enables a person. Whoever gets other rights, another password or is disabled is logged
 * out everywhere at once.
 *
 * @throws AppError "not_found", "forbidden" also for the rights or the password of an equal, "conflict" when the org would lose its last owner, or the installation the last
 *         one who runs it
 */
export async function changeUser(
  deps: IdentityDeps,
  actor: PersonActor,
  user: string,
  change: UserChange,
): Promise<void> {
  const before = await personOf(deps, actor, user);
  // A stolen session must not become a stolen account: the own password asks for the present one.
  if (change.password !== undefined && user === actor.user)
    throw new AppError('forbidden', 'Change the own password where the present one is asked for');
  const role = change.role ?? before.role;
  const changesRights = change.role !== undefined || change.permissoes !== undefined;
  if (user !== actor.user && (changesRights || change.password !== undefined)) requireAbove(actor, before);
  const rights = {
    role,
    permissoes: change.permissoes ?? (change.role === undefined ? before.permissoes : []),
  };
  requireReach(actor, rights);
  requireWholeOwner(rights);
  const patch: UserPatch = {
    ...(change.nome !== undefined && { nome: change.nome }),
    ...(changesRights && rights),
    ...(change.password !== undefined && { senha: await deps.passwords.hash(change.password) }),
    ...(change.desativado !== undefined && { desativado_em: change.desativado ? deps.now() : null }),
  };
  const act = { em: deps.now(), ...actOf(actor) };
  const result = await deps.store.changeUser(actor.org, user, patch, act);
  if (result === 'nada') throw new AppError('not_found');
  if (result === 'ultimo_dono')
    throw new AppError('conflict', 'An org keeps at least one owner: make another one first');
  if (result === 'ultimo_operador')
    throw new AppError('conflict', 'Somebody must run the installation: name another one first');
  if (changesRights || change.password !== undefined || change.desativado !== undefined)
    disconnectUser(deps, user);
  deps.log('user_changed', { org: actor.org, user, fields: Object.keys(patch) });
}

/**
 * A person of the actor's org whom the actor may lay hands on.
 *
 * @throws AppError "not_found", "forbidden"
 */
export async function personOf(
  deps: Pick<IdentityDeps, 'store'>,
  actor: PersonActor,
  user: string,
): Promise<User> {
  const found = await deps.store.findUser(user);
  if (!found || found.org_id !== actor.org) throw new AppError('not_found');
  requireReach(actor, found);
  return found;
}

/** Closes whatever connections a person has, by session or by token. */
export function disconnectUser(deps: Pick<IdentityDeps, 'disconnect'>, user: string): void {
  deps.disconnect((principal) => principal.kind === 'user' && principal.user === user);
}

/**
 * Hands the org over: the other person becomes its owner, the one who asks an admin. Both log in anew.
 *
 * @throws AppError "not_found" when there is no such enabled person, or they are oneself
 */
export async function transferOwnership(deps: IdentityDeps, actor: PersonActor, user: string): Promise<void> {
  const act = { em: deps.now(), ...actOf(actor) };
  if (!(await deps.store.transferOwnership(actor.org, user, act)))
    throw new AppError('not_found', 'Name another person of this org who is not disabled');
  for (const concerned of [user, actor.user]) disconnectUser(deps, concerned);
  deps.log('org_transferred', { org: actor.org, from: actor.user, to: user });
}
