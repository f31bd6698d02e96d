import { effect } from '@preact/signals';
import { expect, test } from 'vitest';
import { createCollection, steadyList } from './collection.ts';

interface Row {
  readonly id: string;
  readonly versao: number;
}
const make = () =>
  createCollection<Row>({
    id: (r) => r.id,
    versao: (r) => r.versao,
    sort: (a, b) => a.id.localeCompare(b.id),
  });

test('a change of one thing leaves the list of ids as it is', () => {
  const rows = make();
  rows.list(
    [
      { id: 'b', versao: 1 },
      { id: 'a', versao: 1 },
    ],
    rows.tick(),
  );
  const seen: (readonly string[])[] = [];
  effect(() => void seen.push(rows.ids.value));
  rows.live('a', { id: 'a', versao: 2 });
  expect(seen).toEqual([['a', 'b']]);
  expect(rows.get('a').value?.body?.versao).toBe(2);
});

test('a list asked for before a live message does not undo it', () => {
  const rows = make();
  const tick = rows.tick();
  rows.live('new', { id: 'new', versao: 1 });
  rows.list([], tick);
  expect(rows.ids.value).toEqual(['new']);
});

test('a deleted thing leaves the list and stays known as deleted', () => {
  const rows = make();
  const asked = rows.tick();
  rows.live('a', { id: 'a', versao: 1 });
  rows.live('a', undefined);
  rows.list([{ id: 'a', versao: 1 }], asked);
  expect(rows.ids.value).toEqual([]);
});

test('something that waits for a thing not yet heard of sees it arrive', () => {
  const rows = make();
  const seen: (number | undefined)[] = [];
  effect(() => void seen.push(rows.get('x').value?.body?.versao));
  rows.fetched('x', { id: 'x', versao: 4 }, rows.tick());
  expect(seen).toEqual([undefined, 4]);
});

test('a list of names is a new one only when a name comes or goes', () => {
  const rows = make();
  rows.live('a', { id: 'a', versao: 1 });
  const odd = steadyList(() => rows.all.value.filter((r) => r.versao % 2 === 1).map((r) => r.id));
  const before = odd.value;
  rows.live('a', { id: 'a', versao: 3 });
  expect(odd.value).toBe(before);
  rows.live('a', { id: 'a', versao: 4 });
  expect(odd.value).toEqual([]);
});

test('what is said again, to the letter, is not drawn again, and still counts as heard', () => {
  const rows = make();
  const seen: (number | undefined)[] = [];
  effect(() => void seen.push(rows.get('a').value?.body?.versao));
  const asked = rows.tick();
  rows.live('a', { id: 'a', versao: 1 });
  const between = rows.tick();
  rows.live('a', { id: 'a', versao: 1 });
  expect(seen).toEqual([undefined, 1]);
  // A list asked for before the repeat does not know of it, so it cannot drop it.
  rows.list([], asked);
  rows.list([], between);
  expect(rows.ids.value).toEqual(['a']);
});

test('a change without a new versao is drawn', () => {
  const rows = createCollection<Row & { readonly fila: number }>({
    id: (r) => r.id,
    versao: (r) => r.versao,
    sort: (a, b) => a.id.localeCompare(b.id),
  });
  rows.live('a', { id: 'a', versao: 1, fila: 0 });
  rows.live('a', { id: 'a', versao: 1, fila: 2 });
  expect(rows.get('a').value?.body?.fila).toBe(2);
});
