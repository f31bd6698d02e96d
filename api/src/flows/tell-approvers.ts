import { gFromMg } from '@yaguts/shared';
import type { Job } from '../store/job-rows.ts';
import type { FlowDeps } from './deps.ts';
import { deciders, publishBadges } from './publish-badge.ts';

/** Tells everybody of the org who may approve that a job waits for them, and sets their badges. */
export async function tellApprovers(deps: FlowDeps, org: string, job: Job): Promise<void> {
  const { job_id, device, receita, criado_por, espera } = job;
  const itens = (await deps.store.jobState(org, job_id))?.itens ?? [];
  const total_g = gFromMg(itens.reduce((sum, item) => sum + Math.round(item.quantidade_g * 1_000), 0));
  const mayDecide = await deciders(deps, org);
  for (const { user_id: user } of await deps.store.listUsers(org)) {
    if (!mayDecide(user, job)) continue;
    deps.notify(org, 'permission:pending', { job_id, device, receita, criado_por, espera, total_g }, user);
  }
  await publishBadges(deps, org);
}

/** How a job that waited for approval came out of it. */
export type Verdict = 'aprovado' | 'negado' | 'expirado';

/** Tells whoever ordered a job what became of their asking, by whom and with which remark. */
export function tellRequester(deps: Pick<FlowDeps, 'notify'>, job: Job, decisao: Verdict): void {
  const { org_id, job_id, device, receita, criado_por, aprovado_por: por, comentario } = job;
  // A device of firmware v0.2 orders too, and reads no notices.
  if (criado_por === null || criado_por.includes(':')) return;
  const data = { job_id, device, receita, decisao, por, comentario };
  deps.notify(org_id, 'permission:decided', data, criado_por);
}
