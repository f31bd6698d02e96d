import { AppError, type SessionRow } from '@yaguts/shared';
import { credentialName, type IdentityDeps } from './identity-deps.ts';
import type { PersonActor } from './reach.ts';

/** A session is named by the head of its stored seal: enough to tell them apart, and no secret. */
const nameOf = (id: string): string => id.slice(0, 16);

/** Live browser sessions of a person; `current` marks the one that asks. */
export async function listSessions(
  deps: IdentityDeps,
  { org, user }: { org: string; user: string },
  current: string | undefined,
): Promise<SessionRow[]> {
  const now = deps.now();
  const rows = await deps.store.listSessions(org, user, now, now - deps.sessionLife.idleMs);
  return rows.map(({ id, org_id, user_id, ...row }) => ({ id: nameOf(id), ...row, atual: id === current }));
}

/**
 * Ends one session of a person, or all but the one to keep; their live connections are closed.
 *
 * @param which a name that {@link listSessions} gave, or `except`: a stored id to leave alone
 * @throws AppError "not_found" for a name of no session of theirs
 */
export async function endSessions(
  deps: IdentityDeps,
  actor: PersonActor,
  user: string,
  which: { readonly name: string } | { readonly except: string | undefined },
): Promise<number> {
  const now = deps.now();
  const rows = await deps.store.listSessions(actor.org, user, now, 0);
  const ending = rows.filter(({ id }) => ('name' in which ? nameOf(id) === which.name : id !== which.except));
  if ('name' in which && ending.length === 0) throw new AppError('not_found');
  const act = { em: now, quem: actor.user, endereco: actor.endereco };
  for (const { id } of ending) await deps.store.endSessionsOf(actor.org, user, id, act);
  const credentials = new Set(ending.map(({ id }) => credentialName.session(id)));
  deps.disconnect((principal) => credentials.has(principal.credential));
  deps.log('sessions_ended', { org: actor.org, user, por: actor.user, count: ending.length });
  return ending.length;
}
