import { AppError, type DeviceIn, type DevicePatch, type DeviceState } from '@yaguts/shared';
import { type Actor, actOf } from './actor.ts';
import { publishConfig } from './apply-config.ts';
import type { FlowDeps } from './deps.ts';
import { disconnectDevice } from './issue-credential.ts';
import { requireDevice } from './job-of.ts';
import { offerNextJob } from './offer-next-job.ts';
import { publishDevice, publishEstoque, publishJob } from './project.ts';
import { clearDevice } from './republish.ts';

/** Makes a device with empty frascos; its credential is issued separately. @throws AppError "already_exists" */
export async function createDevice(
  deps: FlowDeps,
  { org, by, body }: { org: string; by: Actor; body: DeviceIn },
): Promise<DeviceState> {
  await deps.store.createDevice(org, body, actOf(deps, by));
  deps.log('device_created', { org, device: body.id, por: by.user });
  await publishConfig(deps, org, body.id);
  await publishDevice(deps, org, body.id);
  await publishEstoque(deps, org, body.id);
  return deviceStateOrThrow(deps, org, body.id);
}

/** Changes a device; an automatic one goes on with its queue at once. @throws AppError "not_found" */
export async function patchDevice(
  deps: FlowDeps,
  { org, by, device, body }: { org: string; by: Actor; device: string; body: DevicePatch },
): Promise<DeviceState> {
  await requireDevice(deps, { org, by, device });
  const { configChanged } = await deps.store.patchDevice(org, device, body, actOf(deps, by));
  deps.log('device_changed', { org, device, por: by.user });
  if (configChanged) await publishConfig(deps, org, device);
  await publishDevice(deps, org, device);
  if (body.transicao === 'automatica') await offerNextJob(deps, { org, device });
  return deviceStateOrThrow(deps, org, device);
}

/**
 * Removes a device: what waits for it is canceled, its credentials end, its connection is closed and every
 * topic retained for it is cleared. Its history stays.
 *
 * @throws AppError "ocupado" while it runs a job, "not_found"
 */
export async function removeDevice(
  deps: FlowDeps,
  { org, by, device }: { org: string; by: Actor; device: string },
): Promise<void> {
  await requireDevice(deps, { org, by, device });
  const { jobs } = await deps.store.removeDevice(org, device, actOf(deps, by));
  disconnectDevice(deps, org, device);
  deps.log('device_removed', { org, device, jobs, por: by.user });
  await publishJob(deps, org, jobs);
  clearDevice(deps, org, device);
}

async function deviceStateOrThrow(
  deps: Pick<FlowDeps, 'store'>,
  org: string,
  device: string,
): Promise<DeviceState> {
  const state = await deps.store.deviceState(org, device);
  if (!state) throw new AppError('not_found', `There is no device "${device}"`);
  return state;
}
