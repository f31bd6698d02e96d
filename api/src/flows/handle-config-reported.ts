import type { ConfigReported } from '@yaguts/shared';
import type { ReportOrigin } from '../store/entries.ts';
import type { FlowDeps } from './deps.ts';
import { publishDevice } from './project.ts';

/** A device says what it has applied; what it would not take is told once, and stands in its state till it does. */
export async function handleConfigReported(
  deps: FlowDeps,
  origin: ReportOrigin,
  said: ConfigReported,
): Promise<void> {
  const { org, device } = origin;
  const taken = await deps.store.takeConfigReported(origin, said);
  if (!taken) return;
  await publishDevice(deps, org, device);
  if (!taken.refused) return;
  const { errors } = said;
  deps.log('config_refused', { org, device, versao: said.versao, errors });
  deps.notify(org, 'device:alert', { device, code: 'config_recusada', errors });
}
