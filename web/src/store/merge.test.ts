import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Held, merge, missingFrom, type Update, voidVersion } from './merge.ts';

const update = (from: Update<string>['from'], versao: number, tick: number, body: string | undefined) => ({
  versao,
  body,
  tick,
  from,
});
const live = (versao: number, tick: number, body = `v${versao}`) => update('live', versao, tick, body);
const fetched = (versao: number, tick: number) => update('fetch', versao, tick, `v${versao}`);
const gone = (tick: number, from: Update<string>['from'] = 'live') => update(from, 0, tick, undefined);
const all = (...updates: Update<string>[]): Held<string> | undefined =>
  updates.reduce<Held<string> | undefined>((held, update) => merge(held, update), undefined);

describe('merge', () => {
  test('the highest versao wins in every order of arrival, however often each is repeated', () => {
    const versions = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(versions, (list) => {
        const held = all(...list.map((versao, i) => (i % 2 ? live(versao, i) : fetched(versao, i))));
        expect(held?.body).toBe(`v${Math.max(...list)}`);
      }),
    );
  });

  test('a fetch that began before a deletion cannot bring the thing back', () => {
    expect(all(live(3, 1), gone(5), fetched(4, 4))?.body).toBeUndefined();
  });

  test('a fetch that began after a deletion shows what was made anew', () => {
    expect(all(live(3, 1), gone(5), fetched(1, 6))?.body).toBe('v1');
  });

  test('a live word after a deletion is about the new thing, whatever its versao', () => {
    expect(all(live(9, 1), gone(5), live(1, 6))?.body).toBe('v1');
  });

  test('a fetch that misses a thing heard of meanwhile does not delete it', () => {
    expect(all(live(2, 7), gone(5, 'fetch'))?.body).toBe('v2');
  });

  test('after another epoch the next word counts, although its versao is lower', () => {
    const held = voidVersion(all(live(40, 1)) as Held<string>);
    expect(merge(held, fetched(2, 3)).body).toBe('v2');
  });

  test('of two words of the same versao the later one counts, and a fetch asked for before it does not', () => {
    expect(all(live(2, 5, 'first'), live(2, 6, 'second'))?.body).toBe('second');
    expect(all(live(2, 5, 'heard'), fetched(2, 4))?.body).toBe('heard');
    expect(all(live(2, 5, 'heard'), fetched(2, 6))?.body).toBe('v2');
  });
});

describe('missingFrom', () => {
  const held = new Map([
    ['a', all(live(1, 1)) as Held<string>],
    ['b', all(live(1, 8)) as Held<string>],
    ['c', all(live(1, 1), gone(2)) as Held<string>],
    ['d', all(live(1, 1)) as Held<string>],
  ]);

  test('a complete list drops what it does not name, but not what was heard since it was asked for', () => {
    expect(missingFrom(held, new Set(['d']), 5)).toEqual(['a']);
  });

  test('a filtered list says nothing of things outside its filter', () => {
    expect(missingFrom(held, new Set(), 5, () => false)).toEqual([]);
  });
});
