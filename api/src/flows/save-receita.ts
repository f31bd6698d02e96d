import type { Receita, ReceitaIn } from '@yaguts/shared';
import { type Actor, actOf } from './actor.ts';
import type { FlowDeps } from './deps.ts';

/**
 * Makes a receita, or a new version of one. Jobs made before keep what was frozen into them.
 *
 * @param versao the version that was read; left out, whatever is stored is written over
 * @throws AppError "stale", "already_exists", "not_found", "invalid" with the path of each unknown tempero
 */
export async function saveReceita(
  deps: FlowDeps,
  {
    org,
    by,
    id,
    body,
    versao,
  }: { org: string; by: Actor; id: number | null; body: ReceitaIn; versao?: number | undefined },
): Promise<Receita> {
  const receita = await deps.store.saveReceita(org, id, body, actOf(deps, by), versao);
  deps.log('receita_saved', { org, receita: receita.id, versao: receita.versao, por: by.user });
  return receita;
}

/** Takes a receita away; its history stays. @throws AppError "not_found" */
export async function removeReceita(
  deps: FlowDeps,
  { org, by, id }: { org: string; by: Actor; id: number },
): Promise<void> {
  await deps.store.removeReceita(org, id, actOf(deps, by));
  deps.log('receita_removed', { org, receita: id, por: by.user });
}
