import * as v from 'valibot';
import { EpochMs, Id, OrgId } from '../ids.ts';
import { permissions, roles } from '../permissions.ts';

/** Bodies and answers of session, setup, people and tokens. */

/** Length is what counts; 128 characters bound the cost of hashing. */
export const Password = v.pipe(v.string(), v.minLength(10, 'use at least 10 characters'), v.maxLength(128));
const displayName = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(64));

export const LoginIn = v.object({ user: Id, password: v.pipe(v.string(), v.minLength(1), v.maxLength(128)) });
export type LoginIn = v.InferOutput<typeof LoginIn>;

/** The demo's one-time login link carries such a code. */
export const LoginCodeIn = v.object({ code: v.pipe(v.string(), v.regex(/^[a-z0-9]{16,64}$/)) });

export const SetupIn = v.object({
  code: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(64)),
  org: OrgId,
  org_nome: displayName,
  user: Id,
  nome: displayName,
  password: Password,
  fuso: v.optional(v.pipe(v.string(), v.maxLength(64)), 'America/Sao_Paulo'),
});
export type SetupIn = v.InferOutput<typeof SetupIn>;

export const SetupStatus = v.object({ needed: v.boolean() });

export const SessionOut = v.object({
  user: Id,
  nome: v.string(),
  org: Id,
  org_nome: v.string(),
  fuso: v.string(),
  role: v.picklist(roles),
  permissions: v.array(v.picklist(permissions)),
  plataforma: v.boolean(),
  version: v.string(),
  /** The simulator page and the test routes exist. */
  development: v.boolean(),
});
export type SessionOut = v.InferOutput<typeof SessionOut>;

/** `url` is the path of MQTT over WebSocket on this origin; the token goes into CONNECT, never into a URL. */
export const MqttTokenOut = v.object({
  token: v.string(),
  expires_at: EpochMs,
  url: v.string(),
  username: v.string(),
});
export type MqttTokenOut = v.InferOutput<typeof MqttTokenOut>;

export const TokenIn = v.object({
  nome: displayName,
  expira_em: v.optional(v.nullable(EpochMs), null),
  /** What of the person's rights it carries; the empty list means: all of them, as they are at each use. */
  permissoes: v.optional(v.array(v.picklist(permissions)), []),
});
export const TokenRow = v.object({
  id: v.string(),
  nome: v.string(),
  criado_em: EpochMs,
  usado_em: v.nullable(EpochMs),
  expira_em: v.nullable(EpochMs),
  permissoes: v.array(v.picklist(permissions)),
});
/** `token` is shown once; `username` is what MQTT clients send beside it. */
export const TokenCreated = v.object({ ...TokenRow.entries, token: v.string(), username: v.string() });
export type TokenIn = v.InferOutput<typeof TokenIn>;
export type TokenRow = v.InferOutput<typeof TokenRow>;
export type TokenCreated = v.InferOutput<typeof TokenCreated>;
