import { AppError, gFromMg, type JobMetodo, limits } from '@yaguts/shared';
import { and, eq, max } from 'drizzle-orm';
import { approvalReasons, mayApprove } from '../domain/approval.ts';
import { isTerminal } from '../domain/job-status.ts';
import { refusalCode } from '../domain/obstacle.ts';
import { type JobPlan, type PlanRequest, planJob } from '../domain/plan-job.ts';
import { releasedAtOnce } from '../domain/queue.ts';
import { approvalLimitsReader } from './approval-rules.ts';
import { type Act, actRow } from './audit.ts';
import { hasStatus, type Job } from './job-rows.ts';
import type { StoreParts } from './parts.ts';
import { type PlanFacts, planReader, planRequest } from './plan-facts.ts';
import { repetitionReader } from './repetitions.ts';
import { jobItems, jobs } from './schema/index.ts';
import { all, get, p, run, type Tx, wholeRow } from './transaction.ts';

export interface Order {
  readonly receita_id: number;
  readonly multiplicador: number;
  readonly device?: string | undefined;
  /** Devices to choose from when none is named; all when left out. */
  readonly among?: ReadonlySet<string> | undefined;
}
/** Who orders, how, and what chance has given the job. */
export interface Ordering {
  readonly act: Act;
  readonly user: string | null;
  /** The person has `jobs:direct`: the rule "solicitantes" does not hold them. */
  readonly direct: boolean;
  readonly metodo: JobMetodo;
  /** 64 random bits in hex. */
  readonly token: string;
}
export interface Planned {
  /** Null when no device was named and there is not exactly one that could run it. */
  readonly device: string | null;
  readonly receita: string;
  readonly multiplicador: number;
  readonly plan: JobPlan;
  readonly frascos: PlanRequest['frascos'];
  /** Jobs that come before it on that device. */
  readonly naFrente: number;
}
export interface JobTouched {
  readonly job: Job;
  /** Frascos whose reservation has changed. */
  readonly frascos: readonly number[];
}

type What = Pick<PlanRequest, 'receita' | 'itens' | 'multiplicador'>;

/** A job to repeat, and which of its items; all that may be when none is named. */
export interface Repeat {
  readonly jobId: number;
  readonly itens?: readonly number[] | undefined;
}

export interface OrdersStore {
  /** Plans without changing anything. @throws AppError "not_found" for an unknown receita or device */
  planOrder(org: string, order: Order, now: number): Promise<Planned>;
  /**
   * Makes a job: planned, checked, frozen and reserved in one transaction, so that two orders never count on
   * the same grams.
   *
   * @throws AppError with the code of the first obstacle that stands in the way and all of them as faults
   */
  createJob(org: string, order: Order, ordering: Ordering): Promise<JobTouched>;
  /** Plans a repetition without changing anything. @throws AppError "not_retryable", "not_found" */
  planRepeat(org: string, repeat: Repeat, now: number): Promise<Planned>;
  /**
   * Makes a job of items of an ended one, as they were frozen: those named, else all that may be repeated. Each
   * keeps which item it repeats, so that none is poured twice whatever is repeated from wherever.
   *
   * @throws AppError "not_retryable" when one of those named may not be repeated, or none may; with a fault for each
   */
  retryJob(org: string, repeat: Repeat, ordering: Ordering): Promise<JobTouched>;
  /**
   * @throws AppError "conflict" when it does not await approval, "forbidden" for who has ordered it where the org
   *         wants others to approve, "estoque_insuficiente", "terminal", "not_found"
   */
  approveJob(org: string, jobId: number, comentario: string | null, act: Act): Promise<JobTouched>;
  rejectJob(org: string, jobId: number, comentario: string | null, act: Act): Promise<JobTouched>;
}

