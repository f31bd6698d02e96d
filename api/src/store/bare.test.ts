import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bare } from './bare.ts';
import { devices, orgs } from './schema/index.ts';
import { mao, openTestStore, org, type TestStore } from './test-store.ts';
import { columns, p, wholeRow } from './transaction.ts';

let t: TestStore;
beforeEach(async () => {
  t = await openTestStore();
});
afterEach(() => t.close());

const find = (name: string) => t.store.parts.db.orm.select().from(orgs).where(eq(orgs.org_id, name)).get();
const found = () => find(org) as typeof orgs.$inferSelect;

test('a bare insert writes every column as the query builder would', () => {
  const { orm } = t.store.parts.db;
  const insert = bare(orm, orm.insert(orgs).values(wholeRow(orgs)).prepare());
  const row = { ...found(), org_id: 'outra', nome: 'Outra' };
  insert.run(row);
  expect(find('outra')).toEqual(row);
});

test('a bare update encodes its values by their columns, and answers how many rows it changed', () => {
  const { orm } = t.store.parts.db;
  const update = orm
    .update(devices)
    .set(columns(devices, 'alertas', 'fila_pausada'))
    .where(sql`${devices.org_id} = ${org} and ${devices.device} = ${p('device')}`)
    .prepare();
  const alertas = [{ code: 'gemeo' as const, desde: 5, detalhe: 'two' }];
  const write = bare(orm, update);
  expect(write.run({ alertas, fila_pausada: true, device: mao })).toMatchObject({ changes: 1 });
  const row = t.tables().devices.find(({ device }) => device === mao);
  expect(row).toMatchObject({ alertas, fila_pausada: true });
  expect(write.run({ alertas, fila_pausada: true, device: 'nobody' })).toMatchObject({ changes: 0 });
});

test('a value that is not given is a fault that names it, and nothing is written', () => {
  const { orm } = t.store.parts.db;
  const insert = bare(orm, orm.insert(orgs).values(wholeRow(orgs)).prepare());
  const { nome: _, ...row } = found();
  expect(() => insert.run({ ...row, org_id: 'outra' })).toThrow('no value for nome');
  expect(() => insert.run()).toThrow(/no value for/);
  expect(find('outra')).toBeUndefined();
});

test('what a bare query reads is what the query builder reads', () => {
  const { orm } = t.store.parts.db;
  const query = orm
    .update(orgs)
    .set({ nome: 'Outro nome' })
    .where(eq(orgs.org_id, p('org')))
    .returning()
    .prepare();
  const read = bare(orm, query);
  expect(read.get({ org })).toMatchObject({ nome: 'Outro nome' });
  expect(read.all({ org })).toEqual([found()]);
});
