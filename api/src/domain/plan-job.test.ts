import { limits } from '@yaguts/shared';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EstoquePolitica } from './obstacle.ts';
import { jobDocument, type PlanFrasco, type PlanIngredient, type PlanRequest, planJob } from './plan-job.ts';

const frasco = (over: Partial<PlanFrasco> & { frasco: number }): PlanFrasco => ({
  tempero: 'Sal',
  gPorS: 2,
  minMs: 0,
  maxMs: limits.maxStepMs,
  saldoMg: 100_000,
  reservadoMg: 0,
  recontar: false,
  validade: null,
  ...over,
});
const item = (over: Partial<PlanIngredient> = {}): PlanIngredient => ({
  tempero: 'Sal',
  mg: 2_500,
  escala: 'linear',
  critico: false,
  ...over,
});
const request = (over: Partial<PlanRequest> = {}): PlanRequest => ({
  receita: 'Tempero baiano',
  itens: [item()],
  multiplicador: 1,
  maxMultiplicador: 100,
  limiteMg: null,
  politica: 'recusa',
  frascos: [frasco({ frasco: 1 })],
  device: { frascos: 8, maxItens: 24, maxJobBytes: 3_072, maxStepMs: limits.maxStepMs },
  alergenos: new Map(),
  hoje: '2026-11-24',
  ...over,
});
const codes = (plan: ReturnType<typeof planJob>) => plan.obstaculos.map(({ code, impede }) => [code, impede]);

describe('amounts', () => {
  test('2.5 g at 2 g/s runs 1,250 ms', () => {
    expect(planJob(request())).toMatchObject({
      pode: true,
      totalMg: 2_500,
      totalMs: 1_250,
      itens: [{ itemOrdem: 1, frasco: 1, tempero: 'Sal', mg: 2_500, ms: 1_250, critico: false }],
      obstaculos: [],
    });
  });

  test('the multiplicador scales linear items and leaves fixed ones as they are', () => {
    const plan = planJob(
      request({ multiplicador: 3, itens: [item(), item({ escala: 'fixa', critico: true })] }),
    );
    expect(plan.itens.map(({ mg, critico }) => [mg, critico])).toEqual([
      [7_500, false],
      [2_500, true],
    ]);
  });

  test.each([0, -1, 1e9, Number.NaN, Number.POSITIVE_INFINITY])(
    'a multiplicador of %s is refused by its number',
    (multiplicador) => {
      const plan = planJob(request({ multiplicador }));
      expect(plan.pode).toBe(false);
      expect(plan.obstaculos[0]).toMatchObject({
        code: 'multiplicador',
        message: expect.stringContaining(String(multiplicador)),
      });
    },
  );

  test('an amount that rounds to nothing is refused, not poured as zero', () => {
    expect(codes(planJob(request({ itens: [item({ mg: 1 })], multiplicador: 0.001 })))).toContainEqual([
      'passo_curto',
      true,
    ]);
  });
});

describe('frascos', () => {
  test('a tempero in several frascos is split, fullest first, each slice an item of its own', () => {
    const frascos = [frasco({ frasco: 1, saldoMg: 1_000 }), frasco({ frasco: 2, saldoMg: 1_800, gPorS: 1 })];
    expect(planJob(request({ frascos })).itens).toMatchObject([
      { itemOrdem: 1, frasco: 2, mg: 1_800, ms: 1_800 },
      { itemOrdem: 2, frasco: 1, mg: 700, ms: 350 },
    ]);
  });

  test('an item longer than one frasco may run continues in the next with the same tempero', () => {
    const frascos = [frasco({ frasco: 1, maxMs: 1_000 }), frasco({ frasco: 2, saldoMg: 9_000 })];
    expect(planJob(request({ frascos })).itens.map(({ frasco: n, ms }) => [n, ms])).toEqual([
      [1, 1_000],
      [2, 250],
    ]);
  });

  test('a last slice too short for its frasco borrows from the one before', () => {
    const frascos = [
      frasco({ frasco: 1, saldoMg: 2_400, minMs: 100 }),
      frasco({ frasco: 2, saldoMg: 2_000, minMs: 500 }),
    ];
    expect(planJob(request({ frascos })).itens.map(({ frasco: n, mg }) => [n, mg])).toEqual([
      [1, 1_500],
      [2, 1_000],
    ]);
  });

  test('a frasco that cannot pour so little leaves the item to one that can', () => {
    const frascos = [frasco({ frasco: 1, minMs: 2_000 }), frasco({ frasco: 2, saldoMg: 9_000 })];
    expect(planJob(request({ frascos })).itens).toMatchObject([{ frasco: 2, mg: 2_500 }]);
  });

  test('two items of one tempero do not both count on the same grams', () => {
    const plan = planJob(
      request({ itens: [item(), item()], frascos: [frasco({ frasco: 1, saldoMg: 4_000 })] }),
    );
    expect(plan.obstaculos).toMatchObject([
      { code: 'estoque_insuficiente', message: expect.stringContaining('1 g missing') },
    ]);
  });

  test('no frasco, a frasco that the board does not drive, and no calibration are told apart', () => {
    expect(codes(planJob(request({ itens: [item({ tempero: 'Cravo' })] })))).toContainEqual([
      'sem_frasco',
      true,
    ]);
    const beyond = planJob(request({ frascos: [frasco({ frasco: 9 })] }));
    expect(beyond.obstaculos[0]).toMatchObject({
      code: 'sem_frasco',
      frasco: 9,
      message: expect.stringContaining('8 frascos'),
    });
    expect(codes(planJob(request({ frascos: [frasco({ frasco: 1, gPorS: null })] })))).toContainEqual([
      'sem_calibracao',
      true,
    ]);
  });
});