export function createOrders({ db, audit, ledger, rows }: StoreParts): OrdersStore {
  const { orm } = db;
  const plans = planReader(orm);
  const approvalLimits = approvalLimitsReader(orm);
  const repetitions = repetitionReader(orm);
  const { job_id: _, ...withoutId } = wholeRow(jobs);
  const q = {
    insert: orm
      .insert(jobs)
      .values(withoutId as typeof jobs.$inferInsert)
      .returning()
      .prepare(),
    insertItem: orm.insert(jobItems).values(wholeRow(jobItems)).prepare(),
    last: orm
      .select({ posicao: max(jobs.posicao) })
      .from(jobs)
      .where(and(eq(jobs.org_id, p('org')), eq(jobs.device, p('device')), hasStatus('queued')))
      .prepare(),
  };

  function* factsOf(org: string, now: number): Tx<PlanFacts> {
    const facts = yield* plans.facts(org, now);
    if (!facts) throw new AppError('not_found', `There is no organisation "${org}"`);
    return facts;
  }

  function* whatOf(org: string, order: Order): Tx<What> {
    const found = yield* plans.receita(org, order.receita_id);
    if (!found) throw new AppError('not_found', `There is no receita ${order.receita_id}`);
    return {
      receita: found.receita.nome,
      itens: found.itens,
      multiplicador: inThousandths(order.multiplicador),
    };
  }

  function* whatToRepeat(org: string, { jobId, itens }: Repeat): Tx<{ origin: Job; what: What }> {
    const origin = yield* rows.byId(org, jobId);
    if (!origin) throw new AppError('not_found', `There is no job ${jobId}`);
    const critico = new Map((yield* rows.itens(org, jobId)).map((item) => [item.item_ordem, item.critico]));
    const wanted = yield* repetitions.toRepeat(org, jobId, itens);
    const what: What = {
      receita: origin.receita,
      multiplicador: origin.multiplicador_milesimos / 1_000,
      itens: wanted.map(({ item: { item_ordem, tempero }, mg }) => ({
        ...{ tempero, mg, critico: critico.get(item_ordem) ?? false },
        ...{ escala: 'fixa' as const, origem: item_ordem },
      })),
    };
    return { origin, what };
  }

  /** A plan with what it is made on: the frascos of its device, and the jobs that come before it there. */
  function* plannedOf(
    org: string,
    facts: PlanFacts,
    what: What,
    { device, plan }: { device: string | null; plan: JobPlan },
  ): Tx<Planned> {
    const naFrente = device === null ? 0 : (yield* rows.queue(org, device)).length;
    const running = device === null ? undefined : yield* rows.current(org, device);
    return {
      ...{ device, receita: what.receita, multiplicador: what.multiplicador, plan },
      frascos: device === null ? [] : (facts.devices.get(device)?.frascos ?? []),
      naFrente: naFrente + (running?.status === 'running' ? 1 : 0),
    };
  }

  /** The end of the queue, behind jobs that await approval too. */
  function* placeOf(org: string, device: string): Tx<{ posicao: number; liberado: boolean }> {
    const waiting = (yield* rows.queue(org, device)).filter((job) => job.fase === 'na_fila');
    const ocupado = (yield* rows.current(org, device)) !== undefined;
    const last = (yield* get(q.last, { org, device }))?.posicao ?? 0;
    return { posicao: last + 1, liberado: releasedAtOnce({ ocupado, jobs: waiting }) };
  }

  function* insert(
    org: string,
    facts: PlanFacts,
    device: string,
    plan: JobPlan,
    ordering: Ordering,
    job: Pick<Job, 'receita' | 'receita_id' | 'receita_versao' | 'multiplicador_milesimos' | 'origem_job_id'>,
  ): Tx<JobTouched> {
    const { act, token, metodo, user } = ordering;
    const espera = approvalReasons(facts.org.regra_aprovacao, yield* approvalLimits(org), {
      direct: ordering.direct,
      totalMg: plan.totalMg,
      milesimos: job.multiplicador_milesimos,
      alergenos: plan.itens.flatMap((item) => facts.alergenos.get(item.tempero) ?? []),
    });
    const held = espera.length > 0;
    const place = yield* placeOf(org, device);
    const [made] = yield* all(q.insert, {
      ...neverYet,
      ...job,
      ...{ org_id: org, device, token, metodo, criado_por: user, criado_em: act.em },
      ...{ posicao: place.posicao, liberado: place.liberado && !held },
      ...{ fase: held ? 'aguardando_aprovacao' : 'na_fila', espera },
      expira_em: act.em + limits.jobExpiryMs,
      total_itens: plan.itens.length,
    });
    const { job_id } = made as Job;
    for (const item of plan.itens) {
      const key = { org_id: org, job_id, item_ordem: item.itemOrdem, frasco: item.frasco };
      yield* run(q.insertItem, {
        ...key,
        ...{ tempero: item.tempero, quantidade_mg: item.mg, ms: item.ms, critico: item.critico },
        ...{ reservado_mg: 0, recusado: null, origem_item: item.origem ?? null },
      });
      if (!held) yield* ledger.reserve({ ...key, device }, item.mg);
    }
    yield* rows.touchDevice(org, device);
    const { receita, origem_job_id } = job;
    const depois = { device, receita, origem_job_id, metodo, total_g: gFromMg(plan.totalMg) };
    yield* audit(org, actRow(act, origem_job_id ? 'job.retry' : 'job.create', `job:${job_id}`, { depois }));
    return { job: made as Job, frascos: held ? [] : frascosOf(plan.itens) };
  }

  function* awaiting(org: string, jobId: number): Tx<Job> {
    const job = yield* rows.byId(org, jobId);
    if (!job) throw new AppError('not_found', `There is no job ${jobId}`);
    // The first decision counts; whoever comes second is told whose it was.
    const { aprovado_por: quem } = job;
    if (quem !== null && job.motivo === 'negado')
      throw new AppError('conflict', `Job ${jobId} was refused by ${quem} already`);
    if (isTerminal(job.status))
      throw new AppError('terminal', `Job ${jobId} has ended: ${job.motivo ?? job.status}`);
    if (quem !== null) throw new AppError('conflict', `Job ${jobId} was approved by ${quem} already`);
    if (job.fase !== 'aguardando_aprovacao')
      throw new AppError('conflict', `Job ${jobId} awaits no approval`);
    return job;
  }

  /** The grams must still be there, unless the org goes below. A frasco keeps its tempero while a job waits. */
  function* checkFrozen(job: Job, now: number): Tx<void> {
    const facts = yield* factsOf(job.org_id, now);
    const frascos = new Map(facts.devices.get(job.device)?.frascos.map((row) => [row.frasco, { ...row }]));
    for (const item of yield* rows.itens(job.org_id, job.job_id)) {
      const frasco = frascos.get(item.frasco);
      if (!frasco) continue;
      frasco.reservadoMg += item.quantidade_mg;
      if (facts.org.politica_estoque !== 'avisa' && frasco.reservadoMg > frasco.saldoMg) {
        const missing = gFromMg(frasco.reservadoMg - frasco.saldoMg);
        throw new AppError(
          'estoque_insuficiente',
          `Frasco ${item.frasco} (${item.tempero}): ${missing} g missing`,
        );
      }
    }
  }

  return {
    planOrder: (org, order, now) =>
      db.read(function* () {
        const facts = yield* factsOf(org, now);
        const what = yield* whatOf(org, order);
        return yield* plannedOf(org, facts, what, choose(facts, what, order.device, order.among));
      }),
    planRepeat: (org, repeat, now) =>
      db.read(function* () {
        const facts = yield* factsOf(org, now);
        const { origin, what } = yield* whatToRepeat(org, repeat);
        return yield* plannedOf(org, facts, what, choose(facts, what, origin.device));
      }),
    createJob: (org, order, ordering) =>
      db.write(function* () {
        const facts = yield* factsOf(org, ordering.act.em);
        const what = yield* whatOf(org, order);
        const { device, plan } = choose(facts, what, order.device, order.among);
        refuseObstacles(plan);
        const version = (yield* plans.receita(org, order.receita_id))?.receita.versao ?? null;
        return yield* insert(org, facts, device as string, plan, ordering, {
          receita: what.receita,
          receita_id: order.receita_id,
          receita_versao: version,
          multiplicador_milesimos: Math.round(what.multiplicador * 1_000),
          origem_job_id: null,
        });
      }),
    retryJob: (org, repeat, ordering) =>
      db.write(function* () {
        const facts = yield* factsOf(org, ordering.act.em);
        const { origin, what } = yield* whatToRepeat(org, repeat);
        const { device, plan } = choose(facts, what, origin.device);
        refuseObstacles(plan);
        const { receita, receita_id, receita_versao, multiplicador_milesimos } = origin;
        return yield* insert(org, facts, device as string, plan, ordering, {
          ...{ receita, receita_id, receita_versao, multiplicador_milesimos },
          origem_job_id: origin.job_id,
        });
      }),
    approveJob: (org, jobId, comentario, act) =>
      db.write(function* () {
        const before = yield* awaiting(org, jobId);
        if (!mayApprove(yield* approvalLimits(org), before, act.quem))
          throw new AppError('forbidden', 'Somebody else must approve what you have ordered yourself');
        yield* checkFrozen(before, act.em);
        const itens = yield* rows.itens(org, jobId);
        for (const item of itens)
          yield* ledger.reserve({ ...item, device: before.device }, item.quantidade_mg);
        const place = yield* placeOf(org, before.device);
        const job = yield* rows.change(before, {
          ...place,
          ...decision(comentario, act),
          fase: 'na_fila',
          expira_em: act.em + limits.jobExpiryMs,
        });
        yield* audit(org, actRow(act, 'job.approve', `job:${jobId}`, { depois: { comentario } }));
        return { job, frascos: frascosOf(itens) };
      }),
    rejectJob: (org, jobId, comentario, act) =>
      db.write(function* () {
        const before = yield* awaiting(org, jobId);
        const decided = yield* rows.change(before, decision(comentario, act), 0);
        const ended = yield* rows.end(decided, { status: 'canceled', motivo: 'negado', at: act.em });
        yield* audit(org, actRow(act, 'job.reject', `job:${jobId}`, { depois: { comentario } }));
        return ended;
      }),
  };
}

