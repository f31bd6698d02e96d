import { gFromMg, type Movimento, type MovimentoIn } from '@yaguts/shared';
import { crossedLow } from '../domain/estoque.ts';
import type { Frasco } from '../store/ledger.ts';
import { type Actor, actOf } from './actor.ts';
import type { FlowDeps } from './deps.ts';
import { requireDevice } from './job-of.ts';
import { publishEstoque } from './project.ts';

/**
 * A refill, a weighed correction, or the undoing of one of these. The ledger only grows.
 *
 * @throws AppError "not_found", or "conflict" when a movement is undone already or cannot be
 */
export async function moveEstoque(
  deps: FlowDeps,
  { org, by, body }: { org: string; by: Actor; body: MovimentoIn },
): Promise<Movimento> {
  const named =
    body.tipo === 'estorno' ? await deps.store.deviceOfMovement(org, body.movimento_id) : body.device;
  if (named !== undefined) await requireDevice(deps, { org, by, device: named });
  const { movimento, antes, depois } = await deps.store.moveEstoque(org, body, actOf(deps, by));
  const { device, frasco, tipo, quantidade_g } = movimento;
  deps.log('estoque_moved', { org, device, frasco, tipo, quantidade_g, por: by.user });
  await publishEstoque(deps, org, device, [frasco]);
  tellWhenLow(deps, [{ antes, depois }]);
  return movimento;
}

/** Sends `estoque:low` for each frasco that went below its minimum with a change. */
export function tellWhenLow(
  deps: Pick<FlowDeps, 'notify'>,
  pairs: readonly { readonly antes: Frasco; readonly depois: Frasco }[],
): void {
  for (const { antes, depois } of pairs) {
    if (!crossedLow(antes, depois)) continue;
    const { org_id, device, frasco, saldo_mg, minimo_mg } = depois;
    const grams = { saldo_g: gFromMg(saldo_mg), minimo_g: gFromMg(minimo_mg) };
    deps.notify(org_id, 'estoque:low', { device, frasco, ...grams });
  }
}
