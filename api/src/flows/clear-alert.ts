import { AppError, type DeviceState } from '@yaguts/shared';
import type { Device } from '../store/devices.ts';
import { type Actor, actOf } from './actor.ts';
import type { FlowDeps } from './deps.ts';
import { requireDevice } from './job-of.ts';
import { offerNextJob } from './offer-next-job.ts';
import { publishDevice } from './project.ts';

/**
 * Takes an alert of a device away: a person has looked at it. After the alarm about two boards with one
 * credential (`gemeo`) the device is offered jobs again.
 *
 * @throws AppError "not_found" when there is no such device, or it has no such alert
 */
export async function clearAlert(
  deps: FlowDeps,
  {
    org,
    by,
    device,
    code,
  }: { org: string; by: Actor; device: string; code: Device['alertas'][number]['code'] },
): Promise<DeviceState> {
  await requireDevice(deps, { org, by, device });
  const before = await deps.store.findDevice(org, device);
  const alert = before?.alertas.find((one) => one.code === code);
  if (!alert) throw new AppError('not_found', `Device "${device}" has no alert "${code}"`);
  await deps.store.clearAlert(org, device, code);
  const act = actOf(deps, by);
  await deps.store.appendAudit(org, { ...act, acao: 'alert.clear', alvo: `device:${device}`, antes: alert });
  deps.log('alert_cleared', { org, device, code, por: by.user });
  await publishDevice(deps, org, device);
  await offerNextJob(deps, { org, device });
  return (await deps.store.deviceState(org, device)) as DeviceState;
}
