import {
  type DeviceState,
  type EstoqueState,
  gFromMg,
  type JobDocument,
  type JobItemState,
  type JobState,
} from '@yaguts/shared';
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Device } from './devices.ts';
import { hasStatus, type Job, type JobItem, type Word } from './job-rows.ts';
import type { StoreParts } from './parts.ts';
import { deviceCredentials, devices, frascos, jobs, temperos } from './schema/index.ts';
import { all, get, p, type Tx } from './transaction.ts';
import { isWhole } from './whole-org.ts';

/** What of a device is to be published. */
export interface Wanted {
  readonly org: string;
  readonly device: string;
  readonly jobs: readonly number[];
  readonly frascos: readonly number[];
  /** Its own state and its `jobs/next`, too. */
  readonly itself: boolean;
}

/** {@link Wanted} as JSON text; `null` is to be cleared. */
export interface WireStates {
  readonly jobs: readonly { readonly job_id: number; readonly text: string }[];
  readonly estoque: readonly { readonly frasco: number; readonly text: string }[];
  readonly itself?: { readonly next: string | null; readonly device: string | null };
}

/** What the database says, in the shapes of the wire. Every retained topic is made from these. */
export function createProjections({ db, rows }: StoreParts) {
  const ofDevice = and(eq(devices.org_id, p('org')), eq(devices.device, p('device')));
  const q = {
    device: db.orm
      .select()
      .from(devices)
      .where(and(ofDevice, isNull(devices.removido_em)))
      .prepare(),
    waiting: db.orm
      .select({ n: sql<number>`count(*)` })
      .from(jobs)
      .where(and(eq(jobs.org_id, p('org')), eq(jobs.device, p('device')), hasStatus('queued')))
      .prepare(),
    credentials: db.orm
      .select({ n: sql<number>`count(*)` })
      .from(deviceCredentials)
      .where(
        and(
          eq(deviceCredentials.org_id, p('org')),
          eq(deviceCredentials.device, p('device')),
          isNull(deviceCredentials.revogado_em),
        ),
      )
      .prepare(),
    frascos: db.orm
      .select({ frasco: frascos, tempero: temperos.nome })
      .from(frascos)
      .leftJoin(temperos, and(eq(temperos.org_id, frascos.org_id), eq(temperos.id, frascos.tempero_id)))
      .where(and(eq(frascos.org_id, p('org')), eq(frascos.device, p('device'))))
      .orderBy(frascos.frasco)
      .prepare(),
    everyDevice: db.orm
      .select({ org: devices.org_id, device: devices.device, removido_em: devices.removido_em })
      .from(devices)
      .where(isWhole(devices.org_id))
      .orderBy(devices.org_id, devices.device)
      .prepare(),
    retainedJobs: db.orm
      .select({ org: jobs.org_id, job_id: jobs.job_id })
      .from(jobs)
      .where(
        and(
          sql`(${inArray(jobs.status, ['queued', 'running'])} or ${jobs.terminado_em} > ${p('since')})`,
          isWhole(jobs.org_id),
        ),
      )
      .orderBy(jobs.job_id)
      .prepare(),
    staleJobs: db.orm
      .select({ org: jobs.org_id, job_id: jobs.job_id })
      .from(jobs)
      .where(
        and(
          sql`${jobs.terminado_em} > ${p('since')} and ${jobs.terminado_em} <= ${p('until')}`,
          isWhole(jobs.org_id),
        ),
      )
      .prepare(),
  };

  function* jobState(org: string, job_id: number): Tx<JobState | undefined> {
    const job = yield* rows.byId(org, job_id);
    if (!job) return undefined;
    return snapshotOf(job, yield* rows.itens(org, job_id), yield* rows.words(org, job_id));
  }

  function* nextDocument(org: string, device: string): Tx<JobDocument | undefined> {
    const job = yield* rows.current(org, device);
    if (!job || job.seq === null) return undefined;
    return documentOf(job, job.seq, yield* rows.itens(org, job.job_id));
  }

  function* deviceState(org: string, device: string): Tx<DeviceState | undefined> {
    const row = yield* get(q.device, { org, device });
    if (!row) return undefined;
    const current = yield* rows.current(org, device);
    const waiting = (yield* get(q.waiting, { org, device }))?.n ?? 0;
    const credentials = (yield* get(q.credentials, { org, device }))?.n ?? 0;
    return deviceStateOf(row, current, waiting - (current?.status === 'queued' ? 1 : 0), credentials > 0);
  }

  function* estoqueStates(org: string, device: string): Tx<EstoqueState[]> {
    return (yield* all(q.frascos, { org, device })).map((row) => estoqueOf(row.frasco, row.tempero));
  }

  function* wireStates({ org, device, jobs, frascos, itself }: Wanted): Tx<WireStates> {
    const texts: { job_id: number; text: string }[] = [];
    for (const job_id of jobs) {
      const state = yield* jobState(org, job_id);
      if (state) texts.push({ job_id, text: JSON.stringify(state) });
    }
    const estoque = frascos.length > 0 ? yield* estoqueStates(org, device) : [];
    return {
      jobs: texts,
      estoque: estoque
        .filter(({ frasco }) => frascos.includes(frasco))
        .map((state) => ({ frasco: state.frasco, text: JSON.stringify(state) })),
      ...(itself && {
        itself: {
          next: textOrNull(yield* nextDocument(org, device)),
          device: textOrNull(yield* deviceState(org, device)),
        },
      }),
    };
  }

  return {
    /** Whole snapshot of a job; undefined when the org has none of that number. */
    jobState: (org: string, job_id: number): Promise<JobState | undefined> =>
      db.read(() => jobState(org, job_id)),

    /** What `jobs/next` of a device holds: the job that runs, else the one that is offered. */
    nextDocument: (org: string, device: string): Promise<JobDocument | undefined> =>
      db.read(() => nextDocument(org, device)),

    deviceState: (org: string, device: string): Promise<DeviceState | undefined> =>
      db.read(() => deviceState(org, device)),

    /** The estoque of a device, one state per frasco. */
    estoqueStates: (org: string, device: string): Promise<EstoqueState[]> =>
      db.read(() => estoqueStates(org, device)),

    /** The states of many devices at one moment, each as the text that is published: a busy platform asks for all at once. */
    wireStates: (wanted: readonly Wanted[]): Promise<WireStates[]> =>
      db.read(function* () {
        const states: WireStates[] = [];
        for (const one of wanted) states.push(yield* wireStates(one));
        return states;
      }),

    /** Every device of every org, those removed too; for the platform itself. */
    everyDevice: () => db.read(() => all(q.everyDevice)),

    /** Jobs whose state is retained: not ended, or ended after `since`. */
    retainedJobs: (since: number) => db.read(() => all(q.retainedJobs, { since })),

    /** Jobs that ended in (`since`, `until`]: their retained state has had its day. */
    jobsEndedBetween: (since: number, until: number) => db.read(() => all(q.staleJobs, { since, until })),
  };
}

