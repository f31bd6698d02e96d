import type { Permission } from '@yaguts/shared';
import type { Act } from '../store/audit.ts';
import type { FlowDeps } from './deps.ts';

/** The person a flow acts for; what they may do was checked at the door. */
export interface Actor {
  readonly user: string;
  readonly permissions: readonly Permission[];
  readonly endereco?: string | undefined;
}

/** The same person as the audit knows them, now. */
export const actOf = (deps: Pick<FlowDeps, 'now'>, by: Actor): Act => ({
  em: deps.now(),
  quem: by.user,
  endereco: by.endereco,
});
