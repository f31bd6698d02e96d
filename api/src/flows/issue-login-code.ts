import { AppError } from '@yaguts/shared';
import { freshCode } from '../identity/sealer.ts';
import type { IdentityDeps } from './identity-deps.ts';

const codeLifeMs = 60 * 60 * 1_000;

/**
 * Makes a code that logs a person in once within the hour, for the link that the demo prints. No route makes one:
 * whoever forgot the password is given a reset link, and nobody acts under another person's name.
 *
 * @throws AppError "not_found" when the org has no such person or they are disabled
 */
export async function issueLoginCode(
  deps: IdentityDeps,
  { org, user }: { org: string; user: string },
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
  await deps.store.appendAudit(org, {
    em: now,
    quem: 'sistema',
    acao: 'login-code.issue',
    alvo: `user:${user}`,
  });
  deps.log('login_code_issued', { org, user });
  return { code, expires_at: now + codeLifeMs };
}
