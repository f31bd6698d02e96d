import type { Presence } from '@yaguts/shared';
import type { ReportOrigin } from '../store/entries.ts';
import type { FlowDeps } from './deps.ts';
import { publishDevice } from './project.ts';

/** A device comes, goes or is lost. An old will, from a connection that is not its last, changes nothing. */
export async function handlePresence(deps: FlowDeps, origin: ReportOrigin, said: Presence): Promise<void> {
  const { org, device } = origin;
  const taken = await deps.store.takePresence(origin, said);
  if (!taken) return deps.log('presence_ignored', { org, device, state: said.state });
  await publishDevice(deps, org, device);
  if (taken.isNews) deps.notify(org, `device:${said.state}`, { device });
  if (taken.twin) {
    deps.log('security_twin', { org, device, boot_id: said.boot_id });
    deps.notify(org, 'device:alert', { device, code: 'gemeo' });
  }
}
