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

/** @throws AppError "invalid" for an owner with a set of their own: an owner may do everything */
export function requireWholeOwner({ role, permissoes }: Rights): void {
  if (role === 'dono' && permissoes.length > 0)
    throw new AppError('invalid', undefined, {
      faults: [{ path: 'permissoes', message: 'must be empty: an owner may do everything' }],
    });
}
