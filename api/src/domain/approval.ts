/** Whose jobs wait for somebody's approval before they are offered. */
export type ApprovalRule = 'ninguem' | 'solicitantes' | 'todos';

/**
 * @param direct the person has `jobs:direct`
 */
export function needsApproval(rule: ApprovalRule, direct: boolean): boolean {
  return rule === 'todos' || (rule === 'solicitantes' && !direct);
}
