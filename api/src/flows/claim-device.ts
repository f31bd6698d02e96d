import {
  AppError,
  codePattern,
  type DeviceCredential,
  decode,
  type Principal,
  type TopicMatch,
} from '@yaguts/shared';
import { freshCode, freshSecret } from '../identity/sealer.ts';
import { type Actor, actOf } from './actor.ts';
import type { IdentityDeps } from './identity-deps.ts';
import { disconnectDevice } from './issue-credential.ts';
import { requireDevice } from './job-of.ts';
import { publishDevice } from './project.ts';

const codeLifeMs = 60 * 60 * 1_000;

/**
 * Makes the code that a person types into a new board's portal, valid for an hour and one claim. 12 letters of
 * 31 are 59 bits: not to be guessed in an hour at the pace that is allowed. A code made before for the same
 * device ends with it.
 *
 * @throws AppError "not_found" when the org has no such device
 */
export async function issueClaimCode(
  deps: IdentityDeps,
  { org, by, device }: { readonly org: string; readonly by: Actor; readonly device: string },
): Promise<{ code: string; expires_at: number }> {
  await requireDevice(deps, { org, by, device });
  if (!(await deps.store.findDevice(org, device)))
    throw new AppError('not_found', `There is no device "${device}"`);
  const code = freshCode(12);
  const now = deps.now();
  await deps.store.createCode({
    hash: deps.sealer.seal(code),
    tipo: 'claim',
    org_id: org,
    user_id: null,
    device,
    tentativas: 0,
    criado_em: now,
    expira_em: now + codeLifeMs,
    usado_em: null,
  });
  await deps.store.appendAudit(org, { ...actOf(deps, by), acao: 'claim.open', alvo: `device:${device}` });
  deps.log('claim_opened', { org, device, por: by.user });
  return { code, expires_at: now + codeLifeMs };
}

/**
 * Answers a board that claims: its credential, once, on a topic that only this code may read. The code is used
 * up in the transaction that stores the secret; a second request is told so.
 */
export async function handleClaim(
  deps: IdentityDeps,
  {
    principal,
    match,
    payload,
  }: {
    readonly principal: Principal;
    readonly match: Extract<TopicMatch, { key: 'provisionRequest' }>;
    readonly payload: Uint8Array;
  },
): Promise<void> {
  const { code } = match.params;
  if (principal.kind !== 'claim' || principal.code !== code || !codePattern.test(code))
    return deps.log('security_foreign_topic', { kind: principal.kind });
  const refuse = (reason: string, message: string): void =>
    deps.publish('provisionRejected', { code }, { code: reason, message });
  const said = decode('provisionRequest', payload);
  if (!said.ok) return refuse('invalido', 'The request cannot be read');

  const { hw, fw_version } = said.value;
  const claimed = await claim(deps, code, { hw, fw_version });
  if (!claimed) return refuse('expirado', usedUp);
  const { org, device, username, password } = claimed;
  deps.publish('provisionAccepted', { code }, { org, device, username, password });
}

/**
 * The same over HTTP. Unknown, used and expired codes are told apart by nobody.
 *
 * @param typed as a person types it: capitals, spaces and hyphens do not matter
 * @throws AppError "not_found"
 */
export async function claimByCode(deps: IdentityDeps, typed: string): Promise<DeviceCredential> {
  const code = typed.replaceAll(/[\s-]/g, '').toLowerCase();
  const claimed = codePattern.test(code) ? await claim(deps, code, {}) : undefined;
  if (!claimed) throw new AppError('not_found', usedUp);
  return claimed;
}

const usedUp = 'This code was used already or has expired; make a new one';

/** Uses a code up for a new secret of its device; undefined when the code is not good. */
async function claim(
  deps: IdentityDeps,
  code: string,
  board: { readonly hw?: string | undefined; readonly fw_version?: string | undefined },
): Promise<DeviceCredential | undefined> {
  const password = freshSecret('ygd');
  const id = deps.random(8).toString('hex');
  const at = await deps.store.claimCredential(deps.sealer.seal(code), {
    id,
    hmac: deps.sealer.seal(password),
    now: deps.now(),
  });
  if (!at) {
    deps.log('claim_refused', board);
    return undefined;
  }
  // Whoever held the place before is out; the new board connects with what it is told now.
  disconnectDevice(deps, at.org, at.device);
  deps.log('device_claimed', { ...at, credential: id, ...board });
  await publishDevice(deps, at.org, at.device);
  const username = `${at.org}.${at.device}`;
  return { ...at, username, client_id: username, password };
}
