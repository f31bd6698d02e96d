import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filterMatches } from './filter.ts';
import { RetainedStore } from './retained-store.ts';
import { TopicTree } from './topic-tree.ts';

const level = fc.constantFrom('a', 'b', 'c', '');
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, isOpen]) => [...levels, ...(isOpen ? ['#'] : [])].join('/'));

test('the index finds exactly what comparing every topic would find', () => {
  fc.assert(
    fc.property(fc.array(topic), fc.array(topic), filter, (stored, cleared, asked) => {
      const store = new RetainedStore();
      for (const name of stored) store.store(name, Buffer.from(name || '-'), 1);
      for (const name of cleared) store.store(name, Buffer.alloc(0), 1);
      const left = [...new Set(stored)].filter((name) => !cleared.includes(name));
      const expected = left.filter((name) => filterMatches(asked, name));
      expect(
        store
          .matching(asked)
          .map((packet) => packet.topic)
          .sort(),
      ).toEqual(expected.sort());
      expect(store.size).toBe(left.length);
      expect(store.countUnder('a')).toBe(left.filter((name) => filterMatches('a/#', name)).length);
    }),
  );
});

test('filters find their topics the other way round', () => {
  fc.assert(
    fc.property(fc.array(filter), topic, (filters, name) => {
      const tree = new TopicTree<{ filter: string }>();
      for (const each of filters) tree.set(each, { filter: each });
      const expected = [...new Set(filters)].filter((each) => filterMatches(each, name));
      expect(
        tree
          .matchedBy(name)
          .map((found) => found.filter)
          .sort(),
      ).toEqual(expected.sort());
    }),
  );
});

test('a cleared tree keeps no nodes', () => {
  const tree = new TopicTree<object>();
  tree.set('a/b/c', {});
  tree.set('a/b', {});
  expect(tree.delete('a/b/c')).toBe(true);
  expect(tree.delete('a/b/c')).toBe(false);
  expect(tree.countUnder('a/b')).toBe(1);
  expect(tree.delete('a/b')).toBe(true);
  expect(tree.countUnder('a')).toBe(0);
  expect(tree.size).toBe(0);
});

test('a retained payload does not hold on to the chunk it came in', () => {
  const store = new RetainedStore();
  const chunk = Buffer.alloc(65_536, 'x');
  store.store('a', chunk.subarray(10, 20), 1);
  expect(store.get('a')?.payload).toEqual(Buffer.alloc(10, 'x'));
  expect(store.get('a')?.payload.buffer).not.toBe(chunk.buffer);
});

test('a retained payload comes back byte by byte', () => {
  const store = new RetainedStore();
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  store.store('a', bytes, 1);
  expect(store.get('a')?.payload).toEqual(bytes);
});

test('a SUBSCRIBE with one hit among 100,000 topics does not walk them', () => {
  const tree = new TopicTree<{ n: number }>();
  for (let n = 0; n < 100_000; n++) tree.set(`yaguts/v1/demo/devices/d${n}/state`, { n });
  const visited: string[] = [];
  const get = Map.prototype.get;
  Map.prototype.get = function (key) {
    visited.push(String(key));
    return get.call(this, key);
  };
  try {
    expect(tree.matching('yaguts/v1/demo/devices/d500/+')).toHaveLength(1);
  } finally {
    Map.prototype.get = get;
  }
  expect(visited.length).toBeLessThan(10);
});
