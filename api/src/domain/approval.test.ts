import { expect, test } from 'vitest';
import { type ApprovalLimits, approvalReasons, mayApprove, type Ordered } from './approval.ts';

const none: ApprovalLimits = { acimaMg: null, acimaMilesimos: null, alergenos: [], proprios: false };
const small: Ordered = { direct: false, totalMg: 5_000, milesimos: 1_000, alergenos: [] };

test('without a rule nothing waits', () => {
  expect(approvalReasons('ninguem', none, small)).toEqual([]);
});

test('"solicitantes" holds whoever may not order directly, "todos" holds everybody', () => {
  expect(approvalReasons('solicitantes', none, small)).toEqual(['solicitante']);
  expect(approvalReasons('solicitantes', none, { ...small, direct: true })).toEqual([]);
  expect(approvalReasons('todos', none, { ...small, direct: true })).toEqual(['todos']);
});

test('a job above the limit waits whoever orders it; one at the limit does not', () => {
  const limits = { ...none, acimaMg: 5_000, acimaMilesimos: 2_000 };
  expect(approvalReasons('ninguem', limits, { ...small, direct: true })).toEqual([]);
  expect(approvalReasons('ninguem', limits, { ...small, direct: true, totalMg: 5_001 })).toEqual(['gramas']);
  expect(approvalReasons('ninguem', limits, { ...small, milesimos: 2_001 })).toEqual(['multiplicador']);
});

test('an allergen holds a job however its name is written, and every reason is told', () => {
  const limits = { ...none, acimaMg: 1_000, alergenos: ['Glúten'] };
  const job = { ...small, alergenos: ['gluten', 'soja'] };
  expect(approvalReasons('solicitantes', limits, job)).toEqual(['solicitante', 'gramas', 'alergenos']);
  expect(approvalReasons('ninguem', { ...none, alergenos: ['leite'] }, job)).toEqual([]);
});

test('nobody approves what they have ordered, unless the rules of the org say so', () => {
  const order = { criado_por: 'ana' };
  expect(mayApprove(none, order, 'ana')).toBe(false);
  expect(mayApprove(none, order, 'bia')).toBe(true);
  expect(mayApprove({ ...none, proprios: true }, order, 'ana')).toBe(true);
});
