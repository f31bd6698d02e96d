import type { ExecutionLogEntry, JobCompleteIn } from '@yaguts/shared';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { entryOf, from, initialMg, mao, openTestStore, org, type TestStore, token } from './test-store.ts';

let t: TestStore;
beforeEach(async () => {
  t = await openTestStore();
});
afterEach(() => t.close());

const settle = (entry: ExecutionLogEntry, device = mao, at = 100) =>
  t.store.settleEntry(from(device, at, entry), entry);
const completeOf = (job_id: number, given: Partial<JobCompleteIn> = {}): JobCompleteIn => ({
  ...{ v: 1, job_id, seq: 1, token, itens_completados: 3, itens_falhados: 0, itens_cancelados: 0 },
  execution_logs: [],
  ...given,
});
const complete = (body: JobCompleteIn, device = mao) => t.store.completeJob(from(device, 200, body), body);
const saldos = () => t.tables().frascos.map(({ saldo_mg }) => saldo_mg);
const ana = { quem: 'ana', em: 150, endereco: '' };
const closeByForce = (job_id: number) => t.store.closeJob(org, job_id, '', ana);
const running = () => t.makeJob({ status: 'running', fase: 'dispensando', iniciado_em: 20 });

test('a done entry takes what was planned from its frasco, gives back its reservation and counts in its job', async () => {
  const { job_id } = await running();
  const outcome = await settle(entryOf(job_id, 1, { quantidade_g: 99 }));
  expect(outcome).toMatchObject({ kind: 'stored', change: { started: false, ended: false, frascos: [1] } });
  const { entries, movimentos, frascos } = t.tables();
  expect(entries).toMatchObject([
    { item_ordem: 1, status: 'done', ms: 1250, quantidade_mg: 2_000, tardio: false },
  ]);
  expect(movimentos.at(-1)).toMatchObject({ tipo: 'saida', quantidade_mg: -2_000, saldo_mg: 98_000, job_id });
  expect(frascos.map(({ reservado_mg }) => reservado_mg)).toEqual([0, 2_000, 2_000, 0]);
  expect(t.job(job_id)).toMatchObject({ status: 'running', itens_completados: 1, versao: 2, evento: 1 });
});

test('a failed entry costs no estoque', async () => {
  const { job_id } = await running();
  await settle(entryOf(job_id, 1, { status: 'failed', error: 'timeout: no weight' }));
  expect(saldos()).toEqual([initialMg, initialMg, initialMg, initialMg]);
  expect(t.tables().frascos[0]).toMatchObject({ reservado_mg: 0 });
  expect(t.job(job_id)).toMatchObject({ itens_completados: 0, itens_falhados: 1 });
});

test('an entry sent twice is settled once; clocks and boot ids may differ', async () => {
  const { job_id } = await running();
  await settle(entryOf(job_id, 1));
  const before = t.tables();
  const again = await settle(entryOf(job_id, 1, { boot_id: 'b2', uptime_ms: 99, ts: 1_700_000_000_000 }));
  expect(again).toEqual({ kind: 'repeat' });
  expect(t.tables()).toEqual(before);
});

test('an entry that contradicts the stored one is put aside and changes nothing', async () => {
  const { job_id } = await running();
  await settle(entryOf(job_id, 1));
  const before = t.tables();
  const outcome = await settle(entryOf(job_id, 1, { status: 'failed', error: 'rele' }));
  expect(outcome).toMatchObject({ kind: 'aside', code: 'contradicao' });
  const after = t.tables();
  expect(after.rejected).toMatchObject([{ code: 'contradicao', device: mao, vezes: 1 }]);
  expect({ ...after, rejected: [] }).toEqual(before);
});

