import { AppError, type ResetIn } from '@yaguts/shared';
import { freshCode } from '../identity/sealer.ts';
import type { User } from '../store/identity.ts';
import type { IdentityDeps } from './identity-deps.ts';
import { countCodeAttempt, type LoginClient } from './login.ts';
import { type PersonActor, requireAbove } from './reach.ts';
import { disconnectUser, personOf } from './save-user.ts';

const codeLifeMs = 60 * 60 * 1_000;

/** A code with which a person chooses a new password, shown once. */
export interface ResetCode {
  readonly code: string;
  readonly expires_at: number;
}

/**
 * Makes a one-time code with which a person of the org chooses a new password within the hour. The present
 * password goes on working until then.
 *
 * @throws AppError "not_found", also for a disabled person; "forbidden" for oneself and for somebody who may do as
 *         much as the actor, or more: whoever has the code could act under their name
 */
export async function issueResetCode(
  deps: IdentityDeps,
  actor: PersonActor,
  user: string,
): Promise<ResetCode> {
  const person = await personOf(deps, actor, user);
  requireAbove(actor, person);
  return writeCode(deps, person, actor);
}

/**
 * The same for an owner of any org, by who runs the installation: nobody of their own org stands above them. It is
 * an act of the installation too.
 *
 * @throws AppError "not_found" for anybody but an owner; "forbidden" for one who runs the installation as well, who
 *         asks at the machine
 */
export async function issueOwnerCode(
  deps: IdentityDeps,
  actor: PersonActor,
  user: string,
): Promise<ResetCode> {
  const person = await deps.store.findUser(user);
  const org = person && (await deps.store.findOrg(person.org_id));
  if (person?.role !== 'dono' || !org || org.importando_desde !== null)
    throw new AppError('not_found', `No organisation has an owner ${user}`);
  if (person.plataforma)
    throw new AppError('forbidden', 'They run the installation too: `npm run reset-link` on its machine');
  const made = await writeCode(deps, person, actor);
  const act = { em: deps.now(), quem: actor.user, endereco: actor.endereco };
  const depois = { org: person.org_id };
  await deps.store.appendInstallationAudit(act, 'password-reset.issue', `user:${user}`, depois);
  return made;
}

/**
 * The same for anybody, by whoever can run a program on the data folder.
 *
 * @throws AppError "not_found", also for a disabled person
 */
export async function issueCodeAtMachine(
  deps: CodeDeps,
  user: string,
): Promise<ResetCode & { readonly org: string; readonly nome: string }> {
  const person = await deps.store.findUser(user);
  if (!person) throw new AppError('not_found', `There is no person with the user id ${user}`);
  const made = await writeCode(deps, person, { user: 'sistema' });
  return { ...made, org: person.org_id, nome: person.nome };
}

type CodeDeps = Pick<IdentityDeps, 'sealer' | 'now' | 'log'> & {
  readonly store: Pick<IdentityDeps['store'], 'findUser' | 'createResetCode'>;
};

async function writeCode(
  deps: CodeDeps,
  { org_id, user_id, desativado_em }: User,
  by: Pick<PersonActor, 'user' | 'endereco'>,
): Promise<ResetCode> {
  if (desativado_em !== null) throw new AppError('not_found', 'This person is disabled');
  const code = freshCode(26);
  const now = deps.now();
  const expires_at = now + codeLifeMs;
  await deps.store.createResetCode(
    {
      ...{ hash: deps.sealer.seal(code), tipo: 'reset', org_id, user_id, device: null },
      ...{ tentativas: 0, criado_em: now, expira_em: expires_at, usado_em: null },
    },
    { em: now, quem: by.user, endereco: by.endereco },
  );
  deps.log('reset_code_issued', { org: org_id, user: user_id, por: by.user });
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
