import { expect, test } from 'vitest';
import { budgetFaults, readBudget } from './budget.ts';
import { benches } from './registry.ts';
import { type Result, ratioTarget } from './result.ts';

const result = (ratio: number, notes?: string[]): Result => ({
  machine: {},
  targets: [ratioTarget('ours ÷ theirs', ratio, 3)],
  ...(notes && { notes }),
});

test('a ratio at its floor is within the budget, whatever its aim; one below it is named with both numbers', () => {
  expect(budgetFaults(result(0.5), { 'ours ÷ theirs': 0.5 })).toEqual([]);
  const [fault] = budgetFaults(result(0.49), { 'ours ÷ theirs': 0.5 });
  expect(fault).toBe('ours ÷ theirs: 0.49, and the budget asks for 0.5');
});

test('a figure that has gone is a fault, unless the run says that it has left something out', () => {
  expect(budgetFaults(result(1), { 'ours ÷ others': 0.5 })).toEqual([
    'the budget names "ours ÷ others", which was not measured',
  ]);
  expect(budgetFaults(result(1, ['Without mosquitto']), { 'ours ÷ others': 0.5 })).toEqual([]);
});

test('the budget names benches that there are, and floors above nothing', () => {
  const names = benches.map(({ name }) => name);
  for (const [name, floors] of Object.entries(readBudget())) {
    expect(names).toContain(name);
    for (const floor of Object.values(floors)) expect(floor).toBeGreaterThan(0);
  }
});
