import { AppError } from '@yaguts/shared';
import type { IdentityDeps } from './identity-deps.ts';
import type { PersonActor } from './reach.ts';

/**
 * Makes a person of any org one who runs the installation, or takes that from them; it holds from their next
 * request on.
 *
 * @throws AppError "not_found" for somebody who is not there or disabled, "conflict" when nobody would be left
 */
export async function setOperator(
  deps: IdentityDeps,
  actor: PersonActor,
  user: string,
  plataforma: boolean,
): Promise<void> {
  const act = { em: deps.now(), quem: actor.user, endereco: actor.endereco };
  const result = await deps.store.setOperator(user, plataforma, act);
  if (result === 'nada')
    throw new AppError('not_found', `There is no ${user} who could run the installation`);
  if (result === 'ultimo')
    throw new AppError('conflict', 'Somebody must run the installation: name another one first');
  deps.log('operator_changed', { user, plataforma, por: actor.user });
}
