import type { Permission, Role } from '@yaguts/shared';
import { and, asc, eq, isNull } from 'drizzle-orm';
import { accessStore } from './access.ts';
import { type Act, auditWriter } from './audit.ts';
import { credentialStore } from './credentials.ts';
import type { Database } from './open.ts';
import { operatorsStore } from './operators.ts';
import { codes, orgs, sessions, users } from './schema/index.ts';
import { sessionStore } from './sessions.ts';
import { all, columns, get, p, run, wholeRow } from './transaction.ts';

export type Org = typeof orgs.$inferSelect;
export type User = typeof users.$inferSelect;
/** A person as lists show them: never with the password. */
export type Person = Omit<User, 'senha' | 'org_id'>;

/** What first-run setup stores, all of it or nothing. */
export interface Setup {
  readonly codeHash: string;
  readonly org: Org;
  readonly user: User;
  readonly endereco: string;
}
/** Why a setup was refused, or `feito`. */
export type SetupResult = 'feito' | 'ja_feito' | 'codigo';

export interface UserPatch {
  readonly nome?: string;
  readonly role?: Role;
  readonly permissoes?: readonly Permission[];
  readonly senha?: string;
  readonly desativado_em?: number | null;
}
export type OrgPatch = Partial<Omit<Org, 'org_id' | 'criado_em' | 'importando_desde'>>;

/** Tries of the first-run code. */
const setupTries = 5;

export interface PeopleStore {
  hasAccount(): Promise<boolean>;
  setUp(setup: Setup): Promise<SetupResult>;
  /** By user id, which is unique over all orgs; login knows no org yet. */
  findUser(user: string): Promise<User | undefined>;
  listUsers(org: string): Promise<Person[]>;
  /** @returns false when the id is taken, in this org or another */
  createUser(row: User, act: Omit<Act, 'em'>): Promise<boolean>;
  /**
   * Changes a person; a new password, other rights or being disabled ends their sessions.
   *
   * @returns `feito`; `nada` when the org has no such person; `ultimo_dono` when the org would lose its last owner,
   *   `ultimo_operador` when nobody would be left to run the installation
   */
  changeUser(
    org: string,
    user: string,
    patch: UserPatch,
    act: Act,
  ): Promise<'feito' | 'nada' | 'ultimo_dono' | 'ultimo_operador'>;
  /** The same password at another cost: nothing that anybody would notice. */
  replaceHash(user: string, senha: string): Promise<void>;
  findOrg(org: string): Promise<Org | undefined>;
  changeOrg(org: string, patch: OrgPatch, act: Act): Promise<Org | undefined>;
}

