import {
  codePattern,
  type DevicePrincipal,
  idPattern,
  type Principal,
  type UserPrincipal,
} from '@yaguts/shared';
import { networkOf } from '../identity/network.ts';
import { credentialName, type IdentityDeps, principalOf } from './identity-deps.ts';

/** What a CONNECT brings. */
export interface MqttAttempt {
  readonly username?: string;
  readonly password?: Uint8Array;
  readonly clientId: string;
  readonly address: string;
}

/** `usado_em` is for people to see; writing it at each reconnect of a fleet would be a commit each. */
const usedEveryMs = 60 * 60 * 1_000;

/**
 * Finds out who connects. Whether the client id belongs to them is the broker's to check.
 *
 * @returns undefined when the credential is not valid now
 */
export async function authenticateMqtt(
  deps: IdentityDeps,
  attempt: MqttAttempt,
): Promise<Principal | undefined> {
  const { username } = attempt;
  if (username === undefined || attempt.password === undefined) return undefined;
  // No secret of ours is longer; a megabyte need not be hashed to know.
  if (attempt.password.length > 256 || username.length > 128) return undefined;
  const secret = Buffer.from(attempt.password).toString('utf8');
  if (username.startsWith('_server.')) return apiPrincipal(deps, username.slice('_server.'.length), secret);
  if (username.startsWith('claim.'))
    return claimPrincipal(deps, username.slice('claim.'.length), secret, networkOf(attempt.address));
  if (username.startsWith('u.')) {
    const user = username.slice(2);
    const person = secret.startsWith('ygm_')
      ? await personByMqttToken(deps, secret)
      : await personByToken(deps, secret);
    return person?.user === user ? person : undefined;
  }
  const [org = '', device = '', ...rest] = username.split('.');
  if (rest.length > 0 || !idPattern.test(org) || !idPattern.test(device)) return undefined;
  return deviceBySecret(deps, { org, device }, secret);
}

/** The device whose secret this is. */
export async function deviceBySecret(
  deps: IdentityDeps,
  { org, device }: { org: string; device: string },
  secret: string,
): Promise<DevicePrincipal | undefined> {
  for (const stored of await deps.store.liveCredentials(org, device)) {
    if (!deps.sealer.matches(secret, stored.hmac)) continue;
    if (isOld(deps, stored.usado_em))
      await noted(deps, deps.store.markCredentialUsed(org, device, stored.id, deps.now()));
    return { kind: 'device', org, device, credential: credentialName.device(stored.id) };
  }
  return undefined;
}

/** The person whose personal token this is. */
export async function personByToken(
  deps: IdentityDeps,
  secret: string,
): Promise<(UserPrincipal & { plataforma: boolean }) | undefined> {
  if (!secret.startsWith('ygt_')) return undefined;
  const found = await deps.store.findToken(deps.sealer.seal(secret));
  if (!found || !deps.sealer.matches(secret, found.hmac)) return undefined;
  if (found.expira_em !== null && found.expira_em <= deps.now()) return undefined;
  if (isOld(deps, found.usado_em))
    await noted(deps, deps.store.markTokenUsed(found.org_id, found.token_id, deps.now()));
  return {
    ...principalOf(found, 'token', credentialName.token(found.token_id), found.escopo),
    // Running the installation is no permission of an org: a token that carries a part only leaves it behind.
    plataforma: found.plataforma && found.escopo.length === 0,
  };
}

async function personByMqttToken(deps: IdentityDeps, secret: string): Promise<UserPrincipal | undefined> {
  const found = await deps.store.findMqttToken(deps.sealer.seal(secret));
  const now = deps.now();
  if (!found || !deps.sealer.matches(secret, found.hash)) return undefined;
  if (found.token_expira_em <= now || !isAlive(deps, found)) return undefined;
  return principalOf(found, 'session', credentialName.session(found.session_id));
}

/** Whether a stored session may still be used. */
export function isAlive(
  deps: Pick<IdentityDeps, 'now' | 'sessionLife'>,
  session: { visto_em: number; expira_em: number },
): boolean {
  const now = deps.now();
  return session.expira_em > now && session.visto_em + deps.sessionLife.idleMs > now;
}

/**
 * The password of the platform's own MQTT user: derived from the pepper, so that there is no second secret to
 * store and to lose.
 */
export const serverSecret = (deps: Pick<IdentityDeps, 'sealer'>, instance: string): string =>
  deps.sealer.seal(`mqtt:_server.${instance}`);

function apiPrincipal(deps: IdentityDeps, instance: string, secret: string): Principal | undefined {
  const isOurs =
    instance === deps.store.installation.instance &&
    deps.sealer.matches(secret, deps.sealer.seal(serverSecret(deps, instance)));
  return isOurs ? { kind: 'api', instance, credential: `a:${instance}` } : undefined;
}

/** A board without a credential: all it may do is ask for one, with a code that a person has read to it. */
async function claimPrincipal(
  deps: IdentityDeps,
  code: string,
  secret: string,
  network: string,
): Promise<Principal | undefined> {
  if (code !== secret || !codePattern.test(code)) return undefined;
  try {
    deps.rates.claim.take(network);
  } catch {
    deps.log('claim_delayed', { network });
    return undefined;
  }
  const hash = deps.sealer.seal(code);
  if (!(await deps.store.isClaimOpen(hash, deps.now()))) return undefined;
  // A good code costs nothing: a whole kitchen may be set up from one address.
  deps.rates.claim.give(network);
  return { kind: 'claim', code, credential: credentialName.claim(hash) };
}

const isOld = (deps: Pick<IdentityDeps, 'now'>, usado_em: number | null): boolean =>
  usado_em === null || deps.now() - usado_em > usedEveryMs;

/** Waits for a note on a credential's use. On a full disk it is lost, and whoever comes is let in all the same. */
export async function noted(deps: Pick<IdentityDeps, 'log'>, note: Promise<unknown>): Promise<void> {
  await note.catch((error: unknown) => deps.log('use_not_noted', { error }));
}
