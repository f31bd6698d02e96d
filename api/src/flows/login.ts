import { AppError } from '@yaguts/shared';
import { networkOf } from '../identity/network.ts';
import { freshSecret } from '../identity/sealer.ts';
import type { IdentityDeps } from './identity-deps.ts';

/** Where a login comes from: shown to the person in the list of their sessions. */
export interface LoginClient {
  readonly address: string;
  readonly agent: string;
}

export interface OpenedSession {
  /** The cookie's value; stored only as its seal. */
  readonly secret: string;
  readonly expires_at: number;
  readonly user: string;
  readonly org: string;
}

/**
 * Logs a person in by password. An unknown user, a disabled one and a wrong password cost and answer the same.
 *
 * @throws AppError "login_failed"; "rate_limited" after five failures of the account or the address, with
 *         delays that double up to 15 minutes; "unavailable" when too many are hashing
 */
export async function login(
  deps: IdentityDeps,
  input: { user: string; password: string },
  client: LoginClient,
): Promise<OpenedSession> {
  const account = `u:${input.user}`;
  const address = `a:${networkOf(client.address)}`;
  const waitMs = await deps.store.countLoginAttempt(account, address, deps.now());
  if (waitMs > 0) {
    deps.rates.loginRefused();
    deps.log('login_delayed', { user: input.user, address: client.address, wait_ms: waitMs });
    throw new AppError('rate_limited', 'Too many failed logins; wait as Retry-After says', {
      retryAfterS: waitMs / 1_000,
    });
  }
  const found = await deps.store.findUser(input.user);
  const user = found && found.desativado_em === null && found.senha !== null ? found : undefined;
  if (!(await deps.passwords.verify(input.password, user?.senha ?? undefined)) || !user) {
    deps.log('login_failed', { user: input.user, address: client.address });
    throw new AppError('login_failed');
  }
  await deps.store.forgiveLogin(account, address, deps.now());
  if (!deps.passwords.isCurrent(user.senha ?? ''))
    await deps.store.replaceHash(user.user_id, await deps.passwords.hash(input.password));
  return openSession(deps, { org: user.org_id, user: user.user_id }, client);
}

/**
 * Logs a person in by a one-time code (the demo's link).
 *
 * @throws AppError "login_failed" when the code is unknown, used or expired; "rate_limited" as {@link login}
 */
export async function loginByCode(
  deps: IdentityDeps,
  code: string,
  client: LoginClient,
): Promise<OpenedSession> {
  const forgive = await countCodeAttempt(deps, client);
  const used = await deps.store.useLoginCode(deps.sealer.seal(code), deps.now());
  const user = used?.user_id ? await deps.store.findUser(used.user_id) : undefined;
  if (!user || user.desativado_em !== null)
    throw new AppError('login_failed', 'This login link was used already or has expired');
  await forgive();
  return openSession(deps, { org: user.org_id, user: user.user_id }, client);
}

/**
 * Counts somebody who comes with the code of a link, before the code is looked up.
 *
 * @returns what to call when the code was good
 * @throws AppError "rate_limited"
 */
export async function countCodeAttempt(
  deps: Pick<IdentityDeps, 'store' | 'now' | 'rates'>,
  client: Pick<LoginClient, 'address'>,
): Promise<() => Promise<void>> {
  // A code has no account; a count for all codes would let a stranger hold up everybody's link.
  const address = `a:${client.address}`;
  const account = `c:${client.address}`;
  const waitMs = await deps.store.countLoginAttempt(account, address, deps.now());
  if (waitMs > 0) {
    deps.rates.loginRefused();
    throw new AppError('rate_limited', undefined, { retryAfterS: waitMs / 1_000 });
  }
  return () => deps.store.forgiveLogin(account, address, deps.now());
}

/** Opens a session for a person who has just proved who they are. */
export async function openSession(
  deps: IdentityDeps,
  { org, user }: { org: string; user: string },
  client: LoginClient,
): Promise<OpenedSession> {
  const secret = freshSecret('ygs');
  const now = deps.now();
  const expires_at = now + deps.sessionLife.absoluteMs;
  await deps.store.createSession({
    org_id: org,
    id: deps.sealer.seal(secret),
    user_id: user,
    criado_em: now,
    visto_em: now,
    expira_em: expires_at,
    endereco: client.address,
    agente: client.agent.slice(0, 200),
  });
  deps.log('person_logged_in', { org, user, address: client.address });
  return { secret, expires_at, user, org };
}
