import { type alertCodes, type Birth, type ConfigReported, limits, type Presence } from '@yaguts/shared';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { isTwin, withAlert } from '../domain/device-trust.ts';
import { finalStatus } from '../domain/job-status.ts';
import type { Counter } from './counter.ts';
import type { ReportOrigin } from './entries.ts';
import { each } from './grouped.ts';
import type { Job } from './job-rows.ts';
import type { StoreParts } from './parts.ts';
import type { createRejected } from './rejected.ts';
import { devices } from './schema/index.ts';
import { columns, get, p, run, type Tx } from './transaction.ts';

export type Device = typeof devices.$inferSelect;
type AlertCode = (typeof alertCodes)[number];

/** What a device's own word about itself changes. */
const heardColumns = [
  'presence',
  'presence_desde',
  'visto_em',
  'boot_id',
  'boot_anterior',
  'session',
  'birth',
  'fw_version',
  'journal_id',
  'journal_anterior',
  'hi',
  'ultimo_seq',
  'birth_epoch',
  'config_reportada',
  'alertas',
] as const satisfies readonly (keyof Device)[];
type DevicePatch = Partial<Pick<Device, (typeof heardColumns)[number]>>;

export interface BirthOutcome {
  readonly device: Device;
  /** Alerts that this birth has raised. */
  readonly raised: readonly AlertCode[];
  /** The running job that ended because its journal is lost. */
  readonly closed: Job | undefined;
  /** The running job that goes on; its snapshot may have changed. */
  readonly current: Job | undefined;
  /** The current job's row was written. */
  readonly changed: boolean;
  /** A job that the device holds although it was closed by force. */
  readonly forsaken: Job | undefined;
}

