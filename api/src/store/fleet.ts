import { AppError, type DeviceIn, type DevicePatch } from '@yaguts/shared';
import { and, asc, eq, isNull } from 'drizzle-orm';
import type { Act } from './audit.ts';
import { hasStatus } from './job-rows.ts';
import type { StoreParts } from './parts.ts';
import { deviceCredentials, devices, frascos, jobs, orgs } from './schema/index.ts';
import { all, columns, get, p, run, type Tx } from './transaction.ts';

type Device = typeof devices.$inferSelect;

/** Devices as people keep them: made, set up, removed. What a device says of itself is in devices.ts. */
export interface FleetStore {
  /** Ids of the devices of an org, by name. */
  deviceIds(org: string): Promise<string[]>;
  /** A device that has not been removed. */
  findDevice(org: string, device: string): Promise<Device | undefined>;
  /**
   * Makes a device with empty frascos. One that was removed comes back with its history and its estoque.
   *
   * @throws AppError "already_exists"
   */
  createDevice(org: string, input: DeviceIn, act: Act): Promise<void>;
  /** @throws AppError "not_found" */
  patchDevice(org: string, device: string, patch: DevicePatch, act: Act): Promise<{ configChanged: boolean }>;
  /**
   * Removes a device: its waiting jobs are canceled, its credentials revoked, its history kept.
   *
   * @throws AppError "ocupado" while it runs a job, "not_found"
   */
  removeDevice(org: string, device: string, act: Act): Promise<{ jobs: number[] }>;
  /**
   * Removes a device here and makes it in another org, both or neither: as many outputs, empty frascos.
   *
   * @throws AppError "not_found" also for the other org, "already_exists" there, "ocupado"
   */
  moveDevice(
    from: { readonly org: string; readonly device: string },
    to: { readonly org: string; readonly device: string },
    act: Act,
  ): Promise<{ jobs: number[] }>;
}

