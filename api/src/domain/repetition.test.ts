import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FamilyItem, judgeRepetition, shareOut } from './repetition.ts';

const item = (job_id: number, item_ordem: number, rest: Partial<FamilyItem> = {}): FamilyItem => ({
  ...{ job_id, item_ordem, frasco: item_ordem, tempero: `t${item_ordem}`, quantidade_mg: 10_000 },
  ...{ origem_job_id: null, origem_item: null, terminado: true, status: 'failed' },
  ...rest,
});
const of = (job: number, ordem: number | null, rest: Partial<FamilyItem> = {}): Partial<FamilyItem> => ({
  ...{ origem_job_id: job, origem_item: ordem },
  ...rest,
});
const said = (family: readonly FamilyItem[], jobId = 1) =>
  judgeRepetition(family, jobId).map(({ mg, refusal }) => refusal ?? mg);

describe('judging', () => {
  test('what failed and what was never begun may be repeated, what was poured may not', () => {
    expect(said([item(1, 1), item(1, 2, { status: null }), item(1, 3, { status: 'done' })])).toEqual([
      10_000,
      10_000,
      'feito',
    ]);
  });

  test('nothing of a job that has not ended is repeated', () => {
    expect(said([item(1, 1, { terminado: false })])).toEqual(['nao_terminou']);
  });

  test('an item is not repeated while its repetition waits, nor once that has poured; again when that failed', () => {
    const again = (rest: Partial<FamilyItem>) => said([item(1, 1), item(1, 2), item(2, 1, of(1, 2, rest))]);
    expect(again({ terminado: false, status: null })).toEqual([10_000, 'em_andamento']);
    expect(again({ status: 'done' })).toEqual([10_000, 'repetido']);
    expect(again({ status: 'failed' })).toEqual([10_000, 10_000]);
    expect(again({ status: null })).toEqual([10_000, 10_000]);
  });

  test('what a repetition of a repetition poured counts for the first job, and the other way round', () => {
    const chain = [item(1, 1), item(2, 1, of(1, 1)), item(3, 1, of(2, 1, { status: 'done' }))];
    expect([said(chain, 1), said(chain, 2), said(chain, 3)]).toEqual([['repetido'], ['repetido'], ['feito']]);
    const beside = [item(1, 1), item(2, 1, of(1, 1)), item(3, 1, of(1, 1, { status: 'done' }))];
    expect(said(beside, 2)).toEqual(['repetido']);
    const waits = [
      item(1, 1),
      item(2, 1, of(1, 1)),
      item(3, 1, of(1, 1, { terminado: false, status: null })),
    ];
    expect(said(waits, 2)).toEqual(['em_andamento']);
    expect(judgeRepetition(waits, 2)[0]?.repetitions.map(({ job_id }) => job_id)).toEqual([3]);
  });

  test('of an item that came back as two, what one of them poured is not asked for again', () => {
    const parts = [
      item(1, 1, { quantidade_mg: 30_000 }),
      item(2, 1, of(1, 1, { quantidade_mg: 20_000, status: 'done' })),
      item(2, 2, of(1, 1, { quantidade_mg: 10_000 })),
    ];
    expect(said(parts, 1)).toEqual([10_000]);
    expect(said(parts, 2)).toEqual(['feito', 10_000]);
    const again = [...parts, item(3, 1, of(2, 2, { quantidade_mg: 10_000, status: 'done' }))];
    expect([said(again, 1), said(again, 2)]).toEqual([['repetido'], ['feito', 'repetido']]);
    // What was made from one part is no try at the other.
    expect(judgeRepetition(again, 2).map(({ repetitions }) => repetitions.length)).toEqual([0, 1]);
  });

  test('items that share what is left of one origin get it once', () => {
    const parts = [
      item(1, 1, { quantidade_mg: 30_000 }),
      item(2, 1, of(1, 1, { quantidade_mg: 20_000 })),
      item(2, 2, of(1, 1, { quantidade_mg: 10_000 })),
      item(3, 1, of(1, 1, { quantidade_mg: 15_000, status: 'done' })),
    ];
    expect(said(parts, 2)).toEqual([15_000, 10_000]);
    expect(shareOut(parts, 2).map(({ item: { item_ordem }, mg }) => [item_ordem, mg])).toEqual([[1, 15_000]]);
    expect(shareOut(parts, 2, [2]).map(({ mg }) => mg)).toEqual([10_000]);
  });

  test('a repetition of before its items were kept counts for every item of its tempero', () => {
    const old = (rest: Partial<FamilyItem>) => [
      item(1, 1, { tempero: 'Sal' }),
      item(1, 2, { tempero: 'Alho' }),
      item(2, 1, of(1, null, { tempero: 'Sal', ...rest })),
    ];
    expect(said(old({ status: 'done' }))).toEqual(['repetido', 10_000]);
    expect(said(old({ status: 'failed' }))).toEqual([10_000, 10_000]);
    expect(said(old({ status: 'failed' }), 2)).toEqual([10_000]);
  });

  test('what repeats a job that is no longer kept is not repeated: what else came from that is not known', () => {
    expect(said([item(2, 1, of(1, 1))], 2)).toEqual(['sem_origem']);
    expect(said([item(2, 1, of(1, 1)), item(3, 1, of(2, 1))], 3)).toEqual(['sem_origem']);
  });

  test('an entry that came late, after its repetition had poured, leaves nothing to repeat', () => {
    const late = [
      item(1, 1, { status: 'done' }),
      item(2, 1, of(1, 1, { status: 'done' })),
      item(3, 1, of(1, 1)),
    ];
    expect([said(late, 1), said(late, 3)]).toEqual([['feito'], ['repetido']]);
  });
});

