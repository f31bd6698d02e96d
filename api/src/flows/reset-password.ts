import { AppError, type ResetIn } from '@yaguts/shared';
import { freshCode } from '../identity/sealer.ts';
import type { IdentityDeps } from './identity-deps.ts';
import { countCodeAttempt, type LoginClient } from './login.ts';
import type { PersonActor } from './reach.ts';
import { disconnectUser, personOf } from './save-user.ts';

const codeLifeMs = 60 * 60 * 1_000;

/**
 * Makes a one-time code with which a person of the org chooses a new password within the hour. The present
 * password goes on working until then.
 *
 * @throws AppError "not_found", also for a disabled person; "forbidden" for somebody who may do more
 */
export async function issueResetCode(
  deps: IdentityDeps,
  actor: PersonActor,
  user: string,
): Promise<{ code: string; expires_at: number }> {
  const found = await personOf(deps, actor, user);
  if (found.desativado_em !== null) throw new AppError('not_found', 'This person is disabled');
  const code = freshCode(26);
  const now = deps.now();
  const expires_at = now + codeLifeMs;
  await deps.store.createResetCode(
    {
      ...{ hash: deps.sealer.seal(code), tipo: 'reset', org_id: actor.org, user_id: user, device: null },
      ...{ tentativas: 0, criado_em: now, expira_em: expires_at, usado_em: null },
    },
    { em: now, quem: actor.user, endereco: actor.endereco },
  );
  deps.log('reset_code_issued', { org: actor.org, user, por: actor.user });
  return { code, expires_at };
}

/**
 * Trades a reset code for a new password. Every session and connection of the person ends.
 *
 * @throws AppError "login_failed" when the code is unknown, used or expired; "rate_limited" as login does
 */
export async function resetPassword(
  deps: IdentityDeps,
  { code, password }: ResetIn,
  client: LoginClient,
): Promise<{ org: string; user: string }> {
  const forgive = await countCodeAttempt(deps, client);
  const hash = deps.sealer.seal(code);
  // Looked up before hashing, so that a guess costs nothing but its place in the count.
  if (!(await deps.store.findResetCode(hash, deps.now()))) throw noLongerGood();
  const senha = await deps.passwords.hash(password);
  const person = await deps.store.resetPassword(hash, senha, { now: deps.now(), endereco: client.address });
  if (!person) throw noLongerGood();
  await forgive();
  disconnectUser(deps, person.user);
  deps.log('password_reset', person);
  return person;
}

const noLongerGood = (): AppError =>
  new AppError('login_failed', 'This link was used already or has expired; ask for another one');