describe('limits', () => {
  test('an item that would run longer than 180 s is refused with its seconds', () => {
    const plan = planJob(
      request({ itens: [item({ mg: 400_000 })], frascos: [frasco({ frasco: 1, saldoMg: 500_000 })] }),
    );
    expect(plan.obstaculos).toMatchObject([
      { code: 'passo_longo', impede: true, message: expect.stringContaining('200.0 s') },
    ]);
  });

  test('an item shorter than its frasco can pour is refused with the least it can', () => {
    const plan = planJob(request({ frascos: [frasco({ frasco: 1, minMs: 2_000 })] }));
    expect(plan.obstaculos).toMatchObject([{ code: 'passo_curto', message: expect.stringContaining('4 g') }]);
  });

  test("the device's own limits from its birth count", () => {
    const device = { frascos: 8, maxItens: 1, maxJobBytes: 256, maxStepMs: 1_000 };
    const plan = planJob(request({ itens: [item(), item({ mg: 1_000 })], device }));
    const messages = plan.obstaculos.map((obstacle) => obstacle.message).join('\n');
    expect(plan.pode).toBe(false);
    expect(messages).toContain('at most 1 s a frasco');
    expect(messages).toContain('2 items; this device takes at most 1');
    expect(messages).toMatch(/may need \d{3} bytes; this device takes at most 256/);
  });

  test('more than 24 items, and a document over 3,072 bytes, are refused with both numbers', () => {
    const many = planJob(request({ itens: Array.from({ length: 25 }, () => item({ mg: 100 })) }));
    expect(many.obstaculos[0]?.message).toBe('25 items; this device takes at most 24');
    const wide = '"'.repeat(32);
    const itens = Array.from({ length: 24 }, () => item({ mg: 100, tempero: wide, critico: true }));
    const plan = planJob(request({ itens, frascos: [frasco({ frasco: 1, tempero: wide })] }));
    expect(plan.obstaculos[0]).toMatchObject({
      code: 'job_grande',
      message: expect.stringMatching(/\d{4} bytes; .* 3072$/),
    });
  });

  test('a job heavier than the organisation allows is refused with both weights', () => {
    const plan = planJob(request({ multiplicador: 2, limiteMg: 4_000 }));
    expect(plan.obstaculos[0]?.message).toBe('5 g in all; this organisation allows 4 g a job');
  });

  test('a name longer than 32 bytes is refused with its bytes', () => {
    const plan = planJob(request({ receita: 'ção'.repeat(8) }));
    expect(plan.obstaculos).toMatchObject([
      { code: 'job_grande', message: expect.stringContaining('40 bytes') },
    ]);
  });
});

describe('estoque', () => {
  const little = [frasco({ frasco: 1, saldoMg: 2_000, reservadoMg: 500 })];

  test('what other jobs have reserved is not free; recusa says what is missing', () => {
    const plan = planJob(request({ frascos: little }));
    expect(plan.pode).toBe(false);
    expect(plan.obstaculos[0]?.message).toBe('2.5 g needed, 1.5 g free in the estoque: 1 g missing');
  });

  test('avisa pours everything and says so', () => {
    const plan = planJob(request({ frascos: little, politica: 'avisa' }));
    expect(plan).toMatchObject({
      pode: true,
      totalMg: 2_500,
      obstaculos: [{ code: 'estoque_insuficiente', impede: false }],
    });
  });

  test('parcial pours what there is and leaves out what is gone', () => {
    const frascos = [...little, frasco({ frasco: 2, tempero: 'Alho', saldoMg: 0 })];
    const plan = planJob(
      request({ itens: [item(), item({ tempero: 'Alho' })], frascos, politica: 'parcial' }),
    );
    expect(plan).toMatchObject({ pode: true, itens: [{ tempero: 'Sal', mg: 1_500 }] });
  });

  test('parcial with nothing left at all is refused', () => {
    const plan = planJob(request({ frascos: [frasco({ frasco: 1, saldoMg: 0 })], politica: 'parcial' }));
    expect(plan.pode).toBe(false);
  });
});

