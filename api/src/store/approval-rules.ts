import { eq, sql } from 'drizzle-orm';
import type { ApprovalLimits } from '../domain/approval.ts';
import { type Act, actRow } from './audit.ts';
import type { Orm } from './open.ts';
import type { StoreParts } from './parts.ts';
import { approvalRules } from './schema/index.ts';
import { get, p, run, type Tx, wholeRow } from './transaction.ts';

const noLimits: ApprovalLimits = { acimaMg: null, acimaMilesimos: null, alergenos: [] };

/** Reads the limits of an org inside a transaction; none when nobody has set any. */
export function approvalLimitsReader(orm: Orm): (org: string) => Tx<ApprovalLimits> {
  const one = orm
    .select()
    .from(approvalRules)
    .where(eq(approvalRules.org_id, p('org')))
    .prepare();
  return function* limitsOf(org) {
    const row = yield* get(one, { org });
    if (!row) return noLimits;
    return { acimaMg: row.acima_mg, acimaMilesimos: row.acima_milesimos, alergenos: row.alergenos };
  };
}

export interface ApprovalRulesStore {
  approvalLimits(org: string): Promise<ApprovalLimits>;
  saveApprovalLimits(org: string, limits: ApprovalLimits, act: Act): Promise<void>;
}

/** What beside the person who orders makes a job wait. */
export function createApprovalRules({ db, audit }: StoreParts): ApprovalRulesStore {
  const limitsOf = approvalLimitsReader(db.orm);
  const save = db.orm
    .insert(approvalRules)
    .values(wholeRow(approvalRules))
    .onConflictDoUpdate({
      target: approvalRules.org_id,
      set: {
        acima_mg: sql`excluded.acima_mg`,
        acima_milesimos: sql`excluded.acima_milesimos`,
        alergenos: sql`excluded.alergenos`,
      },
    })
    .prepare();
  return {
    approvalLimits: (org) => db.read(() => limitsOf(org)),
    saveApprovalLimits: (org, { acimaMg, acimaMilesimos, alergenos }, act) =>
      db.write(function* () {
        const antes = yield* limitsOf(org);
        const row = { acima_mg: acimaMg, acima_milesimos: acimaMilesimos, alergenos };
        yield* run(save, { org_id: org, ...row });
        const depois = { acimaMg, acimaMilesimos, alergenos };
        yield* audit(org, actRow(act, 'org.approval', `org:${org}`, { antes, depois }));
      }),
  };
}
