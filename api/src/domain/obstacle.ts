import { type ErrorCode, errorTable } from '@yaguts/shared';

/** What an org wants when the estoque does not hold enough. */
export const politicas = ['recusa', 'avisa', 'parcial'] as const;
export type EstoquePolitica = (typeof politicas)[number];

/** Codes that only warn; those that stand in the way are error codes. */
export type WarningCode = 'alergeno' | 'validade' | 'recontar';

/** What stands in the way of a job, or should be looked at before; the message names the number exceeded. */
export interface Obstacle {
  readonly code: ErrorCode | WarningCode;
  readonly message: string;
  readonly impede: boolean;
  readonly tempero?: string;
  readonly frasco?: number;
}

/** The error code a caller is refused with because of this obstacle. */
export function refusalCode(obstacle: Obstacle): ErrorCode {
  return obstacle.code in errorTable ? (obstacle.code as ErrorCode) : 'invalid';
}
