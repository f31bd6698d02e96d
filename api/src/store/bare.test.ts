import { eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bare } from './bare.ts';
import type { Orm } from './database.ts';
import type { SqliteFile } from './driver.ts';
import * as schema from './schema/index.ts';
import { devices, orgs } from './schema/index.ts';
import { mao, openTestStore, org, type TestStore } from './test-store.ts';
import { columns, p, wholeRow } from './transaction.ts';

let t: TestStore;
/** The query builder as it comes: the store's own makes bare queries of all that it prepares. */
let orm: Orm;
beforeEach(async () => {
  t = await openTestStore();
  const client = (t.store.parts.db.orm as unknown as { readonly $client: SqliteFile }).$client;
  orm = drizzle({ client, schema });
});
afterEach(() => t.close());

const find = (name: string) => orm.select().from(orgs).where(eq(orgs.org_id, name)).get();
const found = () => find(org) as typeof orgs.$inferSelect;

test('a bare insert writes every column as the query builder would', () => {
  const insert = bare(orm.insert(orgs).values(wholeRow(orgs)).prepare());
  const row = { ...found(), org_id: 'outra', nome: 'Outra' };
  insert.run(row);
  expect(find('outra')).toEqual(row);
});

test('a bare update encodes its values by their columns, and answers how many rows it changed', () => {
  const update = orm
    .update(devices)
    .set(columns(devices, 'alertas', 'fila_pausada'))
    .where(sql`${devices.org_id} = ${org} and ${devices.device} = ${p('device')}`)
    .prepare();
  const alertas = [{ code: 'gemeo' as const, desde: 5, detalhe: 'two' }];
  const write = bare(update);
  expect(write.run({ alertas, fila_pausada: true, device: mao })).toMatchObject({ changes: 1 });
  const row = t.tables().devices.find(({ device }) => device === mao);
  expect(row).toMatchObject({ alertas, fila_pausada: true });
  expect(write.run({ alertas, fila_pausada: true, device: 'nobody' })).toMatchObject({ changes: 0 });
});

test('a value that is not given is a fault that names it, and nothing is written', () => {
  const insert = bare(orm.insert(orgs).values(wholeRow(orgs)).prepare());
  const { nome: _, ...row } = found();
  expect(() => insert.run({ ...row, org_id: 'outra' })).toThrow('no value for nome');
  expect(() => insert.run()).toThrow(/no value for/);
  expect(find('outra')).toBeUndefined();
});

test('what a bare query reads is what the query builder reads: words, flags, documents, nothing', () => {
  const query = orm
    .select()
    .from(devices)
    .where(eq(devices.org_id, p('org')))
    .prepare();
  const read = bare(query);
  const rows = orm.select().from(devices).where(eq(devices.org_id, org)).all();
  expect(rows.length).toBeGreaterThan(0);
  expect(read.all({ org })).toEqual(rows);
  expect(read.get({ org })).toEqual(rows[0]);
  expect(read.all({ org: 'nobody' })).toEqual([]);
  expect(read.get({ org: 'nobody' })).toBeUndefined();
});

test('a column by another name, an expression and a row that is not flat come out as of the query builder', () => {
  const selected = {
    id: orgs.org_id,
    n: sql<number>`count(*)`,
    twice: sql<number>`2 * count(*)`.mapWith(String).as('twice'),
  };
  const flat = bare(orm.select(selected).from(orgs).prepare());
  expect(flat.all()).toEqual([{ id: org, n: 1, twice: '2' }]);
  const nested = bare(
    orm
      .select({ device: devices, nome: orgs.nome })
      .from(devices)
      .innerJoin(orgs, eq(orgs.org_id, devices.org_id))
      .where(eq(devices.device, p('device')))
      .prepare(),
  );
  expect(nested.get({ device: mao })).toMatchObject({ device: { device: mao }, nome: found().nome });
});

test('an update that answers its row answers it bare', () => {
  const query = orm
    .update(orgs)
    .set({ nome: 'Outro nome' })
    .where(eq(orgs.org_id, p('org')))
    .returning()
    .prepare();
  expect(bare(query).get({ org })).toMatchObject({ nome: 'Outro nome' });
  expect(found().nome).toBe('Outro nome');
});
