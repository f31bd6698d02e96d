import * as v from 'valibot';
import { EpochMs, Id } from '../ids.ts';
import { permissions, roles } from '../permissions.ts';
import { Password } from './session.ts';

/** Bodies and answers about people: invitations, sessions, a forgotten password. */

export const PersonName = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(64));

/**
 * A person's own set of permissions instead of their role's; the empty list means: as the role. Owning the
 * org goes with the role `dono` alone, so that it cannot be left without one.
 */
export const PermissionSet = v.pipe(
  v.array(v.picklist(permissions)),
  v.check((set) => new Set(set).size === set.length, 'must name each permission once'),
  v.check((set) => !set.includes('org:own'), 'org:own goes with the role dono alone'),
);

/** The code of a link that lets somebody in once. */
export const LinkCode = v.pipe(v.string(), v.regex(/^[a-z0-9]{16,64}$/));

export const inviteLifeDays = { min: 1, max: 30, standard: 7 } as const;
export const InviteIn = v.object({
  /** Who is meant, for the list of those who have not come yet. */
  nome: PersonName,
  role: v.picklist(roles),
  permissoes: v.optional(PermissionSet, []),
  dias: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(inviteLifeDays.min), v.maxValue(inviteLifeDays.max)),
    inviteLifeDays.standard,
  ),
});
export type InviteIn = v.InferOutput<typeof InviteIn>;
export const InviteRow = v.object({
  id: v.string(),
  nome: v.string(),
  role: v.picklist(roles),
  permissoes: v.array(v.picklist(permissions)),
  criado_por: v.string(),
  criado_em: EpochMs,
  expira_em: EpochMs,
});
export type InviteRow = v.InferOutput<typeof InviteRow>;
/** `code` is shown once; the link is `/convite#code=…`. */
export const InviteCreated = v.object({ ...InviteRow.entries, code: v.string() });
export type InviteCreated = v.InferOutput<typeof InviteCreated>;

export const InviteLookIn = v.object({ code: LinkCode });
/** What somebody with a link sees before they accept. */
export const InviteLook = v.object({
  org_nome: v.string(),
  nome: v.string(),
  role: v.picklist(roles),
  expira_em: EpochMs,
});
export type InviteLook = v.InferOutput<typeof InviteLook>;
export const InviteAccept = v.object({ code: LinkCode, user: Id, nome: PersonName, password: Password });
export type InviteAccept = v.InferOutput<typeof InviteAccept>;

/** A new password in exchange for the one-time code of a reset link, `/nova-senha#code=…`. */
export const ResetIn = v.object({ code: LinkCode, password: Password });
export type ResetIn = v.InferOutput<typeof ResetIn>;

/** A browser session; `id` names it without being a secret. */
export const SessionRow = v.object({
  id: v.string(),
  criado_em: EpochMs,
  visto_em: EpochMs,
  expira_em: EpochMs,
  endereco: v.string(),
  agente: v.string(),
  /** The session that asks. */
  atual: v.boolean(),
});
export type SessionRow = v.InferOutput<typeof SessionRow>;
