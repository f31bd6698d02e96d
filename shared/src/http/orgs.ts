import * as v from 'valibot';
import { EpochMs, Id, OrgId } from '../ids.ts';
import { PersonName } from './people.ts';

/** Bodies and answers about organisations as wholes. */

/** A new org, and the name of whom its first invitation is for. */
export const OrgIn = v.object({
  org: OrgId,
  nome: PersonName,
  dono: PersonName,
  fuso: v.optional(v.pipe(v.string(), v.maxLength(64)), 'America/Sao_Paulo'),
});
export type OrgIn = v.InferOutput<typeof OrgIn>;
/** The code opens `/convite#code=…` once, for the owner. */
export const OrgCreated = v.object({ org: Id, nome: v.string(), code: v.string(), expira_em: EpochMs });
export type OrgCreated = v.InferOutput<typeof OrgCreated>;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const OrgRow = v.object({
  org: Id,
  nome: v.string(),
  criado_em: EpochMs,
  pessoas: count,
  dispensadores: count,
});
export type OrgRow = v.InferOutput<typeof OrgRow>;

/** Somebody who runs the installation, and the org they belong to. */
export const OperatorRow = v.object({ user: Id, nome: v.string(), org: Id });
export type OperatorRow = v.InferOutput<typeof OperatorRow>;

/** The id of the org, typed by whoever wipes it. */
export const WipeIn = v.object({ confirmacao: v.pipe(v.string(), v.maxLength(64)) });
export const TransferIn = v.object({ user: Id });

/** `usuarios` names people whose user id was taken: their new one. */
export const ImportOut = v.object({
  org: Id,
  linhas: count,
  usuarios: v.record(v.string(), v.string()),
});
export type ImportOut = v.InferOutput<typeof ImportOut>;
