import { AppError } from '@yaguts/shared';
import { freshCode } from '../identity/sealer.ts';
import type { Actor } from './actor.ts';
import type { IdentityDeps } from './identity-deps.ts';

const codeLifeMs = 60 * 60 * 1_000;

/**
 * Makes a code that logs a person in once within the hour: for the link that the demo prints, or a link that
 * an owner hands to somebody who forgot the password.
 *
 * @throws AppError "not_found" when the org has no such person or they are disabled
 */
export async function issueLoginCode(
  deps: IdentityDeps,
  {
    org,
    user,
    by = { user: 'sistema' },
  }: { org: string; user: string; by?: Pick<Actor, 'user' | 'endereco'> },
): Promise<{ code: string; expires_at: number }> {
  const found = await deps.store.findUser(user);
  if (!found || found.org_id !== org || found.desativado_em !== null) throw new AppError('not_found');
  const code = freshCode(26);
  const now = deps.now();
  await deps.store.createCode({
    hash: deps.sealer.seal(code),
    tipo: 'login',
    org_id: org,
    user_id: user,
    device: null,
    tentativas: 0,
    criado_em: now,
    expira_em: now + codeLifeMs,
    usado_em: null,
  });
  const act = { em: now, quem: by.user, endereco: by.endereco };
  await deps.store.appendAudit(org, { ...act, acao: 'login-code.issue', alvo: `user:${user}` });
  deps.log('login_code_issued', { org, user, por: by.user });
  return { code, expires_at: now + codeLifeMs };
}
