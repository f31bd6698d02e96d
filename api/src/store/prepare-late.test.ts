import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SqliteFile } from './driver.ts';
import { createEngine } from './engine.ts';
import { prepareLate } from './prepare-late.ts';
import * as schema from './schema/index.ts';
import { meta } from './schema/index.ts';
import { openTestStore, type TestStore } from './test-store.ts';
import { p } from './transaction.ts';

let t: TestStore;
beforeEach(async () => {
  t = await openTestStore();
});
afterEach(() => t.close());

const clientOf = () => (t.store.parts.db.orm as unknown as { readonly $client: SqliteFile }).$client;

test('a query is compiled when it is first used, and only then', () => {
  const client = clientOf();
  const compiled = vi.spyOn(client, 'prepare');
  const byKey = prepareLate(drizzle({ client, schema }))
    .select()
    .from(meta)
    .where(eq(meta.chave, p('chave')))
    .prepare();
  expect(compiled).not.toHaveBeenCalled();
  expect(byKey.get({ chave: 'nothing' })).toBeUndefined();
  expect(byKey.all({ chave: 'nothing' })).toEqual([]);
  expect(compiled).toHaveBeenCalledOnce();
});

test('queries of every kind do late what they do', () => {
  const { orm } = t.store.parts.db;
  const ours = eq(meta.chave, p('chave'));
  const insert = orm.insert(meta).values({ chave: 'a', valor: '1' }).returning().prepare();
  const update = orm.update(meta).set({ valor: '2' }).where(ours).prepare();
  const distinct = orm.selectDistinct({ valor: meta.valor }).from(meta).where(ours).prepare();
  const remove = orm.delete(meta).where(ours).returning().prepare();
  expect(insert.all()).toEqual([{ chave: 'a', valor: '1' }]);
  expect(update.run({ chave: 'a' })).toMatchObject({ changes: 1 });
  expect(distinct.all({ chave: 'a' })).toEqual([{ valor: '2' }]);
  expect(remove.get({ chave: 'a' })).toEqual({ chave: 'a', valor: '2' });
  expect(distinct.all({ chave: 'a' })).toEqual([]);
});

test('what SQLite has against a query is thrown at its first use', () => {
  const client = clientOf();
  client.exec('drop table meta');
  const all = t.store.parts.db.orm.select().from(meta).prepare();
  expect(() => all.all()).toThrow(/no such table/);
});

test('every query that the store names fits the schema', () => {
  const { db } = t.store.parts;
  const compiled = vi.spyOn(clientOf(), 'prepare');
  const atOnce = drizzle({ client: clientOf(), schema });
  createEngine({ ...db, orm: atOnce }, t.store.installation);
  expect(compiled.mock.calls.length).toBeGreaterThan(200);
});
