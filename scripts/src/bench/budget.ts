import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../root.ts';
import { readable } from './figures.ts';
import type { Result } from './result.ts';

/** Floors of ratios, by the name of the figure; far below what is measured, so that a busy machine keeps them. */
export type Floors = Readonly<Record<string, number>>;

/** budget.json: the floors of each bench, by its name. */
export const readBudget = (): Readonly<Record<string, Floors>> =>
  JSON.parse(readFileSync(join(root, 'scripts', 'src', 'bench', 'budget.json'), 'utf8'));

/**
 * Holds a result to its floors.
 *
 * @returns one sentence for each figure below its floor, or not there although the run has left nothing out
 */
export function budgetFaults({ targets, notes = [] }: Result, floors: Floors = {}): string[] {
  return Object.entries(floors).flatMap(([name, floor]) => {
    const ratio = targets.find((it) => it.name === name)?.ratio;
    if (ratio === undefined)
      return notes.length > 0 ? [] : [`the budget names "${name}", which was not measured`];
    return ratio >= floor ? [] : [`${name}: ${readable(ratio)}, and the budget asks for ${readable(floor)}`];
  });
}
