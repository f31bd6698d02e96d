/** A frasco's amounts as they are stored, in milligrams. */
export interface Amounts {
  readonly saldo_mg: number;
  readonly minimo_mg: number;
}

/** Below the minimum somebody has set; a frasco without one is never low. */
export const isLow = ({ saldo_mg, minimo_mg }: Amounts): boolean => minimo_mg > 0 && saldo_mg < minimo_mg;

/** True once per crossing: what makes `estoque:low`, so that a low frasco does not cry with every gram. */
export const crossedLow = (antes: Amounts, depois: Amounts): boolean => !isLow(antes) && isLow(depois);
