import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inOrder, nextToOffer, type QueueState, releasedAtOnce, reorder, waitsForBowl } from './queue.ts';

const job = (job_id: number, posicao = job_id, liberado = false) => ({ job_id, posicao, liberado });
const queue = (over: Partial<QueueState> = {}): QueueState => ({
  transicao: 'manual',
  pausada: false,
  ocupado: false,
  jobs: [job(1), job(2)],
  ...over,
});

test('a manual queue waits for "tigela vazia" and then offers its head', () => {
  expect(nextToOffer(queue())).toBeUndefined();
  expect(waitsForBowl(queue())).toBe(true);
  expect(nextToOffer(queue(), true)).toBe(1);
});

test('a job made on an idle device with an empty queue is offered unasked', () => {
  expect(releasedAtOnce({ ocupado: false, jobs: [] })).toBe(true);
  expect(releasedAtOnce({ ocupado: true, jobs: [] })).toBe(false);
  expect(releasedAtOnce({ ocupado: false, jobs: [job(1)] })).toBe(false);
  expect(nextToOffer(queue({ jobs: [job(7, 1, true)] }))).toBe(7);
});

test('an automatic queue goes on by itself', () => {
  expect(nextToOffer(queue({ transicao: 'automatica' }))).toBe(1);
});

test('neither a busy device nor a paused queue is offered anything, not even when confirmed', () => {
  for (const state of [queue({ ocupado: true }), queue({ pausada: true })]) {
    expect(nextToOffer({ ...state, transicao: 'automatica' }, true)).toBeUndefined();
    expect(waitsForBowl(state)).toBe(false);
  }
});

test('an empty queue waits for nobody', () => {
  expect(waitsForBowl(queue({ jobs: [] }))).toBe(false);
});

test('reordering puts the named jobs first and keeps the order of the rest', () => {
  expect(reorder([job(1), job(2), job(3), job(4)], [3, 1])).toEqual([3, 1, 2, 4]);
});

test('a job that waits no longer, or is named twice, is refused', () => {
  expect(() => reorder([job(1)], [2])).toThrow(expect.objectContaining({ code: 'stale' }));
  expect(() => reorder([job(1), job(2)], [1, 1])).toThrow(expect.objectContaining({ code: 'invalid' }));
});

test('whatever order is wanted, no job is lost or doubled', () => {
  const jobs = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(jobs, fc.infiniteStream(fc.boolean()), (ids, flips) => {
      const waiting = ids.map((id, index) => job(id, index));
      const wanted = ids.filter(() => flips.next().value).reverse();
      const result = reorder(waiting, wanted);
      expect([...result].sort()).toEqual([...ids].sort());
      expect(result.slice(0, wanted.length)).toEqual(wanted);
      expect(inOrder(waiting).map((entry) => entry.job_id)).toEqual(ids);
    }),
  );
});
