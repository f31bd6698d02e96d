import { and, asc, eq, gt, isNull, lte } from 'drizzle-orm';
import { type Act, actRow, auditWriter } from './audit.ts';
import type { User } from './identity.ts';
import type { Database } from './open.ts';
import { invites, orgs, users } from './schema/index.ts';
import { all, columns, get, p, run, wholeRow } from './transaction.ts';

export type Invite = typeof invites.$inferSelect;

/** Invitations to an org. A code works once; nobody can read it again. */
export function invitesStore(db: Database) {
  const { orm } = db;
  const writeAudit = auditWriter(orm);
  const isOpen = and(isNull(invites.usado_em), gt(invites.expira_em, p('now')));
  const here = and(eq(invites.org_id, p('org')), eq(invites.id, p('id')));
  const insert = orm.insert(invites).values(wholeRow(invites)).prepare();
  const openOnes = orm
    .select()
    .from(invites)
    .where(and(eq(invites.org_id, p('org')), isOpen))
    .orderBy(asc(invites.criado_em), asc(invites.id))
    .prepare();
  const byHash = orm
    .select({ invite: invites, org_nome: orgs.nome })
    .from(invites)
    .innerJoin(orgs, eq(orgs.org_id, invites.org_id))
    .where(and(eq(invites.hash, p('hash')), isOpen))
    .prepare();
  const remove = orm
    .delete(invites)
    .where(and(here, isNull(invites.usado_em)))
    .prepare();
  const markUsed = orm
    .update(invites)
    .set(columns(invites, 'usado_em', 'usado_por'))
    .where(here)
    .prepare();
  const removeOld = orm
    .delete(invites)
    .where(lte(invites.expira_em, p('now')))
    .prepare();
  const userById = orm
    .select({ user_id: users.user_id })
    .from(users)
    .where(eq(users.user_id, p('user')))
    .prepare();
  const insertUser = orm.insert(users).values(wholeRow(users)).prepare();

  return {
    createInvite: (row: Invite, act: Act) =>
      db.write(function* () {
        yield* run(insert, row);
        const { nome, role, permissoes, expira_em } = row;
        const depois = { nome, role, permissoes, expira_em };
        yield* writeAudit(row.org_id, actRow(act, 'invite.create', `invite:${row.id}`, { depois }));
      }),
    /** Those that nobody has accepted and that are still good. */
    listInvites: (org: string, now: number) => db.read(() => all(openOnes, { org, now })),
    /** The open invitation of a sealed code, with the name of its org. */
    findInvite: (hash: string, now: number) => db.read(() => get(byHash, { hash, now })),
    /** @returns whether there was such an invitation to take back */
    revokeInvite: (org: string, id: string, act: Act) =>
      db.write(function* () {
        if ((yield* run(remove, { org, id })) === 0) return false;
        yield* writeAudit(org, actRow(act, 'invite.revoke', `invite:${id}`));
        return true;
      }),
    /**
     * Makes the person of an invitation and uses it up, whoever comes first.
     *
     * @returns `codigo` when it is no longer open, `existe` when the user id is taken (the code stays good)
     */
    acceptInvite: (
      hash: string,
      person: Pick<User, 'user_id' | 'nome' | 'senha'>,
      at: { readonly now: number; readonly endereco: string },
    ) =>
      db.write(function* () {
        const found = yield* get(byHash, { hash, now: at.now });
        if (!found) return 'codigo' as const;
        const { org_id, id, role, permissoes, criado_por } = found.invite;
        const user = person.user_id;
        if (yield* get(userById, { user })) return 'existe' as const;
        const row: User = {
          ...{ org_id, role, permissoes, plataforma: false, idioma: null, desativado_em: null, versao: 1 },
          ...person,
          criado_em: at.now,
        };
        yield* run(insertUser, row);
        yield* run(markUsed, { org: org_id, id, usado_em: at.now, usado_por: user });
        const depois = { nome: person.nome, role, permissoes, convite: id, convidado_por: criado_por };
        const act = { em: at.now, quem: user, endereco: at.endereco };
        yield* writeAudit(org_id, actRow(act, 'user.create', `user:${user}`, { depois }));
        return 'feito' as const;
      }),
    /** Forgets invitations whose time is over. */
    sweepInvites: (now: number) => db.write(() => run(removeOld, { now })),
  };
}
