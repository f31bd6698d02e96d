import type { Random } from './random.ts';

/** Values that no schema wants, in the place of those that it does. */
export const rubbish: readonly unknown[] = [
  ...[null, true, -1, 0, 1.5, 1e308, '', '\u0000', '💥'.repeat(300), [], {}, [[[[[]]]]], '__proto__'],
  ...['9'.repeat(40), Number.MAX_SAFE_INTEGER, { toString: 1 }, 'done\n', -0],
];

/** A document with one to three of its fields, at any depth, taken away or replaced by what no schema wants. */
export function spoil(document: object, chance: Random): Record<string, unknown> {
  const spoilt = structuredClone(document) as Record<string, unknown>;
  for (let changes = chance.between(1, 3); changes > 0; changes--) {
    let at = spoilt;
    let field = '';
    for (;;) {
      const fields = Object.keys(at);
      if (fields.length === 0) return spoilt;
      field = chance.pick(fields);
      const inside = at[field];
      if (typeof inside !== 'object' || inside === null || chance.chance(0.3)) break;
      if (Object.keys(inside).length === 0) break;
      at = inside as Record<string, unknown>;
    }
    if (chance.chance(0.3)) delete at[field];
    else at[field] = structuredClone(chance.pick(rubbish));
  }
  return spoilt;
}
