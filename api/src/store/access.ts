import { and, desc, eq, gt, isNull } from 'drizzle-orm';
import { type Act, actRow, auditWriter } from './audit.ts';
import type { Database } from './open.ts';
import { codes, sessions, users } from './schema/index.ts';
import { all, columns, get, p, run, sqlPlusOne, wholeRow } from './transaction.ts';

/** Ways in that a person or their admin looks at and closes: sessions, reset codes, ownership. */
export function accessStore(db: Database) {
  const { orm } = db;
  const writeAudit = auditWriter(orm);
  const ofUser = and(eq(sessions.org_id, p('org')), eq(sessions.user_id, p('user')));
  const sessionsOf = orm
    .select()
    .from(sessions)
    .where(and(ofUser, gt(sessions.expira_em, p('now')), gt(sessions.visto_em, p('idleSince'))))
    .orderBy(desc(sessions.visto_em), sessions.id)
    .prepare();
  const endOne = orm
    .delete(sessions)
    .where(and(ofUser, eq(sessions.id, p('id'))))
    .prepare();
  const endAll = orm.delete(sessions).where(ofUser).prepare();

  const isOpenReset = and(
    eq(codes.hash, p('hash')),
    eq(codes.tipo, 'reset'),
    isNull(codes.usado_em),
    gt(codes.expira_em, p('now')),
  );
  const resetCode = orm.select().from(codes).where(isOpenReset).prepare();
  const insertCode = orm.insert(codes).values(wholeRow(codes)).prepare();
  const dropResets = orm
    .delete(codes)
    .where(and(eq(codes.tipo, 'reset'), eq(codes.user_id, p('user'))))
    .prepare();
  const here = and(eq(users.org_id, p('org')), eq(users.user_id, p('user')));
  const enabled = orm
    .select()
    .from(users)
    .where(and(here, isNull(users.desativado_em)))
    .prepare();
  const setPassword = orm
    .update(users)
    .set({ ...columns(users, 'senha'), versao: sqlPlusOne(users.versao) })
    .where(here)
    .prepare();
  const setRole = orm
    .update(users)
    .set({ ...columns(users, 'role', 'permissoes'), versao: sqlPlusOne(users.versao) })
    .where(here)
    .prepare();

  return {
    /** Live browser sessions of a person, the one used last first. */
    listSessions: (org: string, user: string, now: number, idleSince: number) =>
      db.read(() => all(sessionsOf, { org, user, now, idleSince })),
    /**
     * Ends sessions of a person: the one named, or all.
     *
     * @returns how many there were
     */
    endSessionsOf: (org: string, user: string, id: string | undefined, act: Act) =>
      db.write(function* () {
        const gone =
          id === undefined ? yield* run(endAll, { org, user }) : yield* run(endOne, { org, user, id });
        if (gone > 0)
          yield* writeAudit(org, actRow(act, 'session.end', `user:${user}`, { depois: { sessoes: gone } }));
        return gone;
      }),

    /** Stores a reset code; one made before for the same person is no longer good. */
    createResetCode: (row: typeof codes.$inferSelect & { user_id: string }, act: Act) =>
      db.write(function* () {
        yield* run(dropResets, { user: row.user_id });
        yield* run(insertCode, row);
        yield* writeAudit(row.org_id, actRow(act, 'password-reset.issue', `user:${row.user_id}`));
      }),
    /** Whose reset code this is, while it is good. */
    findResetCode: (hash: string, now: number) =>
      db.read(function* () {
        const code = yield* get(resetCode, { hash, now });
        return code?.user_id ? yield* get(enabled, { org: code.org_id, user: code.user_id }) : undefined;
      }),
    /**
     * Uses a reset code up: the password changes and every session of the person ends.
     *
     * @returns undefined when the code is no longer good
     */
    resetPassword: (hash: string, senha: string, at: { readonly now: number; readonly endereco: string }) =>
      db.write(function* () {
        const code = yield* get(resetCode, { hash, now: at.now });
        const user = code?.user_id;
        if (!code || !user || !(yield* get(enabled, { org: code.org_id, user }))) return undefined;
        const org = code.org_id;
        yield* run(setPassword, { org, user, senha });
        yield* run(dropResets, { user });
        yield* run(endAll, { org, user });
        const act = { em: at.now, quem: user, endereco: at.endereco };
        yield* writeAudit(org, actRow(act, 'password-reset.use', `user:${user}`));
        return { org, user };
      }),

    /**
     * Makes another person the owner; the one who hands over becomes `admin`.
     *
     * @returns false when there is no such enabled person of this org
     */
    transferOwnership: (org: string, to: string, act: Act) =>
      db.write(function* () {
        const from = yield* get(enabled, { org, user: act.quem });
        const heir = yield* get(enabled, { org, user: to });
        if (!from || !heir || from.user_id === to) return false;
        yield* run(setRole, { org, user: to, role: 'dono', permissoes: [] });
        yield* run(setRole, { org, user: act.quem, role: 'admin', permissoes: [] });
        for (const user of [to, act.quem]) yield* run(endAll, { org, user });
        yield* writeAudit(
          org,
          actRow(act, 'org.transfer', `user:${to}`, {
            antes: { dono: act.quem, role: heir.role },
            depois: { dono: to },
          }),
        );
        return true;
      }),
  };
}