test('allergens, an expired lot and an uncertain saldo warn and do not stand in the way', () => {
  const plan = planJob(
    request({
      alergenos: new Map([['Sal', ['iodo']]]),
      frascos: [frasco({ frasco: 1, validade: '2026-11-23', recontar: true })],
    }),
  );
  expect(plan.pode).toBe(true);
  expect(codes(plan)).toEqual([
    ['alergeno', false],
    ['recontar', false],
    ['validade', false],
  ]);
});

describe('properties', () => {
  const temperos = ['Sal', 'Alho', 'Louro'];
  const anyFrasco = fc.record({
    tempero: fc.option(fc.constantFrom(...temperos)),
    gPorS: fc.option(fc.double({ min: 0.001, max: 50, noNaN: true }), { freq: 20 }),
    minMs: fc.integer({ min: 0, max: 2_000 }),
    maxMs: fc.integer({ min: 1, max: limits.maxStepMs }),
    saldoMg: fc.integer({ min: -5_000, max: 500_000 }),
    reservadoMg: fc.integer({ min: 0, max: 50_000 }),
    recontar: fc.boolean(),
    validade: fc.constant(null),
  });
  const anyRequest = (politica: fc.Arbitrary<EstoquePolitica>): fc.Arbitrary<PlanRequest> =>
    fc.record({
      receita: fc.constant('Qualquer'),
      itens: fc.array(
        fc.record({
          tempero: fc.constantFrom(...temperos),
          mg: fc.integer({ min: 1, max: 200_000 }),
          escala: fc.constantFrom('linear' as const, 'fixa' as const),
          critico: fc.boolean(),
        }),
        { minLength: 1, maxLength: 6 },
      ),
      multiplicador: fc.double({ min: 0.001, max: 100, noNaN: true }),
      maxMultiplicador: fc.constant(100),
      limiteMg: fc.constant(null),
      politica,
      frascos: fc
        .array(anyFrasco, { maxLength: 10 })
        .map((rows) => rows.map((row, index): PlanFrasco => ({ ...row, frasco: index + 1 }))),
      device: fc.constant(null),
      alergenos: fc.constant(new Map()),
      hoje: fc.constant('2026-11-24'),
    });
  const wantedOf = (r: PlanRequest, tempero: string): number =>
    r.itens
      .filter((entry) => entry.tempero === tempero)
      .reduce(
        (sum, entry) => sum + (entry.escala === 'fixa' ? entry.mg : Math.round(entry.mg * r.multiplicador)),
        0,
      );
  const pouredOf = (
    plan: ReturnType<typeof planJob>,
    by: 'tempero' | 'frasco',
    value: string | number,
  ): number => plan.itens.filter((entry) => entry[by] === value).reduce((sum, entry) => sum + entry.mg, 0);

  test('the slices of a job that may start add up to the grams asked', () => {
    let started = 0;
    fc.assert(
      fc.property(anyRequest(fc.constantFrom('recusa', 'avisa')), (r) => {
        const plan = planJob(r);
        if (!plan.pode) return;
        started++;
        for (const tempero of temperos) expect(pouredOf(plan, 'tempero', tempero)).toBe(wantedOf(r, tempero));
      }),
      { numRuns: 4_000 },
    );
    expect(started).toBeGreaterThan(100);
  });

  test('no job takes more than saldo − reservado under recusa and parcial', () => {
    fc.assert(
      fc.property(anyRequest(fc.constantFrom('recusa', 'parcial')), (r) => {
        const plan = planJob(r);
        for (const { frasco: n, saldoMg, reservadoMg } of r.frascos) {
          expect(pouredOf(plan, 'frasco', n)).toBeLessThanOrEqual(Math.max(0, saldoMg - reservadoMg));
        }
      }),
      { numRuns: 4_000 },
    );
  });

  test("every item stays within its frasco's shortest and longest run and 180 s", () => {
    fc.assert(
      fc.property(anyRequest(fc.constantFrom('recusa', 'avisa', 'parcial')), (r) => {
        for (const { frasco: n, ms } of planJob(r).itens) {
          const limit = r.frascos[n - 1] as PlanFrasco;
          expect(ms).toBeGreaterThanOrEqual(Math.max(1, limit.minMs));
          expect(ms).toBeLessThanOrEqual(Math.min(limit.maxMs, limits.maxStepMs));
        }
      }),
      { numRuns: 4_000 },
    );
  });

  test('the document of a job that may start fits 3,072 bytes whatever its numbers', () => {
    fc.assert(
      fc.property(anyRequest(fc.constant('avisa')), fc.nat(), (r, jobId) => {
        const plan = planJob(r);
        if (!plan.pode) return;
        const document = jobDocument({
          jobId: jobId + 1,
          seq: Number.MAX_SAFE_INTEGER,
          token: 'f'.repeat(16),
          notAfter: 1_790_000_000_000,
          receita: r.receita,
          itens: plan.itens,
        });
        expect(Buffer.byteLength(JSON.stringify(document))).toBeLessThanOrEqual(limits.maxJobBytes);
      }),
    );
  });
});
