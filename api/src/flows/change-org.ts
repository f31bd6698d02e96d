import { AppError } from '@yaguts/shared';
import type { Org, OrgPatch } from '../store/identity.ts';
import type { FlowDeps } from './deps.ts';

/**
 * Changes the settings of an org.
 *
 * @throws AppError "invalid" for a time zone that does not exist, "not_found"
 */
export async function changeOrg(
  deps: FlowDeps,
  actor: { org: string; user: string; endereco?: string | undefined },
  patch: OrgPatch,
): Promise<Org> {
  if (patch.fuso !== undefined) requireTimeZone(patch.fuso);
  const changed = await deps.store.changeOrg(actor.org, patch, {
    em: deps.now(),
    quem: actor.user,
    endereco: actor.endereco,
  });
  if (!changed) throw new AppError('not_found');
  deps.log('org_changed', { org: actor.org, user: actor.user, fields: Object.keys(patch) });
  return changed;
}

/**
 * Days of the history are cut in this zone.
 *
 * @throws AppError "invalid" when the runtime knows no such zone
 */
export function requireTimeZone(fuso: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: fuso });
  } catch {
    throw new AppError('invalid', undefined, {
      faults: [{ path: 'fuso', message: 'must be a time zone such as America/Sao_Paulo' }],
    });
  }
}
