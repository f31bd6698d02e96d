import { AppError, type QueueOut } from '@yaguts/shared';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { nextToOffer, type QueueState, reorder, waitsForBowl } from '../domain/queue.ts';
import { type Act, actRow } from './audit.ts';
import type { Job } from './job-rows.ts';
import type { StoreParts } from './parts.ts';
import { snapshotOf } from './project.ts';
import { deviceCredentials, devices } from './schema/index.ts';
import { columns, get, p, run, type Tx } from './transaction.ts';

type Device = typeof devices.$inferSelect;

/** What keeps a queue from going on; `nada` means that there is nothing to offer. */
export type Standing = 'nada' | 'sem_birth' | 'gemeo' | 'sem_credencial';
/** The queue of a device with its whole jobs, those on the device left out. */
interface DeviceQueue extends QueueState {
  readonly jobs: readonly Job[];
}
export type Offer = { readonly job: Job } | { readonly standing: Standing };

export interface QueueStore {
  /** @returns undefined when there is no such device */
  readQueue(org: string, device: string): Promise<QueueOut | undefined>;
  /**
   * Offers the head of the queue if it may be: gives it a new `seq` above any the device has seen.
   *
   * Nothing is offered before the device's birth in this epoch (its `hi` is not known), nor while two boards
   * use one credential, nor without a valid one.
   *
   * @param legacy a firmware v0.2 that asks over HTTP: it has no birth
   */
  offerNext(
    org: string,
    device: string,
    how: { epoch: string; now: number; legacy?: boolean },
  ): Promise<Offer>;
  /**
   * "Tigela vazia": releases the head of the queue.
   *
   * @throws AppError "fila_vazia", "ocupado", "dispensador_revogado", or "conflict" while the queue is paused or
   *         two boards use one credential
   */
  releaseNext(org: string, device: string, act: Act): Promise<Job>;
  /** @throws AppError "stale", "invalid" (see the domain's reorder), "not_found" */
  reorderQueue(org: string, device: string, jobIds: readonly number[], act: Act): Promise<Job[]>;
  pauseQueue(org: string, device: string, pausada: boolean, act: Act): Promise<void>;
}