/** One thing that happens in a family: a job of it is repeated, or the one that waits comes to its end. */
const happening = fc.record({
  /** Which job is repeated. */
  job: fc.nat(20),
  itens: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { minLength: 1 }), { nil: undefined }),
  /** The items of the repetition that pour, by place; the others fail or get no word. */
  poured: fc.array(fc.constantFrom<FamilyItem['status']>('done', 'failed', null), {
    minLength: 8,
    maxLength: 8,
  }),
  /** In so many parts an amount comes back; under "parcial" some of it is not even asked for. */
  parts: fc.integer({ min: 1, max: 3 }),
  asked: fc.constantFrom(1, 0.6),
  isWaiting: fc.boolean(),
});

test('whatever is repeated from wherever, in parts or short: no item pours more than was asked of it', () => {
  const counts = { repeated: 0, refused: 0, full: 0 };
  fc.assert(
    fc.property(fc.array(happening, { minLength: 1, maxLength: 12 }), (happenings) => {
      let family: FamilyItem[] = [1, 2, 3].map((n) => item(1, n, { quantidade_mg: n * 7_001 }));
      const rootOf = (one: FamilyItem): FamilyItem => {
        const above = family.find((o) => o.job_id === one.origem_job_id && o.item_ordem === one.origem_item);
        return above ? rootOf(above) : one;
      };
      let last = 1;
      for (const { job, itens, poured, parts, asked, isWaiting } of happenings) {
        const jobId = 1 + (job % last);
        const shares = shareOut(family, jobId, itens);
        if (shares.length === 0) counts.refused++;
        else {
          last++;
          counts.repeated++;
          const made = shares.flatMap(({ item: from, mg }) => {
            const wanted = Math.floor(mg * asked);
            return Array.from({ length: parts }, (_, i) => ({
              ...{ tempero: from.tempero, origem_job_id: jobId, origem_item: from.item_ordem },
              quantidade_mg:
                i === 0 ? wanted - (parts - 1) * Math.floor(wanted / parts) : Math.floor(wanted / parts),
            })).filter(({ quantidade_mg }) => quantidade_mg > 0);
          });
          family = [
            // A job that waited comes to its end by the time another is ordered, or goes on waiting.
            ...family.map((one) => (isWaiting ? one : { ...one, terminado: true })),
            ...made.map((one, i) =>
              item(last, i + 1, {
                ...one,
                terminado: !isWaiting,
                status: isWaiting ? null : (poured[i % 8] ?? null),
              }),
            ),
          ];
        }
        for (const root of family.filter((one) => one.job_id === 1)) {
          const mine = family.filter((one) => rootOf(one) === root);
          const sum = (some: readonly FamilyItem[]) => some.reduce((mg, one) => mg + one.quantidade_mg, 0);
          const done = sum(mine.filter((one) => one.status === 'done'));
          const waiting = sum(mine.filter((one) => !one.terminado));
          expect(done + waiting).toBeLessThanOrEqual(root.quantidade_mg);
          if (done === root.quantidade_mg) counts.full++;
        }
      }
    }),
    { numRuns: 300 },
  );
  // The property would also hold if nothing were ever repeated.
  expect(counts.repeated).toBeGreaterThan(300);
  expect(counts.refused).toBeGreaterThan(20);
  expect(counts.full).toBeGreaterThan(100);
});
