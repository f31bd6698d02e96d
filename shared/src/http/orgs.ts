import * as v from 'valibot';
import { EpochMs, Gramas, Id, OrgId } from '../ids.ts';
import { limits } from '../limits.ts';
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

/** `PUT /api/org/approval`: what makes a job wait for approval whoever orders it, and who may decide. */
export const ApprovalLimitsIn = v.object({
  /** Jobs of more grams than this wait; null for no such limit. */
  acima_g: v.nullable(v.pipe(Gramas, v.minValue(0.001))),
  acima_multiplicador: v.nullable(v.pipe(v.number(), v.minValue(0.001), v.maxValue(limits.maxMultiplicador))),
  /** Jobs with a tempero of one of these allergens wait. */
  alergenos: v.pipe(v.array(v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(32))), v.maxLength(20)),
  /** Whether an approver may approve what they have ordered themselves; left out, it stays as it is. */
  proprios: v.optional(v.boolean()),
});
export const ApprovalLimits = v.object({ ...ApprovalLimitsIn.entries, proprios: v.boolean() });
export type ApprovalLimits = v.InferOutput<typeof ApprovalLimits>;

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
