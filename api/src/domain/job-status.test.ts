import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countOutcomes, finalStatus, isTerminal, type Outcome, wasStopped } from './job-status.ts';

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constant<Outcome>({ status: 'done', error: null }),
  fc
    .constantFrom(
      'timeout',
      'rele: stuck',
      'cancelado',
      'cancelado by the panel',
      'expirado',
      'strange words',
    )
    .map((error): Outcome => ({ status: 'failed', error })),
);

test('the status of a job follows from the set of its outcomes, not from their order', () => {
  fc.assert(
    fc.property(fc.array(outcome, { minLength: 1, maxLength: 24 }), fc.integer(), (outcomes, turn) => {
      const at = Math.abs(turn) % outcomes.length;
      const turned = [...outcomes.slice(at), ...outcomes.slice(0, at)].reverse();
      const status = (set: readonly Outcome[]) => finalStatus(countOutcomes(set), set.length);
      expect(status(turned)).toBe(status(outcomes));
    }),
    { numRuns: 10_000 },
  );
});

test('every outcome is counted once: completed, failed or canceled', () => {
  fc.assert(
    fc.property(fc.array(outcome, { maxLength: 24 }), (outcomes) => {
      const { itens_completados, itens_falhados, itens_cancelados } = countOutcomes(outcomes);
      expect(itens_completados + itens_falhados + itens_cancelados).toBe(outcomes.length);
    }),
    { numRuns: 10_000 },
  );
});

test.each([
  ['done', 2, 0, 0, 2],
  ['done_partial', 1, 0, 0, 2],
  ['done_partial', 1, 1, 0, 2],
  ['failed', 0, 1, 1, 2],
  ['canceled', 0, 0, 2, 2],
  ['canceled', 0, 0, 0, 2],
])('%s: %d done, %d failed, %d canceled of %d', (status, done, failed, canceled, total) => {
  const counts = { itens_completados: done, itens_falhados: failed, itens_cancelados: canceled };
  expect(finalStatus(counts, total)).toBe(status);
});

test.each([
  [
    'a stop in mid-pour',
    [
      ['abortado', true],
      ['cancelado', false],
    ],
    true,
  ],
  ['a cancel between frascos', [['cancelado', false]], true],
  [
    'a stop of an item that had failed before, and was not critical',
    [
      ['timeout', false],
      ['abortado', false],
    ],
    true,
  ],
  [
    'a critical item that failed, the rest aborted',
    [
      ['timeout', true],
      ['abortado', false],
    ],
    false,
  ],
  ['an ordinary failure', [['timeout', false]], false],
  ['nothing failed', [], false],
] as const)('%s: was it a person who ended it', (_title, failures, expected) => {
  expect(wasStopped(failures.map(([error, critico]) => ({ error, critico })))).toBe(expected);
});

test('queued and running are not terminal, all else is', () => {
  expect((['queued', 'running'] as const).map(isTerminal)).toEqual([false, false]);
  expect((['done', 'done_partial', 'failed', 'canceled'] as const).every(isTerminal)).toBe(true);
});
