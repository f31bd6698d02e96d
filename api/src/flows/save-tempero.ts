import type { Tempero, TemperoIn } from '@yaguts/shared';
import { type Actor, actOf } from './actor.ts';
import { publishConfig } from './apply-config.ts';
import type { FlowDeps } from './deps.ts';
import { publishDevice, publishEstoque } from './project.ts';

/**
 * Makes or changes a tempero; a new name goes to every device that holds it.
 *
 * @throws AppError "already_exists", "not_found"
 */
export async function saveTempero(
  deps: FlowDeps,
  { org, by, id, body }: { org: string; by: Actor; id: number | null; body: TemperoIn },
): Promise<Tempero> {
  const { tempero, devices } = await deps.store.saveTempero(org, id, body, actOf(deps, by));
  deps.log('tempero_saved', { org, tempero: tempero.id, por: by.user });
  for (const device of devices) {
    await publishConfig(deps, org, device);
    await publishDevice(deps, org, device);
    await publishEstoque(deps, org, device);
  }
  return tempero;
}

/** @throws AppError "conflict" while a receita or a frasco uses it, "not_found" */
export async function removeTempero(
  deps: FlowDeps,
  { org, by, id }: { org: string; by: Actor; id: number },
): Promise<void> {
  await deps.store.removeTempero(org, id, actOf(deps, by));
  deps.log('tempero_removed', { org, tempero: id, por: by.user });
}