/** Transactions of what devices say about themselves. */
export function devicesStore(
  { db, rows }: StoreParts,
  rejected: ReturnType<typeof createRejected>,
  counter: Counter,
  epoch: string,
) {
  const here = and(eq(devices.org_id, p('org_id')), eq(devices.device, p('device')));
  const q = {
    device: db.orm
      .select()
      .from(devices)
      .where(and(here, isNull(devices.removido_em)))
      .prepare(),
    heard: db.orm
      .update(devices)
      .set({ ...columns(devices, ...heardColumns), versao: sql`${devices.versao} + 1` })
      .where(here)
      .prepare(),
    forget: db.orm
      .update(devices)
      .set({ presence: 'lost', presence_desde: sql`${p('at')}`, versao: sql`${devices.versao} + 1` })
      .where(eq(devices.presence, 'online'))
      .prepare(),
  };
  const find = (org_id: string, device: string): Tx<Device | undefined> => get(q.device, { org_id, device });

  function* change(before: Device, patch: DevicePatch): Tx<Device> {
    const next: Device = { ...before, ...patch, versao: before.versao + 1 };
    yield* run(q.heard, { ...next });
    return next;
  }

  function* presence(origin: ReportOrigin, said: Presence) {
    const before = yield* find(origin.org, origin.device);
    if (!before) return undefined;
    const { state, boot_id, session } = said;
    // A will or a goodbye counts only for the connection that the last `online` belongs to.
    if (state !== 'online' && (before.boot_id !== boot_id || before.session !== session)) return undefined;
    const isNews = before.presence !== state;
    const twin = state === 'online' && isTwin(before, { boot_id });
    const device = yield* change(before, {
      presence: state,
      presence_desde: isNews ? origin.at : before.presence_desde,
      visto_em: origin.at,
      ...(state === 'online' ? { boot_id, session, ...bootBefore(before, boot_id) } : {}),
      ...(twin ? { alertas: alarm(before, 'gemeo', origin.at, `boot ${boot_id} came back`) } : {}),
    });
    return { device, isNews, twin };
  }

  function* birth(origin: ReportOrigin, said: Birth): Tx<BirthOutcome | undefined> {
    const before = yield* find(origin.org, origin.device);
    if (!before) return undefined;
    const raised: AlertCode[] = [];
    let { alertas } = before;
    const raise = (code: AlertCode, detalhe: string) => {
      raised.push(code);
      alertas = withAlert(alertas, { code, desde: origin.at, detalhe });
    };
    const isOtherJournal = before.journal_id !== null && before.journal_id !== said.journal_id;
    const twin = isTwin(before, said);
    if (twin) raise('gemeo', `journal ${said.journal_id} or its boot came back`);
    else if (isOtherJournal)
      raise('diario_perdido', `journal ${said.journal_id} instead of ${before.journal_id}`);
    // seq and job_id jump above what the device reports: after a restore the numbers are not given again.
    const reported = Math.max(said.hi, said.active?.seq ?? 0);
    const follows = reported - before.ultimo_seq <= limits.jobIdJump;
    const jobFollowed = said.active === null || (yield* counter.follow(said.active.job_id));
    if (!follows || !jobFollowed) {
      yield* rejected.file({ ...origin, code: 'invalido', detalhe: 'numbers too far ahead to follow' });
      raise('reportes_de_lado', 'birth: seq or job_id too far ahead');
    }
    const device = yield* change(before, {
      birth: [said],
      fw_version: said.fw_version,
      visto_em: origin.at,
      hi: said.hi,
      ultimo_seq: follows ? Math.max(before.ultimo_seq, reported) : before.ultimo_seq,
      birth_epoch: epoch,
      journal_id: said.journal_id,
      ...(isOtherJournal ? { journal_anterior: before.journal_id } : {}),
      alertas,
    });
    const forsaken = yield* forsakenJob(origin, said);
    return { device, raised, forsaken, ...(yield* reconcile(origin, before, said)) };
  }

  function* forsakenJob({ org, device }: ReportOrigin, { active }: Birth): Tx<Job | undefined> {
    const job = active ? yield* rows.byId(org, active.job_id) : undefined;
    return job?.fechado_a_forca && job.device === device && job.seq === active?.seq ? job : undefined;
  }

  /** What a birth means for the job that the database holds as running on this device. */
  function* reconcile(origin: ReportOrigin, before: Device, said: Birth) {
    const job = yield* rows.current(origin.org, origin.device);
    if (job?.status !== 'running') return { closed: undefined, current: job, changed: false };
    if (job.journal_id !== null && job.journal_id !== said.journal_id) {
      const { job: closed } = yield* closeRunning(job, 'diario_perdido', origin.at);
      return { closed, current: undefined, changed: true };
    }
    // A pause is in RAM only: after a reboot the job goes on.
    const resumed = job.fase === 'pausado' && said.boot_id !== undefined && said.boot_id !== before.boot_id;
    if (!resumed && !job.sem_noticias) return { closed: undefined, current: job, changed: false };
    const current = yield* rows.change(job, {
      noticia_em: origin.at,
      sem_noticias: false,
      ...(resumed ? { fase: 'dispensando' as const } : {}),
    });
    return { closed: undefined, current, changed: true };
  }

  /** Ends a job from outside: the status follows from the entries there are, what still comes is late. */
  function* closeRunning(job: Job, motivo: string, at: number) {
    const status = finalStatus(job, job.total_itens);
    return yield* rows.end(job, { status, motivo, at, fechado_a_forca: true });
  }

  function* configReported(origin: ReportOrigin, said: ConfigReported) {
    const before = yield* find(origin.org, origin.device);
    if (!before) return undefined;
    yield* change(before, { config_reportada: [said], visto_em: origin.at });
    const told = before.config_reportada.at(-1)?.errors ?? [];
    const errors = said.errors ?? [];
    return { refused: errors.length > 0 && errors.join() !== told.join() };
  }

  function* word(origin: ReportOrigin, about: 'device' | 'job') {
    const before = yield* find(origin.org, origin.device);
    if (!before) return undefined;
    yield* change(before, { visto_em: origin.at });
    const job = yield* rows.current(origin.org, origin.device);
    if (job?.status !== 'running' || (about === 'device' && !job.sem_noticias)) return undefined;
    const was = job.sem_noticias;
    const next = yield* rows.change(job, { noticia_em: origin.at, sem_noticias: false }, was ? 1 : 0);
    return was ? next : undefined;
  }

  const grouped = {
    /** Takes a presence; undefined when it is an old will or nobody we know. */
    takePresence: each(presence),

    /** Takes a birth: numbers, journal, twins, and the job that runs. */
    takeBirth: each(birth),

    /** Takes what the device has applied of its configuration; `refused` when it has new faults to tell. */
    takeConfigReported: each(configReported),

    /** Any word of a device: it was seen, and its running job is not without news. */
    takeWord: each(word),
  };

  const calls = {
    /** A device as stored; undefined when the org has none of that id. */
    device: (org: string, device: string): Promise<Device | undefined> => db.read(() => find(org, device)),

    /** Takes an alert away: a person has looked at it. */
    clearAlert: (org: string, device: string, code: AlertCode) =>
      db.write(function* () {
        const before = yield* find(org, device);
        if (!before) return undefined;
        return yield* change(before, { alertas: before.alertas.filter((one) => one.code !== code) });
      }),

    /** At the start of the platform nobody is connected until heard: every device is `lost` till then. */
    forgetPresences: (at: number): Promise<number> => db.write(() => run(q.forget, { at })),
  };
  return { calls, grouped };
}

const alarm = (before: Device, code: AlertCode, desde: number, detalhe: string) =>
  withAlert(before.alertas, { code, desde, detalhe });

const bootBefore = (before: Device, boot_id: string): DevicePatch =>
  before.boot_id !== null && before.boot_id !== boot_id ? { boot_anterior: before.boot_id } : {};
