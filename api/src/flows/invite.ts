import { AppError, type InviteAccept, type InviteCreated, type InviteIn } from '@yaguts/shared';
import { freshCode } from '../identity/sealer.ts';
import type { Invite } from '../store/invites.ts';
import { type IdentityDeps, permissionsOfPerson } from './identity-deps.ts';
import { countCodeAttempt, type LoginClient } from './login.ts';
import { isWithinReach, type PersonActor, requireReach, requireWholeOwner } from './reach.ts';

const dayMs = 24 * 60 * 60 * 1_000;

/**
 * Invites somebody to the actor's org: whoever opens the link chooses their own user id and password.
 *
 * @throws AppError "forbidden" for more rights than one's own
 */
export async function createInvite(
  deps: IdentityDeps,
  actor: PersonActor,
  input: InviteIn,
): Promise<InviteCreated> {
  requireReach(actor, input);
  requireWholeOwner(input);
  const code = freshCode(26);
  const now = deps.now();
  const shown = {
    id: deps.random(8).toString('hex'),
    nome: input.nome,
    role: input.role,
    permissoes: [...input.permissoes],
    criado_por: actor.user,
    criado_em: now,
    expira_em: now + input.dias * dayMs,
  };
  await deps.store.createInvite(
    { ...shown, org_id: actor.org, hash: deps.sealer.seal(code), usado_em: null, usado_por: null },
    { em: now, quem: actor.user, endereco: actor.endereco },
  );
  deps.log('invite_created', { org: actor.org, id: shown.id, role: input.role, por: actor.user });
  return { ...shown, code };
}

/** Takes an invitation back. @throws AppError "not_found" */
export async function revokeInvite(deps: IdentityDeps, actor: PersonActor, id: string): Promise<void> {
  const act = { em: deps.now(), quem: actor.user, endereco: actor.endereco };
  if (!(await deps.store.revokeInvite(actor.org, id, act))) throw new AppError('not_found');
  deps.log('invite_revoked', { org: actor.org, id, por: actor.user });
}

/**
 * What an invitation says, for somebody who has its code.
 *
 * @throws AppError "login_failed" when it is unknown, used or expired; "rate_limited" as login does
 */
export async function lookAtInvite(
  deps: IdentityDeps,
  code: string,
  client: LoginClient,
): Promise<{ invite: Invite; org_nome: string }> {
  const forgive = await countCodeAttempt(deps, client);
  const found = await deps.store.findInvite(deps.sealer.seal(code), deps.now());
  if (!found || !(await isStillMeant(deps, found.invite))) throw noLongerGood();
  await forgive();
  return found;
}

/**
 * Makes the person who accepts an invitation.
 *
 * @returns who they are, for the session that is opened now
 * @throws AppError as {@link lookAtInvite}; "already_exists" when the user id is taken (the link stays good)
 */
export async function acceptInvite(
  deps: IdentityDeps,
  input: InviteAccept,
  client: LoginClient,
): Promise<{ org: string; user: string }> {
  const { invite } = await lookAtInvite(deps, input.code, client);
  const senha = await deps.passwords.hash(input.password);
  const result = await deps.store.acceptInvite(
    invite.hash,
    { user_id: input.user, nome: input.nome, senha },
    { now: deps.now(), endereco: client.address },
  );
  if (result === 'codigo') throw noLongerGood();
  if (result === 'existe')
    throw new AppError('already_exists', `The user id ${input.user} is taken; choose another`);
  deps.log('invite_accepted', { org: invite.org_id, id: invite.id, user: input.user });
  return { org: invite.org_id, user: input.user };
}

/** An invitation counts only while whoever wrote it could still write it: it is no way back in for them. */
async function isStillMeant(deps: IdentityDeps, invite: Invite): Promise<boolean> {
  if (invite.criado_por === platformInviter) return true;
  const writer = await deps.store.findUser(invite.criado_por);
  if (!writer || writer.org_id !== invite.org_id || writer.desativado_em !== null) return false;
  const permissions = permissionsOfPerson(writer);
  return permissions.includes('people:manage') && isWithinReach({ permissions }, invite);
}

/** Writes the first invitation of a new org, which has nobody yet. No user id has a space. */
export const platformInviter = 'a plataforma';

const noLongerGood = (): AppError =>
  new AppError('login_failed', 'This invitation was used already, taken back, or has expired');
