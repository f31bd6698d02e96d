import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCounter } from './counter.ts';
import { createRejected } from './rejected.ts';
import { createSettle, type EntryOutcome, type Settle } from './settle-entries.ts';
import { entryOf, from, initialMg, mao, openTestStore, org, type TestStore } from './test-store.ts';
import { run } from './transaction.ts';

let t: TestStore;
let settle: Settle;
beforeEach(async () => {
  t = await openTestStore();
  const { db, rows, ledger } = t.store.parts;
  const [rejected, counter] = [createRejected(db.orm), createCounter(db.orm)];
  settle = createSettle({ db, rows, ledger, rejected, counter });
});
afterEach(() => t.close());

type Said = Parameters<typeof entryOf>;
/** Settles entries in one batch. */
const batch = (...said: Said[]): Promise<EntryOutcome[]> =>
  t.store.parts.db.write(() =>
    settle.settle(said.map((args) => ({ origin: from(), entry: entryOf(...args) }))),
  );
const kinds = (outcomes: readonly EntryOutcome[]) => outcomes.map(({ kind }) => kind);
const changes = (outcomes: readonly EntryOutcome[]) =>
  outcomes.flatMap((outcome) => (outcome.kind === 'stored' ? [outcome.change] : []));

test('an empty batch changes nothing', async () => {
  expect(await batch()).toEqual([]);
});

test('a batch writes its job once, whatever the number of its entries, and its frascos once each', async () => {
  const job = await t.makeJob({ frascos: [1, 1, 1, 2], status: 'running', fase: 'dispensando' });
  const [before] = t.tables().frascos;
  const outcomes = await batch(
    [job.job_id, 1, { frasco: 1 }],
    [job.job_id, 2, { frasco: 1 }],
    [job.job_id, 3, { frasco: 1 }],
  );
  expect(kinds(outcomes)).toEqual(['stored', 'stored', 'stored']);
  expect(t.job(job.job_id)).toMatchObject({ versao: job.versao + 1, evento: job.evento + 3 });
  const [after] = t.tables().frascos;
  expect(before).toMatchObject({ saldo_mg: initialMg, reservado_mg: 6_000 });
  expect(after).toMatchObject({ saldo_mg: initialMg - 6_000, reservado_mg: 0 });
  expect(after?.versao).toBe((before?.versao ?? 0) + 1);
});

test('every row of the ledger carries the saldo as it was after it', async () => {
  const job = await t.makeJob({ frascos: [1, 1, 2], status: 'running', fase: 'dispensando' });
  await batch([job.job_id, 1, { frasco: 1 }], [job.job_id, 3, { frasco: 2 }], [job.job_id, 2, { frasco: 1 }]);
  const saidas = t.tables().movimentos.filter(({ tipo }) => tipo === 'saida');
  expect(saidas.map(({ frasco, item_ordem, saldo_mg }) => [frasco, item_ordem, saldo_mg])).toEqual([
    [1, 1, initialMg - 2_000],
    [1, 2, initialMg - 4_000],
    [2, 3, initialMg - 2_000],
  ]);
});

test('two copies of one entry in one batch are stored once', async () => {
  const { job_id } = await t.makeJob();
  expect(kinds(await batch([job_id, 1], [job_id, 1], [job_id, 1, { status: 'failed' }]))).toEqual([
    'stored',
    'repeat',
    'aside',
  ]);
  expect(t.tables().entries).toHaveLength(1);
  expect(t.tables().rejected).toMatchObject([{ code: 'contradicao' }]);
});

test('the last entry ends its job in the middle of a batch; what comes after it is late or the same again', async () => {
  const one = await t.makeJob({ frascos: [1, 2], status: 'running', fase: 'dispensando' });
  const outcomes = await batch([one.job_id, 1], [one.job_id, 2], [one.job_id, 2]);
  expect(kinds(outcomes)).toEqual(['stored', 'stored', 'repeat']);
  expect(changes(outcomes).map(({ ended }) => ended)).toEqual([false, true]);
  expect(changes(outcomes).flatMap(({ events }) => events.map(({ type }) => type))).toEqual([
    'execution_log_entry',
    'execution_log_entry',
    'execution_complete',
  ]);
  expect(t.job(one.job_id)).toMatchObject({ status: 'done', fase: 'terminado', itens_completados: 2 });
});

test('entries of several jobs in one batch do not touch each other', async () => {
  const one = await t.makeJob({ frascos: [1], status: 'running', fase: 'dispensando' });
  const other = await t.makeJob({ frascos: [1, 2], device: 'outra', status: 'running', fase: 'dispensando' });
  const outcomes = await t.store.parts.db.write(() =>
    settle.settle([
      { origin: from(), entry: entryOf(one.job_id, 1) },
      { origin: from('outra'), entry: entryOf(other.job_id, 2) },
      { origin: from('outra'), entry: entryOf(one.job_id, 1) },
    ]),
  );
  expect(kinds(outcomes)).toEqual(['stored', 'stored', 'denied']);
  expect(t.job(one.job_id)).toMatchObject({ status: 'done', itens_completados: 1 });
  expect(t.job(other.job_id)).toMatchObject({ status: 'running', itens_completados: 1 });
});

test('a body that fails in the middle of a batch leaves nothing of it', async () => {
  const job = await t.makeJob({ status: 'running', fase: 'dispensando' });
  const failing = t.store.parts.db.write(function* () {
    yield* settle.settle([{ origin: from(), entry: entryOf(job.job_id, 1) }]);
    yield* run({
      ...notHere,
      run: () => {
        throw new Error('the disk is gone');
      },
    });
  });
  await expect(failing).rejects.toThrow('the disk is gone');
  expect(t.tables().entries).toEqual([]);
  expect(t.job(job.job_id)).toEqual(job);
});
const notHere = { get: () => undefined, all: () => [], run: () => undefined };

test('why a job ended is the word of its entries: stopped by a hand, canceled, or too late', async () => {
  for (const [error, motivo] of [
    ['abortado', 'abortado'],
    ['cancelado', 'cancelado'],
    ['expirado', 'expirado'],
    ['timeout', null],
  ] as const) {
    const { job_id } = await t.makeJob({ frascos: [1, 2], status: 'running', fase: 'dispensando' });
    await batch([job_id, 1], [job_id, 2, { status: 'failed', error }]);
    expect(t.job(job_id)).toMatchObject({ status: expect.not.stringMatching(/running/), motivo });
  }
});

test('refusing items closes them as recusado, with the reason, and costs no estoque', async () => {
  const job = await t.makeJob({ frascos: [1, 2], seq: null, status: 'running', fase: 'dispensando' });
  const itens = await t.store.parts.db.read(() => t.store.parts.rows.itens(org, job.job_id));
  const put = itens.map((item) => ({ ...item, recusado: item.item_ordem === 1 ? 'item' : null }));
  const made = await t.store.parts.db.write(() => settle.refuse(from(mao, 7), job, put));
  expect(made.map(({ ended }) => ended)).toEqual([false, true]);
  expect(t.tables().entries.map(({ error, recebido_em }) => [error, recebido_em])).toEqual([
    ['recusado item', 7],
    ['recusado sem relato', 7],
  ]);
  expect(t.job(job.job_id)).toMatchObject({ status: 'failed', itens_falhados: 2 });
  expect(t.tables().frascos.map(({ saldo_mg }) => saldo_mg)).toEqual(Array(4).fill(initialMg));
});