test.each([
  ['a wrong token', 'token', { token: '0000000000000000' }],
  ['an unknown job', 'desconhecido', { job_id: 77 }],
  ['an item the job lacks', 'item', { item_ordem: 9, frasco: 2 }],
  ['another frasco than planned', 'item', { item_ordem: 1, frasco: 2 }],
])('an entry with %s is put aside and its frasco is to be weighed', async (_, code, given) => {
  const { job_id } = await running();
  const outcome = await settle(entryOf(job_id, 2, given));
  expect(outcome).toMatchObject({ kind: 'aside', code, frascos: [2] });
  const { rejected, frascos, entries } = t.tables();
  expect(entries).toEqual([]);
  expect(rejected).toMatchObject([{ code }]);
  expect(frascos.filter(({ recontar }) => recontar)).toMatchObject([{ frasco: 2 }]);
});

test("another device's job with its token is denied; without it the report is merely foreign", async () => {
  const { job_id } = await running();
  expect(await settle(entryOf(job_id, 1), 'outra')).toEqual({ kind: 'denied' });
  const foreign = await settle(entryOf(job_id, 1, { token: '0000000000000000' }), 'outra');
  expect(foreign).toMatchObject({ kind: 'aside', code: 'token' });
  expect(t.tables().rejected.map(({ code }) => code)).toEqual(['alheio', 'token']);
  expect(t.job(job_id)).toMatchObject({ itens_completados: 0 });
});

test('an unknown job_id moves the counter above it, unless it is a million ahead', async () => {
  await settle(entryOf(500, 1));
  expect(await running()).toMatchObject({ job_id: 501 });
  await settle(entryOf(2_000_000_000, 1));
  expect(await t.makeJob({ device: 'outra' })).toMatchObject({ job_id: 502 });
});

test.each([
  ['done', [{}, {}, {}], { itens_completados: 3, itens_falhados: 0, itens_cancelados: 0 }, null],
  [
    'done_partial',
    [{}, { status: 'failed', error: 'timeout' }, {}],
    { itens_completados: 2, itens_falhados: 1, itens_cancelados: 0 },
    null,
  ],
  [
    'failed',
    [
      { status: 'failed', error: 'rele' },
      { status: 'failed', error: 'cancelado' },
      { status: 'failed', error: 'cancelado' },
    ],
    { itens_completados: 0, itens_falhados: 1, itens_cancelados: 2 },
    'cancelado',
  ],
  [
    'canceled',
    [
      { status: 'failed', error: 'cancelado' },
      { status: 'failed', error: 'cancelado' },
      { status: 'failed', error: 'cancelado' },
    ],
    { itens_completados: 0, itens_falhados: 0, itens_cancelados: 3 },
    'cancelado',
  ],
  [
    'failed',
    [
      { status: 'failed', error: 'expirado' },
      { status: 'failed', error: 'expirado' },
      { status: 'failed', error: 'expirado' },
    ],
    { itens_completados: 0, itens_falhados: 3, itens_cancelados: 0 },
    'expirado',
  ],
] as const)('a job ends %s when its last item has a final entry', async (status, words, counts, motivo) => {
  const { job_id } = await running();
  for (const [i, word] of words.entries()) {
    const outcome = await settle(entryOf(job_id, i + 1, word));
    expect(outcome).toMatchObject({ change: { ended: i === words.length - 1 } });
  }
  expect(t.job(job_id)).toMatchObject({ status, fase: 'terminado', motivo, terminado_em: 100, ...counts });
  expect(t.tables().frascos.every(({ reservado_mg }) => reservado_mg === 0)).toBe(true);
});

test('events of a job are numbered without holes and end with execution_complete', async () => {
  const { job_id } = await t.makeJob();
  const events = [];
  for (const item of [1, 2, 3]) {
    const outcome = await settle(entryOf(job_id, item));
    if (outcome.kind === 'stored') events.push(...outcome.change.events);
  }
  expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  const entry = 'execution_log_entry';
  expect(events.map(({ type }) => type)).toEqual(['state', entry, entry, entry, 'execution_complete']);
  expect(t.job(job_id).evento).toBe(5);
});

