import type { Espera } from '@yaguts/shared';

/** Whose jobs wait for somebody's approval before they are offered. */
export type ApprovalRule = 'ninguem' | 'solicitantes' | 'todos';

/** What beside the person makes a job wait; null and empty hold nobody. */
export interface ApprovalLimits {
  readonly acimaMg: number | null;
  /** Multiplicador in thousandths. */
  readonly acimaMilesimos: number | null;
  readonly alergenos: readonly string[];
  /** Whether whoever may approve may approve what they have ordered themselves. */
  readonly proprios: boolean;
}

/** A job as the rules look at it. */
export interface Ordered {
  /** The person has `jobs:direct`: the rule "solicitantes" does not hold them. The limits hold everybody. */
  readonly direct: boolean;
  readonly totalMg: number;
  readonly milesimos: number;
  /** Allergens of its temperos. */
  readonly alergenos: readonly string[];
}

/** Every rule that makes a job wait for approval; empty when it may go ahead. */
export function approvalReasons(rule: ApprovalRule, limits: ApprovalLimits, job: Ordered): Espera[] {
  const reasons: Espera[] = [];
  if (rule === 'todos') reasons.push('todos');
  if (rule === 'solicitantes' && !job.direct) reasons.push('solicitante');
  if (limits.acimaMg !== null && job.totalMg > limits.acimaMg) reasons.push('gramas');
  if (limits.acimaMilesimos !== null && job.milesimos > limits.acimaMilesimos) reasons.push('multiplicador');
  if (limits.alergenos.some((name) => job.alergenos.some((other) => same(name, other))))
    reasons.push('alergenos');
  return reasons;
}

/**
 * Whether a person who has the permission may approve this job: a second pair of eyes is what approval is for,
 * unless the org says otherwise.
 */
export const mayApprove = (
  limits: Pick<ApprovalLimits, 'proprios'>,
  job: { readonly criado_por: string | null },
  user: string,
): boolean => limits.proprios || job.criado_por !== user;

const same = (one: string, other: string): boolean =>
  one.localeCompare(other, 'pt', { sensitivity: 'base' }) === 0;
