import type { Birth } from '@yaguts/shared';
import type { ReportOrigin } from '../store/entries.ts';
import { notifyEnd } from './announce.ts';
import { askToLetGo } from './cancel-job.ts';
import type { FlowDeps } from './deps.ts';
import { offerNextJob } from './offer-next-job.ts';
import { publishDevice, publishEstoque, publishJob, publishNext } from './project.ts';

/** A device says who it is, first of all on every connection; the job it runs is reconciled with it. */
export async function handleBirth(deps: FlowDeps, origin: ReportOrigin, said: Birth): Promise<void> {
  const { org, device } = origin;
  const taken = await deps.store.takeBirth(origin, said);
  if (!taken) return deps.log('birth_ignored', { org, device });
  const { raised, closed, current, changed, forsaken } = taken;
  deps.log('device_born', { org, device, fw_version: said.fw_version, hi: said.hi, raised });
  for (const code of raised) deps.notify(org, 'device:alert', { device, code });
  const job = closed ?? (changed ? current : undefined);
  if (job) await publishJob(deps, org, [job.job_id], { ended: closed !== undefined });
  if (closed) {
    await publishEstoque(deps, org, device);
    notifyEnd(deps, closed);
  }
  if (forsaken) askToLetGo(deps, forsaken);
  await publishNext(deps, org, device);
  await publishDevice(deps, org, device);
  if (!said.active && !current) await offerNextJob(deps, { org, device });
}
