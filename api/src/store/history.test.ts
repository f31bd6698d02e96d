import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cancelJob } from '../flows/cancel-job.ts';
import { closeJob } from '../flows/close-job.ts';
import { createJob } from '../flows/create-job.ts';
import { addDevice, ana, type Kitchen, mao, openKitchen, org, person } from '../flows/test-kitchen.ts';

let kitchen: Kitchen;
beforeEach(async () => {
  kitchen = await openKitchen();
  await kitchen.bear();
});
afterEach(() => kitchen.close());

const hour = 3_600_000;
const order = (by = ana, metodo: 'painel' | 'api' = 'painel', device = mao) =>
  createJob(kitchen.deps, { org, by, metodo, body: { receita_id: 1, multiplicador: 1, device } });
const runJob = async (failed: number[], ms = 4_000) => {
  await order();
  const jobId = await kitchen.startOffered();
  kitchen.later(ms);
  await kitchen.report(jobId, [1, 2], failed);
  return jobId;
};
/** The device reports an item that it has not poured. */
const say = async (job_id: number, item_ordem: number, error: string): Promise<void> => {
  const { parts } = kitchen.deps.store;
  const job = await parts.db.read(() => parts.rows.byId(org, job_id));
  if (!job?.seq) throw new Error('it was never offered');
  const entry = { v: 1, job_id, seq: job.seq, token: job.token, item_ordem, frasco: item_ordem } as const;
  const word = { quantidade_g: item_ordem === 1 ? 2.5 : 1, segundos: 0, status: 'failed', error } as const;
  await kitchen.say(
    'jobLog',
    { org, device: mao, job_id, item_ordem },
    { ...entry, ...word, boot_id: 'b1', uptime_ms: 1, ts: null },
  );
};
const history = (filter = {}, page = {}) =>
  kitchen.deps.store.executionHistory(org, filter, { limit: 50, ...page });
const ids = async (filter = {}, page = {}) => (await history(filter, page)).rows.map((row) => row.job_id);