test('a report of a job that is not known to run shows that it does', async () => {
  const { job_id } = await t.makeJob();
  expect(await settle(entryOf(job_id, 1))).toMatchObject({ change: { started: true } });
  expect(t.job(job_id)).toMatchObject({ status: 'running', iniciado_em: 100, sem_noticias: false });
});

test('a report of a waiting job while another runs is stored, and the waiting one is closed', async () => {
  const first = await running();
  const second = await t.makeJob({ fase: 'na_fila', token: '1111111111111111' });
  const word = { token: '1111111111111111' };
  expect(await settle(entryOf(second.job_id, 1, word))).toMatchObject({ kind: 'stored' });
  expect(t.job(first.job_id)).toMatchObject({ status: 'running' });
  const closed = { status: 'canceled', motivo: 'fora_de_ordem', itens_completados: 1, itens_cancelados: 2 };
  expect(t.job(second.job_id)).toMatchObject({ ...closed, evento: 2 });
});

test('after a job was closed by force entries still add and deduct, marked tardio; its status stays', async () => {
  const { job_id } = await running();
  await settle(entryOf(job_id, 1));
  await closeByForce(job_id);
  expect(t.job(job_id)).toMatchObject({ status: 'done_partial', itens_completados: 1, itens_cancelados: 2 });
  expect(t.tables().frascos.every(({ reservado_mg }) => reservado_mg === 0)).toBe(true);

  const late = await settle(entryOf(job_id, 2));
  expect(late).toMatchObject({ kind: 'stored', change: { ended: false } });
  await settle(entryOf(job_id, 3, { status: 'failed', error: 'cancelado' }));
  expect(t.job(job_id)).toMatchObject({
    ...{ status: 'done_partial', motivo: 'fechado_a_forca', fase: 'terminado' },
    ...{ itens_completados: 2, itens_falhados: 0, itens_cancelados: 1 },
  });
  expect(t.tables().entries.map(({ tardio }) => tardio)).toEqual([false, true, true]);
  expect(saldos()).toEqual([98_000, 98_000, initialMg, initialMg]);
});

test('a frasco that goes below its minimum is told once', async () => {
  const first = await running();
  const low = async (item: number, given: Partial<ExecutionLogEntry>) => {
    const outcome = await settle(entryOf(first.job_id, item, given));
    return outcome.kind === 'stored'
      ? outcome.change.low.map(({ frasco, saldo_mg }) => [frasco, saldo_mg])
      : [];
  };
  await t.store.parts.db.write(() =>
    t.store.parts.ledger.move({
      ...{
        org_id: org,
        device: mao,
        frasco: 1,
        tempero: 'Sal',
        tipo: 'ajuste',
        quantidade_mg: -2_500,
        em: 5,
      },
    }),
  );
  expect(await low(1, {})).toEqual([[1, 95_500]]);
  expect(await low(2, {})).toEqual([]);
});

test('complete is not answered while an item is neither stored nor put aside', async () => {
  const { job_id } = await running();
  await settle(entryOf(job_id, 1));
  const open = await complete(completeOf(job_id, { execution_logs: [entryOf(job_id, 2)] }));
  expect(open).toMatchObject({ kind: 'open', itens: [2] });
  expect(t.job(job_id)).toMatchObject({ status: 'running', itens_completados: 2, complete_em: null });
  const taken = await complete(completeOf(job_id, { execution_logs: [entryOf(job_id, 3)] }));
  expect(taken).toMatchObject({ kind: 'taken', out: { ok: true, status: 'done', itens_completados: 3 } });
  expect(t.job(job_id)).toMatchObject({ status: 'done', complete_em: 200 });
});

test('the same complete again gets the same answer and changes nothing', async () => {
  const { job_id } = await running();
  const logs = [1, 2, 3].map((item) => entryOf(job_id, item));
  const first = await complete(completeOf(job_id, { execution_logs: logs }));
  const before = t.tables();
  const again = await complete(completeOf(job_id, { execution_logs: logs }));
  expect(again.out).toEqual(first.out);
  expect(again.kind).toBe('taken');
  expect(t.tables()).toEqual(before);
});

