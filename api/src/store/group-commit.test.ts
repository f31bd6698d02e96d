import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Sqlite } from './driver.ts';
import { createGroupCommit } from './group-commit.ts';
import { type AnyGrouped, type CommitGroup, each, runGroup } from './grouped.ts';
import { estoqueMov } from './schema/index.ts';
import { mao, openTestStore, org, type TestStore } from './test-store.ts';
import type { Tx } from './transaction.ts';

let t: TestStore;
beforeEach(async () => {
  t = await openTestStore();
});
afterEach(() => t.close());

const movements = () => t.store.parts.db.orm.select().from(estoqueMov).all().length;
const move = () =>
  t.store.parts.ledger.move({
    ...{ org_id: org, device: mao, frasco: 1, tempero: 'Sal', tipo: 'entrada', quantidade_mg: 1, em: 2 },
  });
const add = each(move);
const nothing = each(function* (): Tx<void> {});
const poison = each(
  // biome-ignore lint/correctness/useYield: it fails before it asks
  function* (): Tx<void> {
    throw new Error('poison');
  },
);
/** Commits groups in the store's own database. */
const commit =
  (more: Readonly<Record<string, AnyGrouped>> = {}): CommitGroup =>
  (calls) =>
    t.store.parts.db.write(() => runGroup({ add, nothing, poison, ...more }, calls));
/** The same, its commits failing while `fault` says so. */
const failing =
  (fault: () => Error | undefined): CommitGroup =>
  async (calls) => {
    const error = fault();
    if (error) throw error;
    return commit()(calls);
  };
const sqliteError = (code: string) => Object.assign(new Error(code), { code });

test('bodies of one turn are one commit, at most 64 in a batch', async () => {
  const writer = createGroupCommit(commit());
  const before = movements();
  await Promise.all(Array.from({ length: 100 }, () => writer.submit('a', 'add', [])));
  expect(movements() - before).toBe(100);
  expect(writer.counters()).toMatchObject({ batches: 2, bodies: 100, largest: 64, waiting: 0 });
});

test('a batch takes one device after the other, each with all that it has, and no device out of turn', async () => {
  const bodies: (readonly string[])[] = [];
  const together = function* (calls: readonly (readonly [string])[]): Tx<string[]> {
    bodies.push(calls.map(([input]) => input));
    return calls.map(([input]) => `${input}!`);
  };
  const writer = createGroupCommit(commit({ together }), { batch: 4 });
  const sent = ['a1', 'b1', 'a2', 'b2', 'a3', 'c1'].map((name) =>
    writer.submit(name.slice(0, 1), 'together', [name]),
  );
  expect(await Promise.all(sent)).toEqual(['a1!', 'b1!', 'a2!', 'b2!', 'a3!', 'c1!']);
  expect(bodies).toEqual([
    ['a1', 'a2', 'a3', 'b1'],
    ['b2', 'c1'],
  ]);
});

test('a body that throws over some inputs fails those alone', async () => {
  const together = function* (calls: readonly (readonly [number])[]): Tx<number[]> {
    yield* move();
    const inputs = calls.map(([input]) => input);
    if (inputs.includes(2)) throw new Error('not two');
    return inputs;
  };
  const writer = createGroupCommit(commit({ together }));
  const before = movements();
  const ended = await Promise.allSettled([1, 2, 3].map((input) => writer.submit('a', 'together', [input])));
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(movements() - before).toBe(2);
});

test('a promise ends after the commit, in the order of arrival', async () => {
  const writer = createGroupCommit(commit());
  const ended: number[] = [];
  const stranger = new Sqlite(join(t.dir, 'yaguts.db'), { readonly: true });
  const committed = stranger.prepare('select count(*) from estoque_mov').pluck();
  const before = committed.get() as number;
  await Promise.all(
    [1, 2, 3].map(async (n) => {
      await writer.submit('a', 'add', []);
      expect(committed.get()).toBe(before + 3);
      ended.push(n);
    }),
  );
  expect(ended).toEqual([1, 2, 3]);
  stranger.close();
});

test('beyond 128 of one device, or the total, a report is refused at once', async () => {
  const writer = createGroupCommit(commit(), { total: 130 });
  const sent = Array.from({ length: 129 }, () => writer.submit('a', 'nothing', []));
  await expect(sent[128]).rejects.toMatchObject({ code: 'rate_limited' });
  const others = ['b', 'c', 'd'].map((key) => writer.submit(key, 'nothing', []));
  await expect(others[2]).rejects.toMatchObject({ code: 'rate_limited' });
  await Promise.all([...sent.slice(0, 128), ...others.slice(0, 2)]);
  expect(writer.counters()).toMatchObject({ refused: 2, bodies: 130, waiting: 0 });
  await writer.submit('a', 'nothing', []);
});

