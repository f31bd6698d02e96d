import { limits } from '@yaguts/shared';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { approveJob, rejectJob } from './approve-job.ts';
import { cancelJob } from './cancel-job.ts';
import { createJob } from './create-job.ts';
import { expireJobs } from './housekeeping.ts';
import { moveEstoque } from './move-estoque.ts';
import { previewJob } from './preview-job.ts';
import { saveReceita } from './save-receita.ts';
import { saveTempero } from './save-tempero.ts';
import { addDevice, ana, type Kitchen, mao, openKitchen, org, person } from './test-kitchen.ts';

let kitchen: Kitchen;
beforeEach(async () => {
  kitchen = await openKitchen();
});
afterEach(() => kitchen.close());

const order = (multiplicador = 1, by = ana, device?: string) =>
  createJob(kitchen.deps, {
    ...{ org, by, metodo: 'painel' },
    body: { receita_id: kitchen.receita_id, multiplicador, ...(device ? { device } : {}) },
  });
const reserved = async (device = mao) =>
  (await kitchen.deps.store.listFrascos(org, device))?.slice(0, 2).map((row) => row.reservado_g);
const codeOf = (code: string) => expect.objectContaining({ code });

describe('creating', () => {
  test('a job made while the device is idle and its queue empty is offered at once', async () => {
    await kitchen.bear();
    const made = await order(2);
    expect(made).toEqual({ id: 1, job_id: 1, status: 'queued', fase: 'ofertado', device: mao });
    expect(kitchen.last('jobsNext')?.payload).toMatchObject({
      ...{ v: 1, job_id: 1, seq: 1, receita: 'Tempero baiano' },
      itens: [
        { item_ordem: 1, frasco: 1, tempero: 'Sal', quantidade_g: 5, ms: 2_500 },
        { item_ordem: 2, frasco: 2, tempero: 'Alho', quantidade_g: 2, ms: 1_000 },
      ],
    });
    expect(kitchen.last('jobsNext')?.payload?.token).toMatch(/^[0-9a-f]{16}$/);
    expect(kitchen.notified.map(({ type }) => type)).toContain('task:created');
    expect(kitchen.last('jobState')?.payload).toMatchObject({
      job_id: 1,
      fase: 'ofertado',
      metodo: 'painel',
      criado_por: 'ana',
    });
  });

  test('its estoque is reserved, and free again when it ends', async () => {
    await order();
    expect(await reserved()).toEqual([2.5, 1]);
    expect(kitchen.all('estoque').map(({ payload }) => payload?.reservado_g)).toEqual([2.5, 1]);
    await cancelJob(kitchen.deps, { org, by: ana, jobId: 1 });
    expect(await reserved()).toEqual([0, 0]);
  });

  test('nothing is offered before the birth of the device; then it is', async () => {
    expect(await order()).toMatchObject({ fase: 'na_fila' });
    expect(kitchen.last('jobsNext')?.payload).toBeNull();
    await kitchen.bear();
    expect(kitchen.last('jobsNext')?.payload).toMatchObject({ job_id: 1, seq: 1 });
  });

  test('the seq of an offer lies above what the device has finished', async () => {
    await kitchen.bear(mao, { hi: 41 });
    await order();
    expect(kitchen.last('jobsNext')?.payload).toMatchObject({ job_id: 1, seq: 42 });
  });

  test('two orders never count on the same grams: the second is refused with what is missing', async () => {
    await order(30);
    await expect(order(30)).rejects.toThrow(codeOf('estoque_insuficiente'));
    await expect(order(30)).rejects.toThrow('75 g needed, 25 g free in the estoque: 50 g missing');
    expect(await kitchen.deps.store.openJobs(org)).toEqual([1]);
    expect(await reserved()).toEqual([75, 30]);
  });

  test('a refused job leaves nothing half-made and names every obstacle', async () => {
    const body = {
      ...{ nome: 'Impossível', notas: '', tags: [], favorita: false },
      itens: [
        { tempero: 'Sal', quantidade_g: 500, escala: 'linear' as const, critico: false },
        { tempero: 'Alho', quantidade_g: 200, escala: 'linear' as const, critico: false },
      ],
    };
    const { id } = await saveReceita(kitchen.deps, { org, by: ana, id: null, body });
    const refused = createJob(kitchen.deps, {
      org,
      by: ana,
      metodo: 'api',
      body: { receita_id: id, multiplicador: 1 },
    });
    await expect(refused).rejects.toMatchObject({
      code: 'estoque_insuficiente',
      faults: [{ path: 'Sal' }, { path: 'Alho' }],
    });
    expect(await kitchen.deps.store.openJobs(org)).toEqual([]);
    expect(await reserved()).toEqual([0, 0]);
  });

  test.each([0, -1, 1e9, Number.NaN])('multiplicador %s is refused', async (multiplicador) => {
    await expect(order(multiplicador)).rejects.toThrow(codeOf('multiplicador'));
  });

  test('with less than 200 MiB free no new job is taken', async () => {
    const { deps } = kitchen;
    expect(await deps.store.freeBytes()).toBeGreaterThan(0);
    const full = { ...deps, store: { ...deps.store, freeBytes: async () => 199 * 1_024 * 1_024 } };
    const body = { receita_id: 1, multiplicador: 1 };
    await expect(createJob(full, { org, by: ana, metodo: 'painel', body })).rejects.toThrow(
      '199 MiB are free',
    );
    expect(await deps.store.openJobs(org)).toEqual([]);
  });

  test('an unknown receita and an unknown device are not found', async () => {
    const body = { receita_id: 99, multiplicador: 1 };
    await expect(createJob(kitchen.deps, { org, by: ana, metodo: 'api', body })).rejects.toThrow(
      codeOf('not_found'),
    );
    await expect(order(1, ana, 'fogao')).rejects.toThrow(codeOf('not_found'));
  });

  test('without a device, the only one that can run it is taken, and two must be told apart', async () => {
    await addDevice(kitchen, 'cozinha');
    await expect(order()).rejects.toThrow(codeOf('sem_dispensador'));
    await expect(order()).rejects.toThrow('cozinha, mao');
    await moveEstoque(kitchen.deps, {
      ...{ org, by: ana },
      body: { tipo: 'ajuste', device: 'cozinha', frasco: 1, saldo_g: 1, nota: '' },
    });
    expect(await order()).toMatchObject({ device: mao });
  });

  test('editing a receita does not change a job that waits', async () => {
    await order();
    const body = {
      ...{ nome: 'Outro nome', notas: '', tags: [], favorita: false },
      itens: [{ tempero: 'Alho', quantidade_g: 9, escala: 'linear' as const, critico: false }],
    };
    await saveReceita(kitchen.deps, { org, by: ana, id: kitchen.receita_id, body });
    expect(await kitchen.deps.store.jobState(org, 1)).toMatchObject({
      receita: 'Tempero baiano',
      itens: [{ quantidade_g: 2.5 }, {}],
    });
  });

  test('however orders and cancels follow each other, what is reserved is what waits', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('order' as const), times: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ do: fc.constant('cancel' as const), pick: fc.nat(20) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
        for (const one of steps) {
          const open = await kitchen.deps.store.openJobs(org);
          if (one.do === 'order') await order(one.times).catch(() => {});
          else if (open.length > 0)
            await cancelJob(kitchen.deps, { org, by: ana, jobId: open[one.pick % open.length] as number });
        }
        const open = await kitchen.deps.store.openJobs(org);
        const sum = [0, 0];
        for (const id of open) {
          for (const { frasco, quantidade_g } of (await kitchen.deps.store.jobState(org, id))?.itens ?? []) {
            sum[frasco - 1] = (sum[frasco - 1] ?? 0) + quantidade_g;
          }
        }
        expect(await reserved()).toEqual(sum);
        for (const grams of sum) expect(grams).toBeLessThanOrEqual(100);
        for (const jobId of open) await cancelJob(kitchen.deps, { org, by: ana, jobId });
      }),
      { numRuns: 10 },
    );
  });
});

