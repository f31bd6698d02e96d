import { and, asc, count, eq, isNull, sql } from 'drizzle-orm';
import { orgTables } from './archive-tables.ts';
import { type Act, actRow, auditWriter } from './audit.ts';
import { installationChain } from './chain.ts';
import type { Org } from './identity.ts';
import type { Invite } from './invites.ts';
import type { Database } from './open.ts';
import { audit, devices, invites, orgs, users } from './schema/index.ts';
import { all, get, type Prepared, p, type Reads, run, wholeRow } from './transaction.ts';

export interface OrgSummary {
  readonly org_id: string;
  readonly nome: string;
  readonly criado_em: number;
  readonly pessoas: number;
  readonly dispensadores: number;
}

/** The organisations of an installation: made, listed, wiped, and swept of what is too old. */
export function orgsStore(db: Database) {
  const { orm } = db;
  const writeAudit = auditWriter(orm);
  const byId = orm
    .select()
    .from(orgs)
    .where(eq(orgs.org_id, p('org')))
    .prepare();
  const insertOrg = orm.insert(orgs).values(wholeRow(orgs)).prepare();
  const insertInvite = orm.insert(invites).values(wholeRow(invites)).prepare();
  const list: Reads<OrgSummary> = orm
    .select({
      org_id: orgs.org_id,
      nome: orgs.nome,
      criado_em: orgs.criado_em,
      pessoas: sql<number>`(select count(*) from ${users} u where u.org_id = orgs.org_id
        and u.desativado_em is null)`,
      dispensadores: sql<number>`(select count(*) from ${devices} d where d.org_id = orgs.org_id
        and d.removido_em is null)`,
    })
    .from(orgs)
    .where(isNull(orgs.importando_desde))
    .orderBy(asc(orgs.org_id))
    .prepare();
  const everyOrg = orm
    .select({
      org: orgs.org_id,
      retencao_dias: orgs.retencao_dias,
      retencao_avisos_dias: orgs.retencao_avisos_dias,
      retencao_comandos_dias: orgs.retencao_comandos_dias,
      retencao_rejeitadas_dias: orgs.retencao_rejeitadas_dias,
      retencao_auditoria_dias: orgs.retencao_auditoria_dias,
    })
    .from(orgs)
    .where(isNull(orgs.importando_desde))
    .prepare();
  const operators = orm
    .select({ org: users.org_id })
    .from(users)
    .where(and(eq(users.plataforma, true), isNull(users.desativado_em)))
    .prepare();
  const auditRows = orm
    .select({ rows: count() })
    .from(audit)
    .where(eq(audit.org_id, p('org')))
    .prepare();
  const auditHead = orm
    .select({ hash: audit.hash })
    .from(audit)
    .where(eq(audit.org_id, p('org')))
    .orderBy(sql`${audit.n} desc`)
    .limit(1)
    .prepare();
  // Children before what they point at.
  const empty: Prepared[] = [...orgTables].reverse().map(({ table }) =>
    orm
      .delete(table)
      .where(sql`org_id = ${p('org')}`)
      .prepare(),
  );

  return {
    /**
     * Makes an org with the invitation of its first owner.
     *
     * @returns false when the id is taken
     */
    createOrg: (row: Org, invite: Invite, act: Act) =>
      db.write(function* () {
        if (yield* get(byId, { org: row.org_id })) return false;
        yield* run(insertOrg, row);
        yield* run(insertInvite, invite);
        const made = actRow(act, 'org.create', `org:${row.org_id}`, { depois: { nome: row.nome } });
        yield* writeAudit(row.org_id, made);
        yield* writeAudit(installationChain, made);
        return true;
      }),
    listOrgs: () => db.read(() => all(list)),
    everyOrg: () => db.read(() => all(everyOrg)),
    /** One act of the installation itself, such as an import. */
    appendInstallationAudit: (act: Act, acao: string, alvo: string, depois: unknown) =>
      db.write(() => writeAudit(installationChain, actRow(act, acao, alvo, { depois }))),
    /**
     * Deletes everything of an org; what is left is one row in the chain of the installation, with the head
     * of the chain that is gone.
     *
     * @returns `operador` when other orgs would be left without anybody who runs the installation
     */
    wipeOrg: (org: string, act: Act) =>
      db.write(function* () {
        if (!(yield* get(byId, { org }))) return 'nada' as const;
        const holders = (yield* all(operators)).map((row) => row.org);
        const others = (yield* all(everyOrg)).filter((row) => row.org !== org);
        if (others.length > 0 && holders.includes(org) && holders.every((holder) => holder === org))
          return 'operador' as const;
        const audit_linhas = (yield* get(auditRows, { org }))?.rows ?? 0;
        const audit_hash = (yield* get(auditHead, { org }))?.hash ?? null;
        for (const query of empty) yield* run(query, { org });
        const depois = { audit_linhas, audit_hash };
        yield* writeAudit(installationChain, actRow(act, 'org.wipe', `org:${org}`, { depois }));
        return 'feito' as const;
      }),
  };
}