test('a body that throws is alone in failing', async () => {
  const writer = createGroupCommit(commit());
  const before = movements();
  const results = await Promise.allSettled([
    writer.submit('a', 'add', []),
    writer.submit('b', 'poison', []),
    writer.submit('c', 'add', []),
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
    await Promise.all([writer.submit('a', 'add', []), writer.submit('b', 'add', [])]);
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
  await expect(writer.submit('a', 'add', [])).rejects.toMatchObject({ code: 'unavailable' });
  expect(writer.counters()).toMatchObject({ waiting: 0, retries: 2 });
});

/** Commits that answer when the test says so, as a disk that hangs. */
function held() {
  const answers: (() => void)[] = [];
  const groups: number[] = [];
  return {
    groups,
    answer: () => answers.shift()?.(),
    commit: (calls: readonly unknown[]) => {
      groups.push(calls.length);
      return new Promise<unknown[]>((resolve) => answers.push(() => resolve(calls.map(() => 'stored'))));
    },
  };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('while one batch is committed the next one gathers', async () => {
  const disk = held();
  const writer = createGroupCommit(disk.commit);
  const first = writer.submit('a', 'x', []);
  await turn();
  const others = ['a', 'b', 'c'].map((key) => writer.submit(key, 'x', []));
  await turn();
  expect(disk.groups).toEqual([1]);
  disk.answer();
  await first;
  await turn();
  await turn();
  expect(disk.groups).toEqual([1, 3]);
  disk.answer();
  await Promise.all(others);
  await writer.idle();
  expect(writer.counters()).toMatchObject({ batches: 2, bodies: 4, waiting: 0 });
});

test('a commit that never answers is given up after 5 s, and what it stores after all was heard by nobody', async () => {
  const disk = held();
  let now = 0;
  let unheard = 0;
  const writer = createGroupCommit(disk.commit, { now: () => now, waitMs: 20, onUnheard: () => unheard++ });
  const flying = writer.submit('a', 'x', []);
  await turn();
  const queued = writer.submit('a', 'x', []);
  now = 20;
  await expect(flying).rejects.toMatchObject({ code: 'unavailable' });
  await expect(queued).rejects.toMatchObject({ code: 'unavailable' });
  expect(writer.counters()).toMatchObject({ waiting: 0 });
  const later = writer.submit('a', 'x', []);
  disk.answer();
  await turn();
  await turn();
  disk.answer();
  expect(await later).toBe('stored');
  expect(unheard).toBe(1);
  expect(disk.groups).toEqual([1, 1]);
});

test('a report that waits long in a queue that moves is not let down', async () => {
  let now = 0;
  const writer = createGroupCommit(
    async (calls) => {
      now += 4_000;
      return calls.map(() => now);
    },
    { batch: 1, now: () => now },
  );
  const sent = ['a', 'b', 'c'].map((key) => writer.submit(key, 'x', []));
  expect(await Promise.all(sent)).toEqual([4_000, 8_000, 12_000]);
});

test('with a depth of two a full batch is sent behind the one under way; a small one waits for it', async () => {
  const disk = held();
  const writer = createGroupCommit(disk.commit, { depth: 2, batch: 3 });
  const send = (n: number) => Array.from({ length: n }, (_, i) => writer.submit(`d${i}`, 'x', []));
  const first = send(1);
  await turn();
  const small = send(2);
  await turn();
  expect(disk.groups).toEqual([1]);
  const full = send(4);
  await turn();
  expect(disk.groups).toEqual([1, 3]);
  for (let n = 0; n < 3; n++) {
    disk.answer();
    await turn();
    await turn();
  }
  await Promise.all([...first, ...small, ...full]);
  expect(disk.groups).toEqual([1, 3, 3]);
});

test('what was refused behind a batch that failed is committed after it, in its order', async () => {
  const log: string[] = [];
  const wrongs = [sqliteError('SQLITE_FULL'), sqliteError('SQLITE_BUSY')];
  const writer = createGroupCommit(
    async (calls) => {
      await turn();
      const wrong = wrongs.shift();
      if (wrong) throw wrong;
      log.push(...calls.map(({ name }) => name));
      return calls.map(() => 'stored');
    },
    { depth: 2, batch: 2, retryMs: 1 },
  );
  const sent = ['a', 'b', 'c', 'd', 'e'].map((name) => writer.submit('one', name, []));
  await Promise.all(sent);
  expect(log).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(writer.counters()).toMatchObject({ waiting: 0, bodies: 5 });
});
