import { sql } from 'drizzle-orm';
import type { Database } from './open.ts';
import { commands, jobs, rejectedMessages } from './schema/index.ts';
import { p, run } from './transaction.ts';

/** Executions deleted in one transaction: each takes its items and entries with it. */
const jobsAtOnce = 200;

export interface Swept {
  readonly execucoes: number;
  readonly comandos: number;
  readonly rejeitadas: number;
}

/**
 * Forgets what is older than an org keeps: ended executions with their entries, commands, rejected messages.
 * The ledger of the estoque and the audit stay, so that every saldo can still be recomputed.
 */
export function retentionStore(db: Database) {
  const { orm } = db;
  const oldJobs = orm
    .delete(jobs)
    .where(
      sql`org_id = ${p('org')} and job_id in (select j.job_id from jobs j where j.org_id = ${p('org')}
        and j.terminado_em < ${p('before')} and j.status not in ('queued', 'running')
        order by j.terminado_em limit ${jobsAtOnce})`,
    )
    .prepare();
  const oldCommands = orm
    .delete(commands)
    .where(sql`org_id = ${p('org')} and criado_em < ${p('before')} and estado <> 'enviado'`)
    .prepare();
  const oldRejected = orm
    .delete(rejectedMessages)
    .where(sql`org_id = ${p('org')} and ultima_em < ${p('before')}`)
    .prepare();
  return {
    /** One step; call it again while `execucoes` is as many as {@link retentionStep}. */
    sweepOrg: (org: string, before: number): Promise<Swept> =>
      db.write(function* () {
        return {
          execucoes: yield* run(oldJobs, { org, before }),
          comandos: yield* run(oldCommands, { org, before }),
          rejeitadas: yield* run(oldRejected, { org, before }),
        };
      }),
  };
}
/** How many executions one step forgets at most. */
export const retentionStep: number = jobsAtOnce;
