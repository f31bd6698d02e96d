import { type DevicePrincipal, idPattern, type UserPrincipal } from '@yaguts/shared';
import { deviceBySecret, isAlive, noted, personByToken } from './authenticate-mqtt.ts';
import { credentialName, type IdentityDeps, principalOf } from './identity-deps.ts';

/** What a request brings to say who sends it. */
export interface RequestCredential {
  readonly authorization?: string | undefined;
  readonly cookie?: string | undefined;
}
export type Sender = (UserPrincipal & { plataforma: boolean }) | DevicePrincipal;

/** A session is marked as used at most once a minute: each mark is a commit. */
const touchEveryMs = 60_000;

/**
 * Finds out who sends a request: `Authorization` (Bearer or Basic) wins over the session cookie.
 *
 * @returns undefined when there is no credential or it is not valid now
 */
export async function authenticateRequest(
  deps: IdentityDeps,
  { authorization, cookie }: RequestCredential,
): Promise<Sender | undefined> {
  if (authorization !== undefined) return byAuthorization(deps, authorization);
  return cookie === undefined ? undefined : bySession(deps, cookie);
}

async function bySession(deps: IdentityDeps, secret: string): Promise<Sender | undefined> {
  const id = deps.sealer.seal(secret);
  const session = await deps.store.findSession(id);
  if (!session || !isAlive(deps, session)) return undefined;
  const now = deps.now();
  if (now - session.visto_em > touchEveryMs) await noted(deps, deps.store.touchSession(id, now));
  return { ...principalOf(session, 'session', credentialName.session(id)), plataforma: session.plataforma };
}

/** Bearer: a personal token, or `{org}.{device}:{secret}`. Basic: the same with user name and password apart. */
async function byAuthorization(deps: IdentityDeps, header: string): Promise<Sender | undefined> {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+)$/.exec(header) ?? [];
  if (value.length > 1_024) return undefined;
  if (scheme.toLowerCase() === 'bearer')
    return value.startsWith('ygt_') ? personByToken(deps, value) : deviceByPair(deps, value);
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  if (!pair.startsWith('u.')) return deviceByPair(deps, pair);
  const [username, secret] = split(pair);
  const person = await personByToken(deps, secret);
  return person && `u.${person.user}` === username ? person : undefined;
}

async function deviceByPair(deps: IdentityDeps, pair: string): Promise<Sender | undefined> {
  const [username, secret] = split(pair);
  const [org = '', device = '', ...rest] = username.split('.');
  if (rest.length > 0 || !idPattern.test(org) || !idPattern.test(device)) return undefined;
  return deviceBySecret(deps, { org, device }, secret);
}

const split = (pair: string): [string, string] => {
  const colon = pair.indexOf(':');
  return colon < 0 ? ['', ''] : [pair.slice(0, colon), pair.slice(colon + 1)];
};