const decision = (comentario: string | null, act: Act) => ({
  aprovado_por: act.quem,
  decidido_em: act.em,
  comentario,
});

/** The stored precision; what is planned and what is stored must be the same number. */
const inThousandths = (multiplicador: number): number => Math.round(multiplicador * 1_000) / 1_000;

const frascosOf = (itens: readonly { readonly frasco: number }[]): number[] => [
  ...new Set(itens.map((item) => item.frasco)),
];

/**
 * The device of an order: the one named, the only one there is, or the only one that could run it now.
 *
 * @throws AppError "not_found" when there is no device of the name given
 */
function choose(
  facts: PlanFacts,
  what: What,
  named: string | undefined,
  among?: ReadonlySet<string>,
): { device: string | null; plan: JobPlan } {
  if (named !== undefined && !facts.devices.has(named)) {
    throw new AppError('not_found', `There is no device "${named}"`);
  }
  const all =
    named === undefined ? [...facts.devices.keys()].filter((id) => among?.has(id) !== false) : [named];
  const plans = all.map((device) => ({ device, plan: planJob(planRequest(facts, device, what)) }));
  const able = plans.length === 1 ? plans : plans.filter(({ plan }) => plan.pode);
  if (able.length === 1) return able[0] as (typeof plans)[number];
  const message =
    able.length > 1
      ? `Name a device: ${able.map(({ device }) => device).join(', ')} could run it`
      : plans.length === 0
        ? 'There is no device yet'
        : `No device could run it. ${plans.map(({ device, plan }) => `${device}: ${plan.obstaculos.find((o) => o.impede)?.message}`).join('; ')}`;
  const obstacle = { code: 'sem_dispensador' as const, message, impede: true };
  return { device: null, plan: { itens: [], totalMg: 0, totalMs: 0, pode: false, obstaculos: [obstacle] } };
}

function refuseObstacles({ obstaculos }: JobPlan): void {
  const inTheWay = obstaculos.filter((obstacle) => obstacle.impede);
  const [first] = inTheWay;
  if (!first) return;
  const faults = inTheWay.map(({ tempero, frasco, message }) => ({
    path: tempero ?? (frasco === undefined ? '' : `frasco ${frasco}`),
    message,
  }));
  throw new AppError(refusalCode(first), first.message, { faults });
}

/** A job nobody has touched: its first `state` event is number 1. */
const neverYet = {
  ...{ seq: null, status: 'queued', motivo: null, versao: 1, evento: 1 },
  ...{ aprovado_por: null, decidido_em: null, comentario: null },
  ...{ ofertado_em: null, iniciado_em: null, terminado_em: null, noticia_em: null, sem_noticias: false },
  ...{ journal_id: null, fw_version: null, cancel_id: null, cancel_motivo: null, cancel_expira_em: null },
  ...{ complete_em: null, fechado_a_forca: false, nota: null },
  ...{ itens_completados: 0, itens_falhados: 0, itens_cancelados: 0, gramas_mg: 0, interrompidos: 0 },
  parado: false,
} as const;
