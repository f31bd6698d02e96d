import type { Permission, Role } from '@yaguts/shared';
import {
  epochMs,
  flag,
  foreignKey,
  index,
  int,
  json,
  primaryKey,
  table,
  text,
  uniqueIndex,
} from '../columns.ts';
import { devices } from './devices.ts';
import { orgs } from './orgs.ts';

/** People: unique per installation, each belonging to one org. */
export const users = table(
  'users',
  {
    org_id: text('org_id')
      .notNull()
      .references(() => orgs.org_id, { onDelete: 'cascade' }),
    user_id: text('user_id').primaryKey(),
    nome: text('nome').notNull(),
    role: text('role').$type<Role>().notNull(),
    /** Instead of the role's own set; the empty list means: as the role. */
    permissoes: json<readonly Permission[]>('permissoes').notNull(),
    plataforma: flag('plataforma').notNull().default(false),
    /** scrypt with its parameters; null for a person who has not chosen one yet. */
    senha: text('senha'),
    idioma: text('idioma'),
    criado_em: epochMs('criado_em').notNull(),
    desativado_em: epochMs('desativado_em'),
    versao: int('versao').notNull().default(1),
  },
  (t) => [uniqueIndex('users_org').on(t.org_id, t.user_id)],
);

/** Browser sessions by the hash of their cookie. */
export const sessions = table(
  'sessions',
  {
    org_id: text('org_id').notNull(),
    id: text('id').primaryKey(),
    user_id: text('user_id')
      .notNull()
      .references(() => users.user_id, { onDelete: 'cascade' }),
    criado_em: epochMs('criado_em').notNull(),
    visto_em: epochMs('visto_em').notNull(),
    expira_em: epochMs('expira_em').notNull(),
    endereco: text('endereco').notNull().default(''),
    agente: text('agente').notNull().default(''),
  },
  (t) => [index('sessions_user').on(t.org_id, t.user_id), index('sessions_expira').on(t.expira_em)],
);

/** Short-lived MQTT passwords of browser sessions, by hash. */
export const mqttTokens = table(
  'mqtt_tokens',
  {
    org_id: text('org_id').notNull(),
    hash: text('hash').primaryKey(),
    session_id: text('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    user_id: text('user_id').notNull(),
    expira_em: epochMs('expira_em').notNull(),
  },
  (t) => [index('mqtt_tokens_expira').on(t.expira_em)],
);

/** Personal access tokens, by HMAC. */
export const tokens = table(
  'tokens',
  {
    org_id: text('org_id').notNull(),
    id: text('id').notNull(),
    user_id: text('user_id')
      .notNull()
      .references(() => users.user_id, { onDelete: 'cascade' }),
    nome: text('nome').notNull(),
    hmac: text('hmac').notNull(),
    /** What of the person's rights it carries; the empty list means: all of them, as they are at each use. */
    permissoes: json<readonly Permission[]>('permissoes').notNull().default([]),
    criado_em: epochMs('criado_em').notNull(),
    usado_em: epochMs('usado_em'),
    expira_em: epochMs('expira_em'),
    revogado_em: epochMs('revogado_em'),
  },
  (t) => [primaryKey({ columns: [t.org_id, t.id] }), uniqueIndex('tokens_hmac').on(t.hmac)],
);

/** Failed logins per account and per address. */
export const loginAttempts = table('login_attempts', {
  chave: text('chave').primaryKey(),
  falhas: int('falhas').notNull(),
  proxima_em: epochMs('proxima_em').notNull(),
  ultima_em: epochMs('ultima_em').notNull(),
});

/** One-time codes by hash: first run, login link, a password forgotten, claim of a device. */
export const codes = table(
  'codes',
  {
    hash: text('hash').primaryKey(),
    tipo: text('tipo', { enum: ['setup', 'login', 'claim', 'reset'] }).notNull(),
    org_id: text('org_id').notNull().default(''),
    user_id: text('user_id'),
    device: text('device'),
    tentativas: int('tentativas').notNull().default(0),
    criado_em: epochMs('criado_em').notNull(),
    expira_em: epochMs('expira_em').notNull(),
    usado_em: epochMs('usado_em'),
  },
  (t) => [index('codes_tipo').on(t.tipo)],
);

/** Invitations to an org, by the hash of the code in their link; each lets one person in. */
export const invites = table(
  'invites',
  {
    org_id: text('org_id')
      .notNull()
      .references(() => orgs.org_id, { onDelete: 'cascade' }),
    id: text('id').notNull(),
    hash: text('hash').notNull(),
    /** Who is meant, for the list; whoever accepts writes their own name. */
    nome: text('nome').notNull(),
    role: text('role').$type<Role>().notNull(),
    permissoes: json<readonly Permission[]>('permissoes').notNull(),
    criado_por: text('criado_por').notNull(),
    criado_em: epochMs('criado_em').notNull(),
    expira_em: epochMs('expira_em').notNull(),
    usado_em: epochMs('usado_em'),
    usado_por: text('usado_por'),
  },
  (t) => [primaryKey({ columns: [t.org_id, t.id] }), uniqueIndex('invites_hash').on(t.hash)],
);

/** Secrets of devices, by HMAC. Two may be valid at once while one is being replaced. */
export const deviceCredentials = table(
  'device_credentials',
  {
    org_id: text('org_id').notNull(),
    device: text('device').notNull(),
    id: text('id').notNull(),
    hmac: text('hmac').notNull(),
    criado_em: epochMs('criado_em').notNull(),
    usado_em: epochMs('usado_em'),
    revogado_em: epochMs('revogado_em'),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.device, t.id] }),
    uniqueIndex('device_credentials_hmac').on(t.hmac),
    foreignKey({ columns: [t.org_id, t.device], foreignColumns: [devices.org_id, devices.device] }).onDelete(
      'cascade',
    ),
  ],
);