/** People and their org, with the setup that makes the first of both. */
function peopleStore(db: Database): PeopleStore {
  const { orm } = db;
  const writeAudit = auditWriter(orm);
  const here = and(eq(users.org_id, p('org')), eq(users.user_id, p('user')));
  const q = {
    anyUser: orm.select({ user_id: users.user_id }).from(users).limit(1).prepare(),
    userById: orm
      .select()
      .from(users)
      .where(eq(users.user_id, p('user')))
      .prepare(),
    userOfOrg: orm.select().from(users).where(here).prepare(),
    usersOfOrg: orm
      .select()
      .from(users)
      .where(eq(users.org_id, p('org')))
      .orderBy(asc(users.user_id))
      .prepare(),
    owners: orm
      .select({ user_id: users.user_id })
      .from(users)
      .where(and(eq(users.org_id, p('org')), eq(users.role, 'dono'), isNull(users.desativado_em)))
      .prepare(),
    operators: orm
      .select({ user_id: users.user_id })
      .from(users)
      .where(and(eq(users.plataforma, true), isNull(users.desativado_em)))
      .prepare(),
    insertUser: orm.insert(users).values(wholeRow(users)).prepare(),
    updateUser: orm
      .update(users)
      .set(columns(users, 'nome', 'role', 'permissoes', 'senha', 'desativado_em', 'versao'))
      .where(here)
      .prepare(),
    replaceHash: orm
      .update(users)
      .set(columns(users, 'senha'))
      .where(eq(users.user_id, p('user')))
      .prepare(),
    endSessions: orm
      .delete(sessions)
      .where(and(eq(sessions.org_id, p('org')), eq(sessions.user_id, p('user'))))
      .prepare(),
    orgById: orm
      .select()
      .from(orgs)
      .where(eq(orgs.org_id, p('org')))
      .prepare(),
    insertOrg: orm.insert(orgs).values(wholeRow(orgs)).prepare(),
    updateOrg: orm
      .update(orgs)
      .set(
        columns(
          orgs,
          'nome',
          'fuso',
          'idioma',
          'limite_multiplicador_milesimos',
          'limite_mg',
          'politica_estoque',
          'regra_aprovacao',
          'retencao_dias',
          'retencao_avisos_dias',
          'retencao_comandos_dias',
          'retencao_rejeitadas_dias',
          'retencao_auditoria_dias',
        ),
      )
      .where(eq(orgs.org_id, p('org')))
      .prepare(),
    setupCode: orm.select().from(codes).where(eq(codes.tipo, 'setup')).prepare(),
    countTry: orm
      .update(codes)
      .set(columns(codes, 'tentativas'))
      .where(eq(codes.hash, p('hash')))
      .prepare(),
    dropSetupCodes: orm.delete(codes).where(eq(codes.tipo, 'setup')).prepare(),
  };

  return {
    hasAccount: async () => (await db.read(() => get(q.anyUser))) !== undefined,
    setUp: ({ codeHash, org, user, endereco }) =>
      db.write(function* () {
        if (yield* get(q.anyUser)) return 'ja_feito';
        const code = yield* get(q.setupCode);
        if (!code || code.expira_em <= org.criado_em || code.tentativas >= setupTries) return 'codigo';
        if (code.hash !== codeHash) {
          yield* run(q.countTry, { hash: code.hash, tentativas: code.tentativas + 1 });
          return 'codigo';
        }
        yield* run(q.insertOrg, org);
        yield* run(q.insertUser, user);
        yield* run(q.dropSetupCodes);
        yield* writeAudit(org.org_id, {
          em: org.criado_em,
          quem: user.user_id,
          acao: 'org.setup',
          alvo: `org:${org.org_id}`,
          endereco,
        });
        return 'feito';
      }),

    findUser: (user) => db.read(() => get(q.userById, { user })),
    listUsers: (org) =>
      db.read(function* () {
        return (yield* all(q.usersOfOrg, { org })).map(({ senha, org_id, ...person }) => person);
      }),
    createUser: (row, act) =>
      db.write(function* () {
        if (yield* get(q.userById, { user: row.user_id })) return false;
        yield* run(q.insertUser, row);
        yield* writeAudit(row.org_id, {
          ...act,
          em: row.criado_em,
          acao: 'user.create',
          alvo: `user:${row.user_id}`,
          depois: { nome: row.nome, role: row.role, permissoes: row.permissoes },
        });
        return true;
      }),
    changeUser: (org, user, patch, act) =>
      db.write(function* () {
        const before = yield* get(q.userOfOrg, { org, user });
        if (!before) return 'nada';
        const after = { ...before, ...patch, versao: before.versao + 1 };
        const isOwner = after.role === 'dono' && after.desativado_em === null;
        const owners = yield* all(q.owners, { org });
        if (!isOwner && owners.every((owner) => owner.user_id === user)) return 'ultimo_dono';
        const leavesOffice =
          before.plataforma && before.desativado_em === null && after.desativado_em !== null;
        if (leavesOffice && (yield* all(q.operators)).every((one) => one.user_id === user))
          return 'ultimo_operador';
        yield* run(q.updateUser, { org, user, ...after });
        const isOnlyName = Object.keys(patch).every((key) => key === 'nome');
        if (!isOnlyName) yield* run(q.endSessions, { org, user });
        const shown = ({ nome, role, permissoes, desativado_em }: User) => ({
          nome,
          role,
          permissoes,
          desativado_em,
        });
        yield* writeAudit(org, {
          ...act,
          acao: 'user.change',
          alvo: `user:${user}`,
          antes: shown(before),
          depois: { ...shown(after), ...(patch.senha ? { senha: 'nova' } : {}) },
        });
        return 'feito';
      }),

    replaceHash: async (user, senha) => {
      await db.write(() => run(q.replaceHash, { user, senha }));
    },
    findOrg: (org) => db.read(() => get(q.orgById, { org })),
    changeOrg: (org, patch, act) =>
      db.write(function* () {
        const before = yield* get(q.orgById, { org });
        if (!before) return undefined;
        const after: Org = { ...before, ...patch };
        yield* run(q.updateOrg, { org, ...after });
        yield* writeAudit(org, {
          ...act,
          acao: 'org.change',
          alvo: `org:${org}`,
          antes: before,
          depois: after,
        });
        return after;
      }),
  };
}

/** Everything about who somebody is: people, those who run the installation, invitations, sessions, tokens, credentials, codes, login attempts. */
export function identityStore(db: Database) {
  return {
    ...peopleStore(db),
    ...sessionStore(db),
    ...accessStore(db),
    ...credentialStore(db),
    ...operatorsStore(db),
  };
}
export type IdentityStore = ReturnType<typeof identityStore>;