export function createFleet({ db, audit, rows }: StoreParts): FleetStore {
  const { orm } = db;
  const one = and(eq(devices.org_id, p('org')), eq(devices.device, p('device')));
  const q = {
    ids: orm
      .select({ device: devices.device })
      .from(devices)
      .where(and(eq(devices.org_id, p('org')), isNull(devices.removido_em)))
      .orderBy(asc(devices.nome), asc(devices.device))
      .prepare(),
    any: orm.select().from(devices).where(one).prepare(),
    insert: orm
      .insert(devices)
      .values(
        columns(
          devices,
          ...(['org_id', 'device', 'nome', 'saidas', 'criado_em'] as const),
          ...(['birth', 'config_reportada', 'alertas'] as const),
        ) as typeof devices.$inferInsert,
      )
      .prepare(),
    update: orm
      .update(devices)
      .set(
        columns(
          devices,
          ...([
            'nome',
            'transicao',
            'telemetry_s',
            'saidas',
            'config_versao',
            'versao',
            'removido_em',
          ] as const),
          ...(['presence', 'presence_desde', 'birth_epoch', 'session', 'boot_id', 'alertas'] as const),
        ),
      )
      .where(one)
      .prepare(),
    makeFrasco: orm
      .insert(frascos)
      .values({
        org_id: p('org'),
        device: p('device'),
        frasco: p('frasco'),
      } as unknown as typeof frascos.$inferInsert)
      .onConflictDoNothing()
      .prepare(),
    org: orm
      .select({ org: orgs.org_id })
      .from(orgs)
      // One that is still being taken in is none yet.
      .where(and(eq(orgs.org_id, p('org')), isNull(orgs.importando_desde)))
      .prepare(),
    open: orm
      .select({ job_id: jobs.job_id })
      .from(jobs)
      .where(and(eq(jobs.org_id, p('org')), eq(jobs.device, p('device')), hasStatus('queued')))
      .prepare(),
    revoke: orm
      .update(deviceCredentials)
      .set(columns(deviceCredentials, 'revogado_em'))
      .where(
        and(
          eq(deviceCredentials.org_id, p('org')),
          eq(deviceCredentials.device, p('device')),
          isNull(deviceCredentials.revogado_em),
        ),
      )
      .prepare(),
  };

  function* alive(org: string, device: string) {
    const found = yield* get(q.any, { org, device });
    return found && found.removido_em === null ? found : undefined;
  }
  function* aliveOrThrow(org: string, device: string) {
    const found = yield* alive(org, device);
    if (!found) throw new AppError('not_found', `There is no device "${device}"`);
    return found;
  }

  function* create(org: string, { id, nome, frascos: saidas }: DeviceIn, act: Act): Tx<void> {
    const known = yield* get(q.any, { org, device: id });
    if (known && known.removido_em === null) {
      throw new AppError('already_exists', `There is a device "${id}" already`);
    }
    // A board that comes back is a stranger until its birth; its seq and estoque go on where they were.
    const fresh = {
      presence: 'never',
      presence_desde: null,
      birth_epoch: null,
      session: null,
      boot_id: null,
    };
    if (known) {
      const back = {
        ...known,
        ...fresh,
        nome,
        saidas,
        alertas: [],
        removido_em: null,
        versao: known.versao + 1,
      };
      yield* run(q.update, { ...back, org });
    } else {
      const silent = { birth: [], config_reportada: [], alertas: [] };
      yield* run(q.insert, { ...silent, org_id: org, device: id, nome, saidas, criado_em: act.em });
    }
    for (let frasco = 1; frasco <= saidas; frasco++) yield* run(q.makeFrasco, { org, device: id, frasco });
    yield* audit(org, { ...act, acao: 'device.create', alvo: `device:${id}`, depois: { nome, saidas } });
  }
  function* remove(org: string, device: string, act: Act): Tx<{ jobs: number[] }> {
    const found = yield* aliveOrThrow(org, device);
    const current = yield* rows.current(org, device);
    if (current?.status === 'running') {
      throw new AppError('ocupado', `The device is running job ${current.job_id}; cancel or close it first`);
    }
    const ended: number[] = [];
    for (const { job_id } of yield* all(q.open, { org, device })) {
      const job = yield* rows.byId(org, job_id);
      if (!job) continue;
      yield* rows.end(job, { status: 'canceled', motivo: 'dispensador_removido', at: act.em });
      ended.push(job_id);
    }
    yield* run(q.revoke, { org, device, revogado_em: act.em });
    yield* run(q.update, { ...found, org, removido_em: act.em, versao: found.versao + 1 });
    yield* audit(org, {
      ...act,
      acao: 'device.remove',
      alvo: `device:${device}`,
      antes: { nome: found.nome },
    });
    return { jobs: ended };
  }

  return {
    deviceIds: async (org) => (await db.read(() => all(q.ids, { org }))).map(({ device }) => device),
    findDevice: (org, device) => db.read(() => alive(org, device)),
    createDevice: (org, input, act) => db.write(() => create(org, input, act)),
    patchDevice: (org, device, patch, act) =>
      db.write(function* () {
        const found = yield* aliveOrThrow(org, device);
        const configChanged = patch.telemetry_s !== undefined && patch.telemetry_s !== found.telemetry_s;
        const config_versao = found.config_versao + (configChanged ? 1 : 0);
        yield* run(q.update, { ...found, ...patch, org, config_versao, versao: found.versao + 1 });
        const { nome, transicao, telemetry_s } = found;
        const antes = { nome, transicao, telemetry_s };
        yield* audit(org, { ...act, acao: 'device.change', alvo: `device:${device}`, antes, depois: patch });
        return { configChanged };
      }),
    removeDevice: (org, device, act) => db.write(() => remove(org, device, act)),
    moveDevice: (from, to, act) =>
      db.write(function* () {
        const { nome, saidas } = yield* aliveOrThrow(from.org, from.device);
        if (!(yield* get(q.org, { org: to.org })))
          throw new AppError('not_found', `There is no organisation "${to.org}"`);
        const removed = yield* remove(from.org, from.device, act);
        yield* create(to.org, { id: to.device, nome, frascos: saidas }, act);
        return removed;
      }),
  };
}
