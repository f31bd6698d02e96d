import { credentialName, type IdentityDeps } from './identity-deps.ts';

/**
 * Deletes what has expired: sessions, MQTT tokens, codes, invitations and counts of failed logins; closes the live
 * connections of those sessions and of personal tokens whose time is over. Called about once a minute.
 *
 * @returns how many sessions ended
 */
export async function sweepIdentity(deps: IdentityDeps): Promise<number> {
  const now = deps.now();
  const ended = await deps.store.sweepSessions(now, now - deps.sessionLife.idleMs);
  if (ended.length > 0) {
    const credentials = new Set(ended.map(credentialName.session));
    deps.disconnect((principal) => credentials.has(principal.credential));
    deps.log('sessions_expired', { count: ended.length });
  }
  await closeEndedTokens(deps, now);
  await deps.store.sweepLogins(now);
  await deps.store.sweepInvites(now);
  return ended.length;
}

/** A connection lasts no longer than the token that opened it, though nobody asks for it again meanwhile. */
async function closeEndedTokens(deps: IdentityDeps, now: number): Promise<void> {
  const isByToken = ({ principal }: ReturnType<IdentityDeps['clients']>[number]): boolean =>
    principal.kind === 'user' && principal.via === 'token';
  if (!deps.clients().some(isByToken)) return;
  const ended = new Set((await deps.store.endedTokens(now)).map(credentialName.token));
  const closed = deps.disconnect((principal) => ended.has(principal.credential));
  if (closed > 0) deps.log('tokens_expired', { connections: closed });
}
