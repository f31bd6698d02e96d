import { credentialName, type IdentityDeps } from './identity-deps.ts';

/** Ends a session: its MQTT tokens go with it and its live connections are closed. */
export async function logout(deps: IdentityDeps, session: { org: string; id: string }): Promise<void> {
  await deps.store.endSession(session.org, session.id);
  const credential = credentialName.session(session.id);
  deps.disconnect((principal) => principal.credential === credential);
  deps.log('person_logged_out', { org: session.org });
}
