import { AppError, type TokenCreated, type TokenIn } from '@yaguts/shared';
import { freshSecret } from '../identity/sealer.ts';
import { credentialName, type IdentityDeps } from './identity-deps.ts';

/**
 * Makes a personal access token, shown once. It carries the person's rights as they are at each use.
 *
 * @throws AppError "invalid" when it would have expired already
 */
export async function issueToken(
  deps: IdentityDeps,
  { org, user, endereco }: { org: string; user: string; endereco?: string | undefined },
  input: TokenIn,
): Promise<TokenCreated> {
  const now = deps.now();
  if (input.expira_em !== null && input.expira_em <= now)
    throw new AppError('invalid', undefined, {
      faults: [{ path: 'expira_em', message: 'must be in the future' }],
    });
  const token = freshSecret('ygt');
  const row = {
    id: deps.random(8).toString('hex'),
    nome: input.nome,
    criado_em: now,
    usado_em: null,
    expira_em: input.expira_em,
  };
  await deps.store.createToken(
    {
      ...row,
      org_id: org,
      user_id: user,
      hmac: deps.sealer.seal(token),
      revogado_em: null,
    },
    { em: now, quem: user, endereco },
  );
  deps.log('token_issued', { org, user, id: row.id });
  return { ...row, token, username: `u.${user}` };
}

/**
 * Revokes a token of a person; connections it opened are closed.
 *
 * @throws AppError "not_found"
 */
export async function revokeToken(
  deps: IdentityDeps,
  { org, user, endereco }: { org: string; user: string; endereco?: string | undefined },
  id: string,
): Promise<void> {
  const act = { em: deps.now(), quem: user, endereco };
  if (!(await deps.store.revokeToken(org, user, id, act))) throw new AppError('not_found');
  const credential = credentialName.token(id);
  deps.disconnect((principal) => principal.credential === credential);
  deps.log('token_revoked', { org, user, id });
}
