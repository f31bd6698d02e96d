import { AppError } from '@yaguts/shared';
import { type Actor, actOf } from './actor.ts';
import { publishConfig } from './apply-config.ts';
import { issueClaimCode } from './claim-device.ts';
import type { IdentityDeps } from './identity-deps.ts';
import { disconnectDevice } from './issue-credential.ts';
import { requireDevice } from './job-of.ts';
import { publishDevice, publishEstoque, publishJob } from './project.ts';
import { clearDevice } from './republish.ts';

export interface Moved {
  readonly org: string;
  readonly device: string;
  readonly code: string;
  readonly expires_at: number;
}

/**
 * Moves a device to another org of the installation. Its jobs, entries and estoque are the old org's history and
 * stay there; over there it begins with empty frascos and without a credential. The board is let in again by the
 * claim code that is answered.
 *
 * @throws AppError "ocupado" while it runs a job, "already_exists" over there, "not_found", "invalid" for its own org
 */
export async function moveDevice(
  deps: IdentityDeps,
  given: { org: string; by: Actor; device: string; to: { org: string; device?: string | undefined } },
): Promise<Moved> {
  const { org, by, device } = given;
  const to = { org: given.to.org, device: given.to.device ?? device };
  if (to.org === org)
    throw new AppError('invalid', undefined, {
      faults: [{ path: 'org', message: 'must be another organisation' }],
    });
  await requireDevice(deps, { org, by, device });
  const { jobs } = await deps.store.moveDevice({ org, device }, to, actOf(deps, by));
  disconnectDevice(deps, org, device);
  deps.log('device_moved', { org, device, to: to.org, as: to.device, por: by.user });
  await publishJob(deps, org, jobs);
  clearDevice(deps, org, device);
  await publishConfig(deps, to.org, to.device);
  await publishDevice(deps, to.org, to.device);
  await publishEstoque(deps, to.org, to.device);
  return { ...to, ...(await issueClaimCode(deps, { org: to.org, by, device: to.device })) };
}
