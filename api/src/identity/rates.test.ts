import { expect, test } from 'vitest';
import { createRates } from './rates.ts';

test('each kind of caller has a bucket of its own, and every refusal is counted', () => {
  const rates = createRates(60, () => 0);
  for (let n = 0; n < 20; n++) rates.person.take('demo.ana');
  expect(() => rates.person.take('demo.ana')).toThrow(expect.objectContaining({ code: 'rate_limited' }));
  rates.person.take('demo.bia');
  rates.address.take('demo.ana');
  expect(rates.refusals()).toEqual({ address: 0, person: 1, device: 0, report: 0, claim: 0, login: 0 });
  expect(rates.waitedOf('demo')).toEqual([{ tipo: 'person', nome: 'ana', recusas: 1, ultima_em: 0 }]);
  expect(rates.waitedOf('outra')).toEqual([]);
});

test('who was told to wait longest ago is forgotten first, and the sums stay', () => {
  let now = 0;
  const rates = createRates(60, () => now);
  const exhaust = (key: string): void => {
    for (let n = 0; n < 10; n++) rates.report.take(key);
    expect(() => rates.report.take(key)).toThrow();
  };
  exhaust('demo.first');
  for (now = 1; now <= 2_000; now++) exhaust(`outra.d${now}`);
  expect(rates.waitedOf('demo')).toEqual([]);
  expect(rates.waitedOf('outra')).toHaveLength(2_000);
  expect(rates.refusals().report).toBe(2_001);
});

test('ten codes may be tried at once, then one each half minute', () => {
  let now = 0;
  const { claim } = createRates(600, () => now);
  for (let n = 0; n < 10; n++) claim.take('10.0.0.9');
  expect(() => claim.take('10.0.0.9')).toThrow(
    expect.objectContaining({ code: 'rate_limited', retryAfterS: 30 }),
  );
  now += 30_000;
  claim.take('10.0.0.9');
  expect(() => claim.take('10.0.0.9')).toThrow();
  claim.give('10.0.0.9');
  claim.take('10.0.0.9');
  claim.give('never seen');
});