describe('execution history', () => {
  test('shows duration, frascos, grams and result of what ran, and also what never finished', async () => {
    await runJob([2]);
    await order();
    const { rows, proximo } = await history();
    expect(proximo).toBeNull();
    expect(rows).toMatchObject([
      { job_id: 2, status: 'queued', duracao_ms: null, gramas: 0 },
      {
        ...{ job_id: 1, device: mao, receita: 'Tempero baiano', status: 'done_partial', duracao_ms: 4_000 },
        ...{ frascos: [1, 2], gramas: 2.5, criado_por: 'ana', metodo: 'painel', fw_version: '0.3.0' },
        ...{ itens_completados: 1, itens_falhados: 1, itens_cancelados: 0, multiplicador: 1 },
      },
    ]);
  });

  test('filters by date, device, status, method, person, receita and tempero', async () => {
    await addDevice(kitchen, 'cozinha');
    await runJob([]);
    kitchen.later(hour);
    const noon = kitchen.deps.now();
    await order(person('sol', 'solicitante'), 'api', 'cozinha');
    expect(await ids({ de: noon })).toEqual([2]);
    expect(await ids({ ate: noon })).toEqual([1]);
    expect(await ids({ device: 'cozinha' })).toEqual([2]);
    expect(await ids({ status: 'done' })).toEqual([1]);
    expect(await ids({ metodo: 'api' })).toEqual([2]);
    expect(await ids({ user: 'ana' })).toEqual([1]);
    expect(await ids({ receita: 'BAIANO' })).toEqual([2, 1]);
    expect(await ids({ receita: '%' })).toEqual([]);
    expect(await ids({ tempero: 'Alho' })).toEqual([2, 1]);
    expect(await ids({ tempero: 'Louro', device: mao })).toEqual([]);
  });

  test.each([
    ['criado_em', false],
    ['criado_em', true],
    ['duracao', false],
    ['terminado_em', true],
    ['gramas', false],
  ] as const)(
    'pages by cursor without a hole or a repeat, sorted by %s, ascending %s',
    async (sort, ascending) => {
      for (const failed of [[1], [], [1, 2], [2], []]) await runJob(failed, failed.length * 1_000);
      await order();
      const whole = await ids({}, { sort, ascending });
      const paged: number[] = [];
      let cursor: string | null | undefined;
      do {
        const page = await history({}, { limit: 2, sort, ascending, ...(cursor ? { cursor } : {}) });
        expect(page.rows.length).toBeLessThanOrEqual(2);
        paged.push(...page.rows.map((row) => row.job_id));
        cursor = page.proximo;
      } while (cursor);
      expect(paged).toEqual(whole);
      expect([...whole].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    },
  );

  test('sorted by grams, the heaviest comes first', async () => {
    await runJob([1]);
    await runJob([]);
    await runJob([2]);
    expect(await ids({}, { sort: 'gramas' })).toEqual([2, 3, 1]);
  });

  test.each([
    '',
    'xyz',
    Buffer.from('[1]').toString('base64url'),
    Buffer.from('["1;drop",2]').toString('base64url'),
  ])('a cursor that is none of ours is refused: %j', async (cursor) => {
    await expect(async () => history({}, { cursor })).rejects.toMatchObject({ code: 'invalid' });
  });

  test('jobs are listed as snapshots, by status, fase, device and person', async () => {
    await runJob([]);
    await order();
    await order();
    const list = async (filter = {}) =>
      (await kitchen.deps.store.listJobs(org, filter, { limit: 50 })).rows.map((row) => row.job_id);
    expect(await list()).toEqual([3, 2, 1]);
    expect(await list({ status: 'queued', fase: 'na_fila' })).toEqual([3]);
    expect(await list({ fase: 'ofertado' })).toEqual([2]);
    expect(await list({ user: 'sol' })).toEqual([]);
    const first = await kitchen.deps.store.listJobs(org, {}, { limit: 2 });
    expect(first.rows[0]).toMatchObject({ v: 1, itens: [{ estado: 'pendente' }, {}] });
    const second = await kitchen.deps.store.listJobs(org, {}, { limit: 2, cursor: first.proximo ?? '' });
    expect(second).toMatchObject({ rows: [{ job_id: 1 }], proximo: null });
  });
});

describe('summary', () => {
  test('success rate, mean duration, grams and interrupted counts follow from the executions', async () => {
    await runJob([], 2_000);
    await runJob([2], 4_000);
    await order();
    await cancelJob(kitchen.deps, { org, by: ana, jobId: 3 });
    expect(await kitchen.deps.store.historySummary(org, {}, kitchen.deps.now())).toMatchObject({
      ...{ total: 3, sucesso: 1, taxa_sucesso: 0.5, duracao_media_ms: 3_000, gramas: 6, interrompidos: 0 },
      ...{ atraso_p95_ms: null, estoque_exato: 1, fuso: 'America/Sao_Paulo' },
    });
  });

  test('what a person stops in its middle is neither a success nor a failure of the device', async () => {
    await runJob([], 2_000);
    await order();
    const stopped = await kitchen.startOffered();
    await say(stopped, 1, 'abortado parado por comando');
    await say(stopped, 2, 'cancelado');
    await kitchen.complete(stopped);
    await order();
    const closed = await kitchen.startOffered();
    await kitchen.report(closed, [1]);
    await closeJob(kitchen.deps, { org, by: ana, jobId: closed });
    const figures = () => kitchen.deps.store.historySummary(org, {}, kitchen.deps.now());
    expect(await figures()).toMatchObject({ total: 3, sucesso: 1, parados: 2, taxa_sucesso: 1 });
    // What the device itself gives up is its failure.
    await runJob([1, 2]);
    expect(await figures()).toMatchObject({ total: 4, parados: 2, taxa_sucesso: 0.5 });
  });

  test('a job from before its sums were kept gets them from its entries, by the migration that brings them', async () => {
    await runJob([2]);
    await order();
    const stopped = await kitchen.startOffered();
    await say(stopped, 1, 'interrompido sem energia');
    const figures = () => kitchen.deps.store.historySummary(org, {}, kitchen.deps.now());
    const kept = await figures();
    expect(kept).toMatchObject({ gramas: 2.5, interrompidos: 1 });
    const { orm } = kitchen.deps.store.parts.db;
    orm.run('update jobs set gramas_mg = 0, interrompidos = 0');
    expect(await figures()).toMatchObject({ gramas: 0, interrompidos: 0 });
    const migration = readFileSync(new URL('../../drizzle/0004_historico.sql', import.meta.url), 'utf8');
    const filling = migration.split('--> statement-breakpoint').filter((sql) => /UPDATE `jobs`/.test(sql));
    for (const sql of filling) orm.run(sql.trim());
    expect(await figures()).toEqual(kept);
  });

  test('the report delay is the 95th percentile over entries whose device knew the time', async () => {
    await runJob([]);
    const { orm } = kitchen.deps.store.parts.db;
    orm.run('update execution_logs set ts = recebido_em - 1000 * item_ordem');
    const delay = async () =>
      (await kitchen.deps.store.historySummary(org, {}, kitchen.deps.now())).atraso_p95_ms;
    expect(await delay()).toBe(2_000);
    orm.run('update execution_logs set ts = null where item_ordem = 2');
    expect(await delay()).toBe(1_000);
    orm.run('update execution_logs set ts = recebido_em + 5000 where item_ordem = 1');
    expect(await delay()).toBe(0);
  });

  test('without an execution there is no rate to show', async () => {
    expect(await kitchen.deps.store.historySummary(org, {}, kitchen.deps.now())).toMatchObject({
      ...{ total: 0, taxa_sucesso: null, duracao_media_ms: null, atraso_p95_ms: null },
    });
  });

  test('thirty days end today in the time zone of the org, zeros kept', async () => {
    await runJob([]);
    // 12:00 UTC and 14 hours: 2:00 UTC of the next day, which is 23:00 of the same day in São Paulo.
    kitchen.later(14 * hour);
    await runJob([1, 2]);
    kitchen.later(2 * hour);
    await runJob([1]);
    const { dias } = await kitchen.deps.store.historySummary(org, {}, kitchen.deps.now());
    expect(dias).toHaveLength(30);
    expect(dias.slice(-3)).toEqual([
      { dia: '2026-11-23', done: 0, done_partial: 0, failed: 0, canceled: 0, outros: 0 },
      { dia: '2026-11-24', done: 1, done_partial: 0, failed: 1, canceled: 0, outros: 0 },
      { dia: '2026-11-25', done: 0, done_partial: 1, failed: 0, canceled: 0, outros: 0 },
    ]);
  });

  test('a saldo that is not the sum of its ledger shows at once', async () => {
    const { orm } = kitchen.deps.store.parts.db;
    orm.run('update frascos set saldo_mg = saldo_mg + 1 where frasco = 1');
    const { estoque_exato } = await kitchen.deps.store.historySummary(org, {}, kitchen.deps.now());
    expect(estoque_exato).toBe(0.75);
    expect(await kitchen.deps.store.wrongSaldos(org)).toEqual([
      { device: mao, frasco: 1, saldo_mg: 100_001, soma_mg: 100_000 },
    ]);
  });
});
