import { type JobRejected, offerRefusals, type StartRequest, type startRefusals } from '@yaguts/shared';
import { and, eq, isNull } from 'drizzle-orm';
import { finalStatus, isTerminal } from '../domain/job-status.ts';
import type { ReportOrigin } from './entries.ts';
import { each } from './grouped.ts';
import type { Job } from './job-rows.ts';
import type { StoreParts } from './parts.ts';
import type { createRejected } from './rejected.ts';
import { devices } from './schema/index.ts';
import { get, p, type Tx } from './transaction.ts';

export type StartRefusal = (typeof startRefusals)[number];
export type StartOutcome =
  | { readonly kind: 'accepted'; readonly job: Job; readonly started: boolean }
  /** `changed` is the job that this request has ended. */
  | {
      readonly kind: 'rejected';
      readonly code: StartRefusal;
      readonly changed?: Job;
      readonly frascos: readonly number[];
    };

export type RefusalOutcome =
  /** The job went back to the queue or ended. */
  | { readonly kind: 'changed'; readonly job: Job; readonly frascos: readonly number[] }
  /** It speaks of an offer that is not standing. */
  | { readonly kind: 'ignored' };

/** Transactions of the handshake between a device and its job. */
export function handshakeStore({ db, rows }: StoreParts, rejected: ReturnType<typeof createRejected>) {
  const q = {
    device: db.orm
      .select()
      .from(devices)
      .where(and(eq(devices.org_id, p('org')), eq(devices.device, p('device')), isNull(devices.removido_em)))
      .prepare(),
  };

  /** The job that a message speaks of, if it is this device's and the token is right; else the message is filed. */
  function* own(origin: ReportOrigin, job_id: number, token: string): Tx<Job | undefined> {
    const job = yield* rows.byId(origin.org, job_id);
    if (job?.device === origin.device && job.token === token) return job;
    const code = !job ? 'desconhecido' : job.token === token ? 'alheio' : 'token';
    yield* rejected.file({ ...origin, code, detalhe: `job ${job_id}` });
    return undefined;
  }

  function* start(origin: ReportOrigin, job_id: number, asked: StartRequest): Tx<StartOutcome> {
    const refuse = (code: StartRefusal): StartOutcome => ({ kind: 'rejected', code, frascos: [] });
    const job = yield* own(origin, job_id, asked.token);
    if (!job || job.seq !== asked.seq)
      return refuse(job && isTerminal(job.status) ? 'terminado' : 'desconhecido');
    if (isTerminal(job.status)) return refuse('terminado');
    const device = yield* get(q.device, { org: origin.org, device: origin.device });
    if (job.status === 'running') {
      // Null: it began before the device had said which journal it keeps.
      if (job.journal_id === null || device?.journal_id === job.journal_id) {
        const journal_id = job.journal_id ?? device?.journal_id ?? null;
        const news = { noticia_em: origin.at, sem_noticias: false, journal_id };
        const next = yield* rows.change(job, news, 0);
        return { kind: 'accepted', job: next, started: false };
      }
      const status = finalStatus(job, job.total_itens);
      const how = { status, motivo: 'diario_perdido', at: origin.at, fechado_a_forca: true };
      const { job: changed, frascos } = yield* rows.end(job, how);
      return { kind: 'rejected', code: 'diario_perdido', changed, frascos };
    }
    if (job.fase !== 'ofertado') return refuse('desconhecido');
    // Server time decides: a device's clock may be an hour off or at 1970.
    if (origin.at > job.expira_em) {
      const how = { status: 'canceled' as const, motivo: 'expirado', at: origin.at };
      const { job: changed, frascos } = yield* rows.end(job, how);
      return { kind: 'rejected', code: 'expirado', changed, frascos };
    }
    const started = yield* begin(job, device, origin.at);
    return { kind: 'accepted', job: started, started: true };
  }

  /** From here on the job belongs to this device's journal. */
  function begin(job: Job, device: typeof devices.$inferSelect | undefined, at: number): Tx<Job> {
    return rows.change(job, {
      status: 'running',
      fase: 'dispensando',
      motivo: null,
      iniciado_em: at,
      noticia_em: at,
      journal_id: device?.journal_id ?? null,
      fw_version: device?.fw_version ?? null,
    });
  }

  function* refuse(origin: ReportOrigin, job_id: number, said: JobRejected): Tx<RefusalOutcome> {
    const job = yield* own(origin, job_id, said.token);
    if (job?.seq !== said.seq) return { kind: 'ignored' };
    const isStanding = job.status === 'queued' && job.fase === 'ofertado';
    if (!isStanding && !isLapsed(job, said)) return { kind: 'ignored' };
    const back = (motivo: string | null) => rows.change(job, { fase: 'na_fila', motivo });
    switch (offerRefusals.find((code) => code === said.code)) {
      // `ocupado` stays in motivo: somebody has said go already, so it is offered again once the device is free.
      case 'ocupado':
      case 'duplicado':
        return { kind: 'changed', job: yield* back(said.code), frascos: [] };
      case 'expirado': {
        const how = { status: 'canceled' as const, motivo: 'expirado', at: origin.at };
        return { kind: 'changed', ...(yield* rows.end(job, how)) };
      }
      default: {
        const motivo = `recusado: ${said.code}${said.message ? ` (${said.message})` : ''}`;
        const ended = yield* rows.end(job, { status: 'failed', motivo: motivo.slice(0, 200), at: origin.at });
        return { kind: 'changed', ...ended };
      }
    }
  }

  function* cancelAnswer(origin: ReportOrigin, job_id: number, id: string, accepted: boolean) {
    const job = yield* rows.byId(origin.org, job_id);
    if (job?.device !== origin.device || job.cancel_id !== id || job.status !== 'running') return undefined;
    const news = { noticia_em: origin.at, sem_noticias: false };
    if (accepted) return yield* rows.change(job, { ...news, motivo: 'cancelado' });
    const goesOn = {
      fase: 'dispensando' as const,
      cancel_id: null,
      cancel_motivo: null,
      cancel_expira_em: null,
    };
    return yield* rows.change(job, { ...news, ...goesOn });
  }

  const grouped = {
    /** A device asks for leave to start. */
    startJob: each(start),

    /** A device does not take its offer (contract, section 4). */
    refuseOffer: each(refuse),

    /**
     * The device's answer to a cancel. Accepted: the remaining items come as `cancelado` entries. Rejected is
     * final: the job goes on as it was.
     *
     * @returns the job when it changed
     */
    takeCancelAnswer: each(cancelAnswer),
  };

  const calls = {
    /**
     * Claims the offered job for a device that knows no handshake (firmware v0.2), or answers the one it runs.
     *
     * @returns undefined when nothing is offered
     */
    claimJob: (org: string, device: string, at: number) =>
      db.write(function* () {
        const job = yield* rows.current(org, device);
        if (!job || job.status === 'running') return job && { job, started: false };
        return { job: yield* begin(job, yield* get(q.device, { org, device }), at), started: true };
      }),

    /** A job with its items; undefined when the org has none of that number. */
    jobWithItens: (org: string, job_id: number) =>
      db.read(function* () {
        const job = yield* rows.byId(org, job_id);
        return job && { job, itens: yield* rows.itens(org, job_id) };
      }),
  };
  return { calls, grouped };
}

/**
 * Leave was given, but power went before the job was in flash, and its time was over when the device came back:
 * it has nothing of it and will never report.
 */
const isLapsed = ({ status, itens_completados, itens_falhados, itens_cancelados }: Job, said: JobRejected) =>
  status === 'running' &&
  said.code === 'expirado' &&
  itens_completados + itens_falhados + itens_cancelados === 0;
