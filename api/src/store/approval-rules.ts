import { eq, sql } from 'drizzle-orm';
import type { ApprovalLimits } from '../domain/approval.ts';
import { type Act, actRow } from './audit.ts';
import type { Orm } from './open.ts';
import type { StoreParts } from './parts.ts';
import { approvalRules } from './schema/index.ts';
import { get, p, run, type Tx, wholeRow } from './transaction.ts';

const noLimits: ApprovalLimits = { acimaMg: null, acimaMilesimos: null, alergenos: [], proprios: false };

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
    const { acima_mg, acima_milesimos, alergenos, proprios } = row;
    return { acimaMg: acima_mg, acimaMilesimos: acima_milesimos, alergenos, proprios };
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
        proprios: sql`excluded.proprios`,
      },
    })
    .prepare();
  return {
    approvalLimits: (org) => db.read(() => limitsOf(org)),
    saveApprovalLimits: (org, depois, act) =>
      db.write(function* () {
        const antes = yield* limitsOf(org);
        const { acimaMg, acimaMilesimos, alergenos, proprios } = depois;
        const row = { acima_mg: acimaMg, acima_milesimos: acimaMilesimos, alergenos, proprios };
        yield* run(save, { org_id: org, ...row });
        yield* audit(org, actRow(act, 'org.approval', `org:${org}`, { antes, depois }));
      }),
  };
}
