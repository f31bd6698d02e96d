import { AppError, type SetupIn } from '@yaguts/shared';
import { freshCode } from '../identity/sealer.ts';
import { requireTimeZone } from './change-org.ts';
import type { IdentityDeps } from './identity-deps.ts';
import { newOrg } from './manage-orgs.ts';

const codeLifeMs = 60 * 60 * 1_000;

/** What people type may carry spaces, dashes and capitals; the code itself has none. */
const plain = (code: string): string => code.toLowerCase().replace(/[^a-z0-9]/g, '');

/**
 * Makes a first-run code while there is no account; a code made before is no longer valid.
 *
 * @returns the code to print on the console, valid for an hour and five tries; undefined when setup is done
 */
export async function openSetup(
  deps: IdentityDeps,
): Promise<{ code: string; expires_at: number } | undefined> {
  if (await deps.store.hasAccount()) return undefined;
  const code = freshCode(12);
  const now = deps.now();
  await deps.store.createCode({
    hash: deps.sealer.seal(code),
    tipo: 'setup',
    org_id: '',
    user_id: null,
    device: null,
    tentativas: 0,
    criado_em: now,
    expira_em: now + codeLifeMs,
    usado_em: null,
  });
  deps.log('setup_opened', { expires_at: now + codeLifeMs });
  return { code: `${code.slice(0, 4)}-${code.slice(4, 8)}-${code.slice(8)}`, expires_at: now + codeLifeMs };
}

/**
 * Makes the first org and its owner, who also runs the platform. The door closes in the same transaction.
 *
 * @throws AppError "setup_done", "setup_code", "invalid" for a time zone that does not exist
 */
export async function setUp(deps: IdentityDeps, input: SetupIn, address: string): Promise<void> {
  // Asked before hashing, so that a finished setup costs a stranger's request nothing.
  if (await deps.store.hasAccount()) throw new AppError('setup_done');
  requireTimeZone(input.fuso);
  const senha = await deps.passwords.hash(input.password);
  const now = deps.now();
  const result = await deps.store.setUp({
    codeHash: deps.sealer.seal(plain(input.code)),
    endereco: address,
    org: newOrg({ org_id: input.org, nome: input.org_nome, fuso: input.fuso, criado_em: now }),
    user: {
      org_id: input.org,
      user_id: input.user,
      nome: input.nome,
      role: 'dono',
      permissoes: [],
      plataforma: true,
      senha,
      idioma: null,
      criado_em: now,
      desativado_em: null,
      versao: 1,
    },
  });
  if (result === 'ja_feito') throw new AppError('setup_done');
  if (result === 'codigo') {
    deps.log('setup_refused', { address });
    throw new AppError(
      'setup_code',
      'The first-run code is wrong, used up or older than an hour; start the platform again for a new one',
    );
  }
  deps.log('setup_done', { org: input.org, user: input.user });
}
