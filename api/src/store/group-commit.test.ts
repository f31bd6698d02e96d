import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Sqlite } from './driver.ts';
import { createGroupCommit } from './group-commit.ts';
import type { Database } from './open.ts';
import { estoqueMov } from './schema/index.ts';
import { mao, openTestStore, org, type TestStore } from './test-store.ts';
import type { Tx } from './transaction.ts';

let t: TestStore;
beforeEach(async () => {
  t = await openTestStore();
});
afterEach(() => t.close());

const movements = () => t.store.parts.db.orm.select().from(estoqueMov).all().length;
const add = () =>
  t.store.parts.ledger.move({
    ...{ org_id: org, device: mao, frasco: 1, tempero: 'Sal', tipo: 'entrada', quantidade_mg: 1, em: 2 },
  });
/** The store's own database, its commits failing while `fault` says so. */
const failing = (fault: () => Error | undefined): Pick<Database, 'write'> => ({
  write: async (body) => {
    const error = fault();
    if (error) throw error;
    return t.store.parts.db.write(body);
  },
});
const sqliteError = (code: string) => Object.assign(new Error(code), { code });
function* nothing(): Tx<void> {}

test('bodies of one turn are one commit, at most 64 in a batch', async () => {
  const writer = createGroupCommit(t.store.parts.db);
  const before = movements();
  await Promise.all(Array.from({ length: 100 }, () => writer.submit('a', add)));
  expect(movements() - before).toBe(100);
  expect(writer.counters()).toMatchObject({ batches: 2, bodies: 100, largest: 64, waiting: 0 });
});

test('a batch takes one device after the other, each with all that it has, and no device out of turn', async () => {
  const writer = createGroupCommit(t.store.parts.db, { batch: 4 });
  const bodies: (readonly string[])[] = [];
  const together = writer.gather(function* (inputs: readonly string[]): Tx<string[]> {
    bodies.push(inputs);
    return inputs.map((input) => `${input}!`);
  });
  const sent = ['a1', 'b1', 'a2', 'b2', 'a3', 'c1'].map((name) => together(name.slice(0, 1), name));
  expect(await Promise.all(sent)).toEqual(['a1!', 'b1!', 'a2!', 'b2!', 'a3!', 'c1!']);
  expect(bodies).toEqual([
    ['a1', 'a2', 'a3', 'b1'],
    ['b2', 'c1'],
  ]);
});

test('a body that throws over some inputs fails those alone', async () => {
  const writer = createGroupCommit(t.store.parts.db);
  const together = writer.gather(function* (inputs: readonly number[]): Tx<number[]> {
    yield* add();
    if (inputs.includes(2)) throw new Error('not two');
    return [...inputs];
  });
  const before = movements();
  const ended = await Promise.allSettled([1, 2, 3].map((input) => together('a', input)));
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(movements() - before).toBe(2);
});

test('a promise ends after the commit, in the order of arrival', async () => {
  const writer = createGroupCommit(t.store.parts.db);
  const ended: number[] = [];
  const stranger = new Sqlite(join(t.dir, 'yaguts.db'), { readonly: true });
  const committed = stranger.prepare('select count(*) from estoque_mov').pluck();
  const before = committed.get() as number;
  await Promise.all(
    [1, 2, 3].map(async (n) => {
      await writer.submit('a', add);
      expect(committed.get()).toBe(before + 3);
      ended.push(n);
    }),
  );
  expect(ended).toEqual([1, 2, 3]);
  stranger.close();
});

test('beyond 128 of one device, or the total, a report is refused at once', async () => {
  const writer = createGroupCommit(t.store.parts.db, { total: 130 });
  const sent = Array.from({ length: 129 }, () => writer.submit('a', nothing));
  await expect(sent[128]).rejects.toMatchObject({ code: 'rate_limited' });
  const others = ['b', 'c', 'd'].map((key) => writer.submit(key, nothing));
  await expect(others[2]).rejects.toMatchObject({ code: 'rate_limited' });
  await Promise.all([...sent.slice(0, 128), ...others.slice(0, 2)]);
  expect(writer.counters()).toMatchObject({ refused: 2, bodies: 130, waiting: 0 });
  await writer.submit('a', nothing);
});

test('a body that throws is alone in failing', async () => {
  const writer = createGroupCommit(t.store.parts.db);
  const before = movements();
  // biome-ignore lint/correctness/useYield: it fails before it asks
  const poison = function* (): Tx<void> {
    throw new Error('poison');
  };
  const results = await Promise.allSettled([
    writer.submit('a', add),
    writer.submit('b', poison),
    writer.submit('c', add),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(movements() - before).toBe(2);
});

test.each(['SQLITE_FULL', 'SQLITE_BUSY', 'SQLITE_IOERR_FSYNC', 'SQLITE_READONLY'])(
  'after %s the same reports are committed when the disk is well again',
  async (code) => {
    let times = 3;
    const writer = createGroupCommit(
      failing(() => (times-- > 0 ? sqliteError(code) : undefined)),
      { retryMs: 1 },
    );
    const before = movements();
    await Promise.all([writer.submit('a', add), writer.submit('b', add)]);
    expect(movements() - before).toBe(2);
    expect(writer.counters()).toMatchObject({ retries: 3, batches: 1, waiting: 0 });
  },
);

test('without a commit for 5 s a report is refused, so that its sender backs off', async () => {
  let now = 0;
  const writer = createGroupCommit(
    failing(() => {
      now += 2_000;
      return sqliteError('SQLITE_FULL');
    }),
    { retryMs: 1, now: () => now },
  );
  await expect(writer.submit('a', add)).rejects.toMatchObject({ code: 'unavailable' });
  expect(writer.counters()).toMatchObject({ waiting: 0, retries: 2 });
});
