import { AppError } from '@yaguts/shared';
import { networkOf } from '../identity/network.ts';
import type { IdentityDeps } from './identity-deps.ts';

/**
 * Changes a person's own password. Every session of theirs ends, the one that asks too: whoever may have
 * looked over the shoulder is out.
 *
 * @throws AppError "login_failed" when the present password is wrong, "rate_limited" as login does
 */
export async function changePassword(
  deps: IdentityDeps,
  person: { org: string; user: string },
  input: { atual: string; nova: string },
  address: string,
): Promise<void> {
  const account = `u:${person.user}`;
  const network = `a:${networkOf(address)}`;
  const waitMs = await deps.store.countLoginAttempt(account, network, deps.now());
  if (waitMs > 0) {
    deps.rates.loginRefused();
    throw new AppError('rate_limited', undefined, { retryAfterS: waitMs / 1_000 });
  }
  const found = await deps.store.findUser(person.user);
  if (!(await deps.passwords.verify(input.atual, found?.senha ?? undefined)))
    throw new AppError('login_failed', 'The present password is wrong');
  await deps.store.forgiveLogin(account, network, deps.now());
  const senha = await deps.passwords.hash(input.nova);
  await deps.store.changeUser(
    person.org,
    person.user,
    { senha },
    {
      em: deps.now(),
      quem: person.user,
      endereco: address,
    },
  );
  deps.disconnect((principal) => principal.kind === 'user' && principal.user === person.user);
  deps.log('password_changed', { org: person.org, user: person.user });
}
