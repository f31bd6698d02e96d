import { credentialName, type IdentityDeps } from './identity-deps.ts';

/**
 * Deletes what has expired: sessions (their live connections are closed), MQTT tokens, codes, invitations and
 * counts of failed logins. Called about once a minute.
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
  await deps.store.sweepLogins(now);
  await deps.store.sweepInvites(now);
  return ended.length;
}
