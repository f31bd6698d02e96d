import { gFromMg, type JobIn, type JobPreview, type RetryIn } from '@yaguts/shared';
import type { Planned } from '../store/orders.ts';
import type { Actor } from './actor.ts';
import type { FlowDeps } from './deps.ts';
import { devicesFor, requireDevice, requireJob } from './job-of.ts';

/**
 * What a job would be: grams, seconds, frascos, estoque, and everything that stands in its way. Changes
 * nothing and promises nothing: creating it plans again.
 *
 * @throws AppError "not_found" for an unknown receita or device
 */
export async function previewJob(
  deps: Pick<FlowDeps, 'store' | 'now'>,
  { org, by, body }: { org: string; by: Actor; body: JobIn },
): Promise<JobPreview> {
  if (body.device !== undefined) await requireDevice(deps, { org, by, device: body.device });
  const order = { ...body, among: await devicesFor(deps, { org, by }) };
  return previewOf(await deps.store.planOrder(org, order, deps.now()));
}

/**
 * The same of a repetition.
 *
 * @throws AppError "not_retryable" with a fault for each item that may not be repeated, "not_found"
 */
export async function previewRetry(
  deps: Pick<FlowDeps, 'store' | 'now'>,
  { org, by, jobId, itens }: { org: string; by: Actor; jobId: number } & RetryIn,
): Promise<JobPreview> {
  await requireJob(deps, { org, by, jobId });
  return previewOf(await deps.store.planRepeat(org, { jobId, itens }, deps.now()));
}

function previewOf(planned: Planned): JobPreview {
  const frascos = new Map(planned.frascos.map((row) => [row.frasco, row]));
  return {
    device: planned.device,
    receita: planned.receita,
    multiplicador: planned.multiplicador,
    itens: planned.plan.itens.map((item) => ({
      item_ordem: item.itemOrdem,
      frasco: item.frasco,
      tempero: item.tempero,
      quantidade_g: gFromMg(item.mg),
      ms: item.ms,
      critico: item.critico,
      saldo_g: gFromMg(frascos.get(item.frasco)?.saldoMg ?? 0),
      reservado_g: gFromMg(frascos.get(item.frasco)?.reservadoMg ?? 0),
    })),
    total_g: gFromMg(planned.plan.totalMg),
    total_ms: planned.plan.totalMs,
    na_frente: planned.naFrente,
    pode: planned.plan.pode,
    obstaculos: [...planned.plan.obstaculos],
  };
}
