import { AppError, type Permission, type Role } from '@yaguts/shared';
import { permissionsOfPerson } from './identity-deps.ts';

/** The person who acts, with the rights of the credential they came with. */
export interface PersonActor {
  readonly org: string;
  readonly user: string;
  readonly permissions: readonly Permission[];
  readonly plataforma?: boolean | undefined;
  readonly endereco?: string | undefined;
}

/** Rights that somebody has or would be given. */
export interface Rights {
  readonly role: Role;
  readonly permissoes: readonly Permission[];
  readonly plataforma?: boolean;
}

/** Whether everything that `rights` allow is allowed to the actor too. */
export const isWithinReach = (
  actor: Pick<PersonActor, 'permissions' | 'plataforma'>,
  rights: Rights,
): boolean =>
  permissionsOfPerson(rights).every((permission) => actor.permissions.includes(permission)) &&
  // Whoever could log in as the operator would run the installation.
  (rights.plataforma !== true || actor.plataforma === true);

/**
 * Nobody makes, or lays hands on, a person who may do what they themselves may not. That is also why nobody
 * raises themselves: the rights they would have are measured against those they have.
 *
 * @throws AppError "forbidden"
 */
export function requireReach(actor: PersonActor, rights: Rights): void {
  if (!isWithinReach(actor, rights)) throw new AppError('forbidden', 'This person may do more than you');
}

/**
 * Whether the actor may do everything that the person may, and something that they may not. Who runs the
 * installation stands above everybody who does not.
 */
export const isAbove = (actor: Pick<PersonActor, 'permissions' | 'plataforma'>, rights: Rights): boolean => {
  if (!isWithinReach(actor, rights)) return false;
  if (actor.plataforma === true && rights.plataforma !== true) return true;
  const theirs = permissionsOfPerson(rights);
  return actor.permissions.some((permission) => !theirs.includes(permission));
};

/**
 * Whoever chooses somebody's password can act under their name, and so can whoever lowers them first: both are for
 * those above. An equal is disabled, which gives nobody their name.
 *
 * @throws AppError "forbidden"
 */
export function requireAbove(actor: PersonActor, rights: Rights): void {
  if (!isAbove(actor, rights))
    throw new AppError('forbidden', 'This person may do as much as you: you may disable them, no more');
}

/** @throws AppError "invalid" for an owner with a set of their own: an owner may do everything */
export function requireWholeOwner({ role, permissoes }: Rights): void {
  if (role === 'dono' && permissoes.length > 0)
    throw new AppError('invalid', undefined, {
      faults: [{ path: 'permissoes', message: 'must be empty: an owner may do everything' }],
    });
}