const textOrNull = (value: object | undefined): string | null =>
  value === undefined ? null : JSON.stringify(value);

/** The document a device runs from. */
export function documentOf(job: Job, seq: number, itens: readonly JobItem[]): JobDocument {
  return {
    v: 1,
    job_id: job.job_id,
    seq,
    token: job.token,
    not_after: job.expira_em,
    receita: job.receita,
    itens: itens.map((item) => ({
      item_ordem: item.item_ordem,
      frasco: item.frasco,
      tempero: item.tempero,
      quantidade_g: gFromMg(item.quantidade_mg),
      ms: item.ms,
      ...(item.critico ? { critico: true } : {}),
    })),
  };
}

/** A job as everybody sees it. */
export function snapshotOf(job: Job, itens: readonly JobItem[], entries: readonly Word[]): JobState {
  const byItem = new Map(entries.map((entry) => [entry.item_ordem, entry]));
  const { job_id, versao, evento, status, fase, motivo, sem_noticias, device, seq, receita_id, receita } =
    job;
  return {
    v: 1,
    ...{ job_id, versao, evento, status, fase, motivo, sem_noticias, device, seq, receita_id, receita },
    posicao: status === 'queued' ? job.posicao : null,
    multiplicador: job.multiplicador_milesimos / 1_000,
    metodo: job.metodo,
    origem_job_id: job.origem_job_id,
    criado_por: job.criado_por,
    criado_em: job.criado_em,
    expira_em: job.expira_em,
    ofertado_em: job.ofertado_em,
    iniciado_em: job.iniciado_em,
    terminado_em: job.terminado_em,
    fw_version: job.fw_version,
    nota: job.nota,
    espera: [...job.espera],
    decidido_por: job.aprovado_por,
    decidido_em: job.decidido_em,
    comentario: job.comentario,
    itens_completados: job.itens_completados,
    itens_falhados: job.itens_falhados,
    itens_cancelados: job.itens_cancelados,
    itens: itens.map((item) => itemStateOf(item, byItem.get(item.item_ordem))),
  };
}