test('an item that was put aside is closed recusado at the complete, for a person to look at', async () => {
  const { job_id } = await running();
  await settle(entryOf(job_id, 1));
  await settle(entryOf(job_id, 2));
  await settle(entryOf(job_id, 3, { frasco: 4 }));
  const taken = await complete(completeOf(job_id, { execution_logs: [] }));
  expect(taken.out).toMatchObject({ status: 'done_partial', itens_completados: 2, itens_falhados: 1 });
  expect(t.tables().entries[2]).toMatchObject({ status: 'failed', error: 'recusado item' });
  expect(saldos()).toEqual([98_000, 98_000, initialMg, initialMg]);
});

test('counts that contradict what is stored are filed, and the complete is answered', async () => {
  const { job_id } = await running();
  for (const item of [1, 2, 3]) await settle(entryOf(job_id, item));
  const taken = await complete(completeOf(job_id, { itens_completados: 1, itens_falhados: 2 }));
  expect(taken.kind).toBe('taken');
  expect(t.tables().rejected).toMatchObject([{ code: 'contradicao', detalhe: 'the counts of complete' }]);
});

test('a complete of a foreign token, an unknown job or another device is put aside', async () => {
  const { job_id } = await running();
  const foreign = completeOf(job_id, { token: '0000000000000000' });
  expect(await complete(foreign)).toMatchObject({ kind: 'aside', code: 'token' });
  expect(await complete(completeOf(90))).toMatchObject({ kind: 'aside', code: 'desconhecido' });
  expect(await complete(completeOf(job_id), 'outra')).toMatchObject({ kind: 'denied' });
  expect(await running().catch((error: Error) => error.message)).toMatch(/UNIQUE/);
  expect(t.job(job_id)).toMatchObject({ status: 'running', complete_em: null });
});

test("a complete may not carry another job's entry into that job", async () => {
  const mine = await running();
  const foreign = await t.makeJob({ fase: 'na_fila', token: '1111111111111111' });
  const stray = entryOf(foreign.job_id, 1, { token: '1111111111111111' });
  const outcome = await complete(completeOf(mine.job_id, { execution_logs: [stray] }));
  expect(outcome).toMatchObject({ kind: 'open', rejected: [{ item_ordem: 1, code: 'token' }] });
  expect(t.job(foreign.job_id)).toMatchObject({ itens_completados: 0, status: 'queued' });
});

test('an unreadable report is answered from its third identical copy', async () => {
  const { job_id } = await running();
  const about = { job_id, item_ordem: 2, detalhe: 'not valid JSON' };
  const send = (payload: string) =>
    t.store.fileUnreadable({ ...from(), payload: Buffer.from(payload) }, about);
  expect(await send('{')).toEqual({ token: null });
  expect(await send('{{')).toEqual({ token: null });
  expect(await send('{')).toEqual({ token: null });
  expect(await send('{')).toEqual({ token });
  expect(t.tables().rejected.map(({ vezes }) => vezes)).toEqual([3, 1]);
  const foreign = { ...from('outra'), payload: Buffer.from('{') };
  for (const _ of [1, 2, 3]) expect(await t.store.fileUnreadable(foreign, about)).toEqual({ token: null });

  const account = { job_id, detalhe: 'not valid JSON' };
  const garbled = { ...from(), topic: 'complete', payload: Buffer.from('!') };
  for (const _ of [1, 2, 3]) expect(await t.store.fileUnreadable(garbled, account)).toEqual({ token: null });
  for (const item of [1, 3]) await settle(entryOf(job_id, item));
  await complete(completeOf(job_id, { itens_completados: 2, itens_falhados: 1 }));
  expect(await t.store.fileUnreadable(garbled, account)).toEqual({ token });
  expect(t.tables().entries.map(({ error }) => error)).toEqual([null, 'recusado ilegivel', null]);
});

