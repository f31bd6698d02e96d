import { and, eq, isNull, lte, or } from 'drizzle-orm';
import { type Act, actRow, auditWriter } from './audit.ts';
import type { Database } from './open.ts';
import { mqttTokens, orgs, sessions, tokens, users } from './schema/index.ts';
import { all, columns, get, p, run, wholeRow } from './transaction.ts';

/** A person as a credential finds them: their rights, their org and its time zone. */
const person = {
  org_id: users.org_id,
  user_id: users.user_id,
  nome: users.nome,
  role: users.role,
  permissoes: users.permissoes,
  plataforma: users.plataforma,
  org_nome: orgs.nome,
  fuso: orgs.fuso,
};

/**
 * Browser sessions, their MQTT tokens, and personal tokens. Only seals of secrets are kept; a person who has
 * been disabled is found by none of them.
 */
export function sessionStore(db: Database) {
  const { orm } = db;
  const writeAudit = auditWriter(orm);
  const isEnabled = isNull(users.desativado_em);
  const insertSession = orm.insert(sessions).values(wholeRow(sessions)).prepare();
  const sessionById = orm
    .select({
      ...person,
      session_id: sessions.id,
      visto_em: sessions.visto_em,
      expira_em: sessions.expira_em,
    })
    .from(sessions)
    .innerJoin(users, and(eq(users.user_id, sessions.user_id), eq(users.org_id, sessions.org_id)))
    .innerJoin(orgs, eq(orgs.org_id, sessions.org_id))
    .where(and(eq(sessions.id, p('id')), isEnabled))
    .prepare();
  const touch = orm
    .update(sessions)
    .set(columns(sessions, 'visto_em'))
    .where(eq(sessions.id, p('id')))
    .prepare();
  const deleteSession = orm
    .delete(sessions)
    .where(and(eq(sessions.org_id, p('org')), eq(sessions.id, p('id'))))
    .prepare();
  const ended = or(lte(sessions.expira_em, p('now')), lte(sessions.visto_em, p('idleSince')));
  const endedSessions = orm.select({ id: sessions.id }).from(sessions).where(ended).prepare();
  const deleteEnded = orm.delete(sessions).where(ended).prepare();

  const insertMqttToken = orm.insert(mqttTokens).values(wholeRow(mqttTokens)).prepare();
  const mqttTokenByHash = orm
    .select({
      ...person,
      session_id: sessions.id,
      hash: mqttTokens.hash,
      token_expira_em: mqttTokens.expira_em,
      visto_em: sessions.visto_em,
      expira_em: sessions.expira_em,
    })
    .from(mqttTokens)
    .innerJoin(sessions, eq(sessions.id, mqttTokens.session_id))
    .innerJoin(users, and(eq(users.user_id, sessions.user_id), eq(users.org_id, sessions.org_id)))
    .innerJoin(orgs, eq(orgs.org_id, sessions.org_id))
    .where(and(eq(mqttTokens.hash, p('hash')), isEnabled))
    .prepare();
  const deleteOldMqttTokens = orm
    .delete(mqttTokens)
    .where(lte(mqttTokens.expira_em, p('now')))
    .prepare();

  const insertToken = orm.insert(tokens).values(wholeRow(tokens)).prepare();
  const tokenByHmac = orm
    .select({
      ...person,
      token_id: tokens.id,
      hmac: tokens.hmac,
      escopo: tokens.permissoes,
      usado_em: tokens.usado_em,
      expira_em: tokens.expira_em,
    })
    .from(tokens)
    .innerJoin(users, and(eq(users.user_id, tokens.user_id), eq(users.org_id, tokens.org_id)))
    .innerJoin(orgs, eq(orgs.org_id, tokens.org_id))
    .where(and(eq(tokens.hmac, p('hmac')), isNull(tokens.revogado_em), isEnabled))
    .prepare();
  const tokensOfUser = orm
    .select({
      id: tokens.id,
      nome: tokens.nome,
      criado_em: tokens.criado_em,
      usado_em: tokens.usado_em,
      expira_em: tokens.expira_em,
      permissoes: tokens.permissoes,
    })
    .from(tokens)
    .where(and(eq(tokens.org_id, p('org')), eq(tokens.user_id, p('user')), isNull(tokens.revogado_em)))
    .orderBy(tokens.criado_em, tokens.id)
    .prepare();
  const endedTokens = orm
    .select({ id: tokens.id })
    .from(tokens)
    .where(and(lte(tokens.expira_em, p('now')), isNull(tokens.revogado_em)))
    .prepare();
  const markToken = orm
    .update(tokens)
    .set(columns(tokens, 'usado_em'))
    .where(and(eq(tokens.org_id, p('org')), eq(tokens.id, p('id'))))
    .prepare();
  const revoke = orm
    .update(tokens)
    .set(columns(tokens, 'revogado_em'))
    .where(
      and(
        eq(tokens.org_id, p('org')),
        eq(tokens.user_id, p('user')),
        eq(tokens.id, p('id')),
        isNull(tokens.revogado_em),
      ),
    )
    .prepare();

  return {
    createSession: (row: typeof sessions.$inferSelect) => db.write(() => run(insertSession, row)),
    /** The session of a sealed cookie, whether or not it has expired. */
    findSession: (id: string) => db.read(() => get(sessionById, { id })),
    touchSession: (id: string, visto_em: number) => db.write(() => run(touch, { id, visto_em })),
    endSession: (org: string, id: string) => db.write(() => run(deleteSession, { org, id })),
    /** Deletes what has expired; answers the sessions that ended. */
    sweepSessions: (now: number, idleSince: number) =>
      db.write(function* () {
        const gone = yield* all(endedSessions, { now, idleSince });
        if (gone.length > 0) yield* run(deleteEnded, { now, idleSince });
        yield* run(deleteOldMqttTokens, { now });
        return gone.map((row) => row.id);
      }),

    createMqttToken: (row: typeof mqttTokens.$inferSelect) => db.write(() => run(insertMqttToken, row)),
    findMqttToken: (hash: string) => db.read(() => get(mqttTokenByHash, { hash })),

    createToken: (row: typeof tokens.$inferSelect, act: Act) =>
      db.write(function* () {
        yield* run(insertToken, row);
        const { id, nome, expira_em, permissoes } = row;
        yield* writeAudit(
          row.org_id,
          actRow(act, 'token.issue', `token:${id}`, { depois: { nome, expira_em, permissoes } }),
        );
      }),
    findToken: (hmac: string) => db.read(() => get(tokenByHmac, { hmac })),
    listTokens: (org: string, user: string) => db.read(() => all(tokensOfUser, { org, user })),
    /** Ids of the personal tokens of every org whose time is over. */
    endedTokens: (now: number) =>
      db.read(function* () {
        return (yield* all(endedTokens, { now })).map((row) => row.id);
      }),
    markTokenUsed: (org: string, id: string, usado_em: number) =>
      db.write(() => run(markToken, { org, id, usado_em })),
    /** @returns whether there was such a token of this person */
    revokeToken: (org: string, user: string, id: string, act: Act) =>
      db.write(function* () {
        if ((yield* run(revoke, { org, user, id, revogado_em: act.em })) === 0) return false;
        yield* writeAudit(org, actRow(act, 'token.revoke', `token:${id}`));
        return true;
      }),
  };
}
export type SessionStore = ReturnType<typeof sessionStore>;