function itemStateOf(item: JobItem, entry: Word | undefined): JobItemState {
  return {
    item_ordem: item.item_ordem,
    frasco: item.frasco,
    tempero: item.tempero,
    quantidade_g: gFromMg(item.quantidade_mg),
    ms: item.ms,
    critico: item.critico,
    estado: entry?.status ?? 'pendente',
    segundos: entry ? entry.ms / 1_000 : null,
    error: entry?.error ?? null,
    tardio: entry?.tardio ?? false,
    recebido_em: entry?.recebido_em ?? null,
  };
}

function deviceStateOf(row: Device, job: Job | undefined, fila: number, hasCredential: boolean): DeviceState {
  const birth = row.birth.at(-1);
  const reportada = row.config_reportada.at(-1) ?? null;
  const alertas = [...row.alertas];
  const desde = row.visto_em ?? row.criado_em;
  if (!hasCredential) alertas.push({ code: 'sem_credencial', desde, detalhe: '' });
  if (job?.sem_noticias) {
    alertas.push({
      code: 'sem_noticias',
      desde: job.noticia_em ?? job.criado_em,
      detalhe: `job ${job.job_id}`,
    });
  }
  if (reportada?.errors?.length) {
    alertas.push({ code: 'config_recusada', desde, detalhe: reportada.errors.join('; ').slice(0, 400) });
  }
  return {
    v: 1,
    device: row.device,
    nome: row.nome,
    versao: row.versao,
    presence: row.presence,
    desde: row.presence_desde,
    visto_em: row.visto_em,
    job: job ? { job_id: job.job_id, seq: job.seq, status: job.status, fase: job.fase } : null,
    fila,
    fila_pausada: row.fila_pausada,
    transicao: row.transicao,
    birth: birth
      ? {
          fw_version: birth.fw_version,
          hw: birth.hw,
          frascos: birth.frascos,
          limits: birth.limits,
          capabilities: birth.capabilities,
          reset_reason: birth.reset_reason,
        }
      : null,
    config: { desejada: row.config_versao, reportada },
    alertas,
  };
}

function estoqueOf(row: typeof frascos.$inferSelect, tempero: string | null): EstoqueState {
  return {
    v: 1,
    device: row.device,
    frasco: row.frasco,
    tempero,
    saldo_g: gFromMg(row.saldo_mg),
    reservado_g: gFromMg(row.reservado_mg),
    minimo_g: gFromMg(row.minimo_mg),
    desejado_g: row.desejado_mg === null ? null : gFromMg(row.desejado_mg),
    g_por_s: row.ug_por_s === null ? null : row.ug_por_s / 1_000_000,
    baixo: row.minimo_mg > 0 && row.saldo_mg < row.minimo_mg,
    recontar: row.recontar,
    versao: row.versao,
  };
}