test('of what cannot be stored the first KiB is kept, and no more than 500 messages of a device', async () => {
  const long = { ...from(), payload: Buffer.alloc(3_000, 'x') };
  await t.store.fileMessage(long, 'ilegivel', 'y'.repeat(900));
  expect(t.tables().rejected[0]).toMatchObject({ tamanho: 3_000, inicio: Buffer.alloc(1_024, 'x') });
  for (let n = 0; n < 510; n += 100) {
    const some = Array.from({ length: 100 }, (_, i) => ({ ...from(mao, 1_000 + n + i, n + i) }));
    await Promise.all(some.map((origin) => t.store.fileMessage(origin, 'ilegivel', '')));
  }
  expect(t.tables().rejected).toHaveLength(500);
  expect(await t.store.rejectedMessages(org, 1)).toMatchObject([{ ultima_em: 1_599 }]);
});

test('a hundred copies in parallel of each of three entries deduct once', async () => {
  const { job_id } = await running();
  const copies = Array.from({ length: 100 }, () => [1, 2, 3].map((item) => entryOf(job_id, item))).flat();
  const outcomes = [];
  for (let i = 0; i < copies.length; i += 100) {
    outcomes.push(...(await Promise.all(copies.slice(i, i + 100).map((entry) => settle(entry)))));
  }
  expect(outcomes.filter(({ kind }) => kind === 'stored')).toHaveLength(3);
  expect(outcomes.filter(({ kind }) => kind === 'repeat')).toHaveLength(297);
  expect(saldos()).toEqual([98_000, 98_000, 98_000, initialMg]);
  expect(t.store.commitCounters()).toMatchObject({ largest: 64, waiting: 0 });
});

test('any order of entries, cancels and completes with repeats leaves the same database, and the ledger adds up', async () => {
  const words = fc.array(
    fc.record({
      status: fc.constantFrom('done' as const, 'failed' as const),
      code: fc.constantFrom('timeout', 'cancelado', 'interrompido', 'expirado'),
    }),
    { minLength: 3, maxLength: 3 },
  );
  const order = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(words, order, async (said, shuffled) => {
      const results = [];
      for (const sequence of [
        [0, 1, 2, 3],
        [...shuffled, 2, 1, 0, 3],
      ]) {
        const made = await running();
        const logs = said.map(({ status, code }, i) =>
          entryOf(made.job_id, i + 1, { status, error: status === 'done' ? null : code }),
        );
        const before = saldos();
        await t.store.cancelJob(org, made.job_id, { id: 'c1', motivo: '', expiraEm: 9_000 }, ana);
        for (const step of sequence) {
          const log = logs[step];
          if (log) await settle(log);
          else if (step === 4) await t.store.takeCancelAnswer(from(), made.job_id, 'c1', true);
          else await complete(completeOf(made.job_id, { execution_logs: shuffled.length % 2 ? logs : [] }));
        }
        const { status, motivo, itens_completados, itens_falhados, itens_cancelados, complete_em } = t.job(
          made.job_id,
        );
        const job = { status, motivo, itens_completados, itens_falhados, itens_cancelados, complete_em };
        const poured = saldos().map((saldo, i) => saldo - (before[i] as number));
        const rows = t.tables().entries.filter((row) => row.job_id === made.job_id);
        results.push({ job, poured, rows: rows.map(({ item_ordem, digest }) => [item_ordem, digest]) });
        expect(itens_completados + itens_falhados + itens_cancelados).toBe(3);
      }
      expect(results[1]).toEqual(results[0]);
      const { movimentos, frascos } = t.tables();
      for (const { frasco, saldo_mg } of frascos) {
        const sum = movimentos
          .filter((row) => row.device === mao && row.frasco === frasco)
          .reduce((total, row) => total + row.quantidade_mg, 0);
        expect(saldo_mg).toBe(sum);
      }
    }),
    { numRuns: 60 },
  );
});
