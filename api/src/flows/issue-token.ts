import { AppError, limits, type Permission, type TokenCreated, type TokenIn } from '@yaguts/shared';
import { freshSecret } from '../identity/sealer.ts';
import { credentialName, type IdentityDeps } from './identity-deps.ts';

/** Whose token it is. `permissions` are those of the credential that asks, left out when the platform does. */
export interface TokenOwner {
  readonly org: string;
  readonly user: string;
  readonly permissions?: readonly Permission[] | undefined;
  readonly via?: 'session' | 'token' | undefined;
  /** The name of the credential that asks. */
  readonly credential?: string | undefined;
  readonly endereco?: string | undefined;
}
export type TokenRequest = Pick<TokenIn, 'nome' | 'expira_em'> & Partial<Pick<TokenIn, 'permissoes'>>;

/**
 * Makes a personal access token, shown once. It carries the person's rights as they are at each use, or the
 * part of them that is named.
 *
 * @throws AppError "invalid" for an end that is past or more than two years away; null is the word for none
 * @throws AppError "forbidden" when it would carry more than whoever asks may do
 */
export async function issueToken(
  deps: IdentityDeps,
  { org, user, endereco, permissions, via, credential }: TokenOwner,
  input: TokenRequest,
): Promise<TokenCreated> {
  const now = deps.now();
  requireSaneEnd(input.expira_em, now);
  // Nor one that outlives it: a token that leaks would be good for ever.
  const live = via === 'token' ? await deps.store.listTokens(org, user) : [];
  const last = live.find(({ id }) => credentialName.token(id) === credential)?.expira_em ?? null;
  const expira_em = input.expira_em ?? last;
  if (last !== null && expira_em !== null && expira_em > last)
    throw new AppError('forbidden', 'A token makes none that ends later than itself');
  // A token that carries a part must not make one that carries all: "all" is then that part.
  const wanted = input.permissoes ?? [];
  const permissoes = [...(wanted.length === 0 && via === 'token' ? (permissions ?? []) : wanted)];
  if (via === 'token' && permissoes.length === 0)
    throw new AppError('forbidden', 'This token may do nothing, and so may none that it makes');
  if (permissions && !permissoes.every((permission) => permissions.includes(permission)))
    throw new AppError('forbidden', 'A token cannot do more than the person it belongs to');
  const token = freshSecret('ygt');
  const row = {
    id: deps.random(8).toString('hex'),
    nome: input.nome,
    criado_em: now,
    usado_em: null,
    expira_em,
    permissoes,
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

function requireSaneEnd(end: number | null, now: number): void {
  const fault = (message: string): AppError =>
    new AppError('invalid', undefined, { faults: [{ path: 'expira_em', message }] });
  if (end === null) return;
  if (end <= now) throw fault('must be in the future');
  if (end > now + limits.tokenMs)
    throw fault('must be within two years; null for a token that is good until it is revoked');
}

/**
 * Revokes a token of a person; connections it opened are closed.
 *
 * @throws AppError "not_found"
 */
export async function revokeToken(
  deps: IdentityDeps,
  {
    org,
    user,
    by = user,
    endereco,
  }: Pick<TokenOwner, 'org' | 'user' | 'endereco'> & { readonly by?: string },
  id: string,
): Promise<void> {
  const act = { em: deps.now(), quem: by, endereco };
  if (!(await deps.store.revokeToken(org, user, id, act))) throw new AppError('not_found');
  const credential = credentialName.token(id);
  deps.disconnect((principal) => principal.credential === credential);
  deps.log('token_revoked', { org, user, id });
}