export function createQueue({ db, audit, rows }: StoreParts): QueueStore {
  const { orm } = db;
  const one = and(eq(devices.org_id, p('org')), eq(devices.device, p('device')));
  const q = {
    device: orm
      .select()
      .from(devices)
      .where(and(one, isNull(devices.removido_em)))
      .prepare(),
    setSeq: orm
      .update(devices)
      .set(columns(devices, 'ultimo_seq', 'versao'))
      .where(one)
      .prepare(),
    setPaused: orm
      .update(devices)
      .set(columns(devices, 'fila_pausada', 'versao'))
      .where(one)
      .prepare(),
    credentials: orm
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
  };

  function* deviceOrThrow(org: string, device: string): Tx<Device> {
    const found = yield* get(q.device, { org, device });
    if (!found) throw new AppError('not_found', `There is no device "${device}"`);
    return found;
  }

  function* stateOf({ org_id, device, transicao, fila_pausada }: Device): Tx<DeviceQueue> {
    const jobs = (yield* rows.queue(org_id, device)).filter((job) => job.fase === 'na_fila');
    const ocupado = (yield* rows.current(org_id, device)) !== undefined;
    return { transicao, pausada: fila_pausada, ocupado, jobs };
  }

  /** Why a device is not to be given any job. */
  function* distrusted({ org_id: org, device, alertas }: Device): Tx<'gemeo' | 'sem_credencial' | undefined> {
    if (alertas.some((alert) => alert.code === 'gemeo')) return 'gemeo';
    const credentials = (yield* get(q.credentials, { org, device }))?.n ?? 0;
    return credentials === 0 ? 'sem_credencial' : undefined;
  }

  function* snapshot(job: Job) {
    return snapshotOf(
      job,
      yield* rows.itens(job.org_id, job.job_id),
      yield* rows.entries(job.org_id, job.job_id),
    );
  }

  return {
    readQueue: (org, device) =>
      db.read(function* () {
        const found = yield* get(q.device, { org, device });
        if (!found) return undefined;
        const state = yield* stateOf(found);
        const current = yield* rows.current(org, device);
        const jobs: QueueOut['jobs'] = [];
        for (const job of state.jobs) jobs.push(yield* snapshot(job));
        return {
          device,
          pausada: found.fila_pausada,
          transicao: found.transicao,
          espera_tigela: waitsForBowl(state),
          atual: current ? yield* snapshot(current) : null,
          jobs,
        };
      }),
    offerNext: (org, device, { epoch, now, legacy = false }) =>
      db.write(function* (): Tx<Offer> {
        const found = yield* get(q.device, { org, device });
        if (!found) return { standing: 'nada' };
        const state = yield* stateOf(found);
        const head = nextToOffer(state);
        const job = state.jobs.find((candidate) => candidate.job_id === head);
        if (!job) return { standing: 'nada' };
        if (!legacy && found.birth_epoch !== epoch) return { standing: 'sem_birth' };
        const distrust = yield* distrusted(found);
        if (distrust) return { standing: distrust };
        const seq = Math.max(found.ultimo_seq, found.hi) + 1;
        yield* run(q.setSeq, { org, device, ultimo_seq: seq, versao: found.versao + 1 });
        return { job: yield* rows.change(job, { fase: 'ofertado', seq, ofertado_em: now }) };
      }),
    releaseNext: (org, device, act) =>
      db.write(function* () {
        const found = yield* deviceOrThrow(org, device);
        const state = yield* stateOf(found);
        const head = nextToOffer({ ...state, pausada: false, ocupado: false }, true);
        const job = state.jobs.find((candidate) => candidate.job_id === head);
        if (!job) throw new AppError('fila_vazia');
        const current = yield* rows.current(org, device);
        if (current) throw new AppError('ocupado', `Job ${current.job_id} is on the device`);
        if (state.pausada) throw new AppError('conflict', 'The queue is paused; let it go on first');
        const distrust = yield* distrusted(found);
        if (distrust === 'gemeo')
          throw new AppError('conflict', 'Two boards use the credential of this device');
        if (distrust) throw new AppError('dispensador_revogado');
        yield* audit(org, actRow(act, 'queue.next', `device:${device}`, { depois: { job_id: job.job_id } }));
        return yield* rows.change(job, { liberado: true });
      }),
    reorderQueue: (org, device, jobIds, act) =>
      db.write(function* () {
        const state = yield* stateOf(yield* deviceOrThrow(org, device));
        const order = reorder(state.jobs, jobIds);
        const released = state.jobs.some((job) => job.liberado);
        const changed: Job[] = [];
        for (const [index, jobId] of order.entries()) {
          const job = state.jobs.find((candidate) => candidate.job_id === jobId) as Job;
          // The bowl that was put in place stays in place: it goes to whoever is first now.
          const patch = { posicao: index + 1, liberado: released && index === 0 };
          if (patch.posicao !== job.posicao || patch.liberado !== job.liberado) {
            changed.push(yield* rows.change(job, patch));
          }
        }
        const antes = state.jobs.map((job) => job.job_id);
        yield* audit(org, actRow(act, 'queue.reorder', `device:${device}`, { antes, depois: order }));
        return changed;
      }),
    pauseQueue: (org, device, pausada, act) =>
      db.write(function* () {
        const found = yield* deviceOrThrow(org, device);
        if (found.fila_pausada === pausada) return;
        yield* run(q.setPaused, { org, device, fila_pausada: pausada, versao: found.versao + 1 });
        yield* audit(org, actRow(act, pausada ? 'queue.pause' : 'queue.go', `device:${device}`));
      }),
  };
}