describe('preview', () => {
  test('shows grams, seconds, frascos and estoque, and changes nothing', async () => {
    await order();
    const preview = await previewJob(kitchen.deps, {
      org,
      by: ana,
      body: { receita_id: 1, multiplicador: 2 },
    });
    expect(preview).toMatchObject({
      ...{
        device: mao,
        receita: 'Tempero baiano',
        multiplicador: 2,
        total_g: 7,
        total_ms: 3_500,
        na_frente: 1,
        pode: true,
      },
      itens: [{ frasco: 1, quantidade_g: 5, ms: 2_500, saldo_g: 100, reservado_g: 2.5 }, {}],
      obstaculos: [],
    });
    expect(await kitchen.deps.store.openJobs(org)).toEqual([1]);
  });

  test('says what stands in the way instead of failing, also when there is no device to choose', async () => {
    const body = { receita_id: 1, multiplicador: 50 };
    expect(await previewJob(kitchen.deps, { org, by: ana, body })).toMatchObject({
      ...{ pode: false, device: mao },
      obstaculos: [{ code: 'estoque_insuficiente', impede: true, tempero: 'Sal' }],
    });
    await addDevice(kitchen, 'cozinha');
    expect(await previewJob(kitchen.deps, { org, by: ana, body })).toMatchObject({
      ...{ pode: false, device: null, itens: [] },
      obstaculos: [{ code: 'sem_dispensador' }],
    });
  });
});

