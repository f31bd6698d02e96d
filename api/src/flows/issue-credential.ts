import { AppError, type DeviceCredential } from '@yaguts/shared';
import { freshSecret } from '../identity/sealer.ts';
import type { Actor } from './actor.ts';
import { credentialName, type IdentityDeps } from './identity-deps.ts';
import { publishDevice } from './project.ts';

/** Who acts; the platform itself when nobody is named. */
type By = Pick<Actor, 'user' | 'endereco'>;
const system: By = { user: 'sistema' };

/**
 * Makes a secret for a device, shown once. What was valid before ends with it and its connections are closed,
 * unless `keep` leaves it valid while a person carries the new one to the board.
 *
 * @throws AppError "not_found" when the org has no such device
 */
export async function issueCredential(
  deps: IdentityDeps,
  { org, device }: { org: string; device: string },
  options: { keep?: boolean; by?: By } = {},
): Promise<DeviceCredential & { id: string }> {
  const password = freshSecret('ygd');
  const id = deps.random(8).toString('hex');
  const by = options.by ?? system;
  const em = deps.now();
  const issued = await deps.store.issueCredential(
    {
      org_id: org,
      device,
      id,
      hmac: deps.sealer.seal(password),
      criado_em: em,
      usado_em: null,
      revogado_em: null,
    },
    options.keep !== true,
    { em, quem: by.user, endereco: by.endereco },
  );
  if (!issued) throw new AppError('not_found');
  if (options.keep !== true) disconnectDevice(deps, org, device);
  deps.log('credential_issued', { org, device, id, por: by.user });
  await publishDevice(deps, org, device);
  const username = `${org}.${device}`;
  return { id, org, device, username, client_id: username, password };
}

/**
 * Revokes one credential of a device; the connection it opened is closed.
 *
 * @throws AppError "not_found"
 */
export async function revokeCredential(
  deps: IdentityDeps,
  { org, device }: { org: string; device: string },
  id: string,
  by: By = system,
): Promise<void> {
  const act = { em: deps.now(), quem: by.user, endereco: by.endereco };
  if (!(await deps.store.revokeCredential(org, device, id, act))) throw new AppError('not_found');
  const credential = credentialName.device(id);
  deps.disconnect((principal) => principal.credential === credential);
  deps.log('credential_revoked', { org, device, id, por: by.user });
  await publishDevice(deps, org, device);
}

/** Closes whatever connection a device has. */
export function disconnectDevice(deps: Pick<IdentityDeps, 'disconnect'>, org: string, device: string): void {
  deps.disconnect(
    (principal) => principal.kind === 'device' && principal.org === org && principal.device === device,
  );
}