describe('approval', () => {
  const sol = person('sol', 'solicitante');
  const apo = person('apo', 'aprovador');
  beforeEach(async () => {
    kitchen.setOrg({ regra_aprovacao: 'solicitantes' });
    await kitchen.bear();
  });

  test('a job of a solicitante waits for approval, reserves nothing and is told to who may approve', async () => {
    expect(await order(1, sol)).toMatchObject({ status: 'queued', fase: 'aguardando_aprovacao' });
    expect(await reserved()).toEqual([0, 0]);
    expect(kitchen.last('jobsNext')?.payload).toBeNull();
    const told = kitchen.notified.filter(({ type }) => type === 'permission:pending').map(({ user }) => user);
    expect(told.sort()).toEqual(['ana', 'apo']);
    const badges = kitchen.all('userBadge').map(({ params, payload }) => [params.user, payload]);
    expect(Object.fromEntries(badges)).toEqual({
      ana: { permission_pending: 1, unread: 0 },
      apo: { permission_pending: 1, unread: 0 },
      sol: { permission_pending: 0, unread: 0 },
    });
  });

  test('approved, it is reserved and offered; task:approved goes out and the badge is cleared', async () => {
    await order(1, sol);
    const state = await approveJob(kitchen.deps, { org, by: apo, jobId: 1, comentario: 'pode' });
    expect(state).toMatchObject({ status: 'queued', fase: 'ofertado' });
    expect(await reserved()).toEqual([2.5, 1]);
    expect(kitchen.notified.map(({ type }) => type)).toContain('task:approved');
    expect(kitchen.all('userBadge').at(-1)?.payload).toMatchObject({ permission_pending: 0 });
    const stored = await kitchen.deps.store.parts.db.read(() => kitchen.deps.store.parts.rows.byId(org, 1));
    expect(stored).toMatchObject({
      aprovado_por: 'apo',
      comentario: 'pode',
      decidido_em: kitchen.deps.now(),
    });
  });

  test('refused, it ends as canceled, motivo negado, and cannot be approved any more', async () => {
    await order(1, sol);
    expect(await rejectJob(kitchen.deps, { org, by: apo, jobId: 1 })).toMatchObject({
      status: 'canceled',
      motivo: 'negado',
    });
    const second = approveJob(kitchen.deps, { org, by: ana, jobId: 1 });
    await expect(second).rejects.toThrow(codeOf('conflict'));
    await expect(second).rejects.toThrow('refused by apo already');
  });

  test('nobody approves what they have ordered themselves, nor is asked to, unless the org says so', async () => {
    kitchen.setOrg({ regra_aprovacao: 'todos' });
    await order(1, apo);
    const own = () => approveJob(kitchen.deps, { org, by: apo, jobId: 1 });
    await expect(own()).rejects.toThrow(codeOf('forbidden'));
    const asked = kitchen.notified
      .filter(({ type }) => type === 'permission:pending')
      .map(({ user }) => user);
    expect(asked).toEqual(['ana']);
    const badges = kitchen.all('userBadge').map(({ params, payload }) => [params.user, payload]);
    expect(Object.fromEntries(badges)).toMatchObject({
      ana: { permission_pending: 1 },
      apo: { permission_pending: 0 },
    });
    const { store } = kitchen.deps;
    const act = { em: kitchen.deps.now(), quem: 'ana' };
    await store.saveApprovalLimits(org, { ...(await store.approvalLimits(org)), proprios: true }, act);
    expect(await own()).toMatchObject({ fase: 'ofertado' });
  });

  test('what one has ordered oneself one may refuse: it is nothing but a cancel', async () => {
    kitchen.setOrg({ regra_aprovacao: 'todos' });
    await order(1, apo);
    expect(await rejectJob(kitchen.deps, { org, by: apo, jobId: 1 })).toMatchObject({ motivo: 'negado' });
  });

  test('the first decision counts: who comes second is told by whom', async () => {
    await order(1, sol);
    const decisions = await Promise.allSettled([
      approveJob(kitchen.deps, { org, by: apo, jobId: 1, comentario: 'pode' }),
      rejectJob(kitchen.deps, { org, by: ana, jobId: 1 }),
    ]);
    expect(decisions.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(String((decisions[1] as PromiseRejectedResult).reason)).toContain('approved by apo already');
    expect(await kitchen.deps.store.jobState(org, 1)).toMatchObject({
      decidido_por: 'apo',
      comentario: 'pode',
      espera: ['solicitante'],
    });
  });

  test('whoever ordered is told what became of it, also when its time ran out', async () => {
    const decided = () =>
      kitchen.notified
        .filter(({ type }) => type === 'permission:decided')
        .map(({ user, data }) => [user, data.decisao]);
    await order(1, sol);
    await order(1, sol);
    await order(1, sol);
    await approveJob(kitchen.deps, { org, by: apo, jobId: 1 });
    await rejectJob(kitchen.deps, { org, by: apo, jobId: 2, comentario: 'hoje não' });
    kitchen.later(limits.jobExpiryMs + 1);
    await expireJobs(kitchen.deps);
    expect(decided()).toEqual([
      ['sol', 'aprovado'],
      ['sol', 'negado'],
      ['sol', 'expirado'],
    ]);
  });

  test('a job above the limits or with an allergen waits whoever orders it', async () => {
    kitchen.setOrg({ regra_aprovacao: 'ninguem' });
    const act = { em: kitchen.deps.now(), quem: 'ana' };
    const limit = { acimaMg: 5_000, acimaMilesimos: null, alergenos: [], proprios: false };
    await kitchen.deps.store.saveApprovalLimits(org, limit, act);
    expect(await order(1, ana)).toMatchObject({ fase: 'ofertado' });
    expect(await order(2, ana)).toMatchObject({ fase: 'aguardando_aprovacao' });
    const body = { nome: 'Sal', densidade_g_ml: null, alergenos: ['Aipo'], cor: null };
    await saveTempero(kitchen.deps, { org, by: ana, id: 1, body });
    await kitchen.deps.store.saveApprovalLimits(org, { ...limit, alergenos: ['aipo'] }, act);
    const held = await order(1, ana);
    expect(await kitchen.deps.store.jobState(org, held.job_id)).toMatchObject({ espera: ['alergenos'] });
  });

  test('the estoque is looked at again when it is approved', async () => {
    await order(30, sol);
    await order(30, ana);
    await expect(approveJob(kitchen.deps, { org, by: apo, jobId: 1 })).rejects.toThrow('50 g missing');
    expect(await kitchen.deps.store.jobState(org, 1)).toMatchObject({ fase: 'aguardando_aprovacao' });
  });

  test('under avisa it is approved below the estoque; a tempero renamed meanwhile is still the same', async () => {
    kitchen.setOrg({ politica_estoque: 'avisa' });
    await order(90, sol);
    const grosso = { nome: 'Sal grosso', densidade_g_ml: null, alergenos: [], cor: null };
    await saveTempero(kitchen.deps, { org, by: ana, id: 1, body: grosso });
    expect(await approveJob(kitchen.deps, { org, by: apo, jobId: 1 })).toMatchObject({ fase: 'ofertado' });
    expect(await reserved()).toEqual([225, 90]);
  });

  test('who has jobs:direct needs none, unless the rule says todos', async () => {
    expect(await order(1, apo)).toMatchObject({ fase: 'ofertado' });
    kitchen.setOrg({ regra_aprovacao: 'todos' });
    expect(await order(1, ana)).toMatchObject({ fase: 'aguardando_aprovacao' });
  });

  test('a job that awaits none cannot be approved', async () => {
    await order(1, ana);
    await expect(approveJob(kitchen.deps, { org, by: apo, jobId: 1 })).rejects.toThrow(codeOf('conflict'));
    await expect(approveJob(kitchen.deps, { org, by: apo, jobId: 9 })).rejects.toThrow(codeOf('not_found'));
  });
});
