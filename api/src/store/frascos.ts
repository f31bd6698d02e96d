import {
  AppError,
  type ConfigDesired,
  type Fault,
  type FrascoIn,
  type FrascoRow,
  gFromMg,
  limits,
  mgFromG,
} from '@yaguts/shared';
import { and, asc, desc, eq, inArray, isNull } from 'drizzle-orm';
import type { Act } from './audit.ts';
import type { Frasco } from './ledger.ts';
import type { StoreParts } from './parts.ts';
import { devices, frascoHistorico, frascos, jobItems, jobs, temperos } from './schema/index.ts';
import { all, columns, get, p, run, type Tx, wholeRow } from './transaction.ts';

type Device = typeof devices.$inferSelect;
export type FrascoHistory = typeof frascoHistorico.$inferSelect;
/** What a change of frascos has touched: what is to be published after it. */
export interface FrascosChange {
  readonly frascos: FrascoRow[];
  readonly touched: number[];
  /** Frascos before and after, for the low alert. */
  readonly pairs: readonly { antes: Frasco; depois: Frasco }[];
  readonly configChanged: boolean;
}

export interface FrascosStore {
  /** In their order; undefined when there is no such device. */
  listFrascos(org: string, device: string): Promise<FrascoRow[] | undefined>;
  /**
   * Sets the frascos named; the others stay as they are. A frasco that gets another tempero starts at saldo
   * 0 with the calibration it last had with that tempero; without `g_por_s` a calibration is kept.
   *
   * @throws AppError "invalid" with the path of each fault, "conflict" while a job of the device counts on
   *         the tempero of a frasco that is to change, "not_found" for an unknown device
   */
  saveFrascos(org: string, device: string, input: readonly FrascoIn[], act: Act): Promise<FrascosChange>;
  /** Stores a measured rate, in micrograms a second. */
  saveCalibration(
    org: string,
    device: string,
    frasco: number,
    measured: { ug_por_s: number; medidas: unknown },
    act: Act,
  ): Promise<FrascosChange>;
  /** What `config/desired` of a device holds; undefined when there is no such device. */
  configDesired(org: string, device: string): Promise<ConfigDesired | undefined>;
  /** What a frasco held and how fast it ran, newest first. */
  frascoHistory(org: string, device: string, frasco: number): Promise<FrascoHistory[]>;
}

export function createFrascos({ db, audit, ledger }: StoreParts): FrascosStore {
  const { orm } = db;
  const ofDevice = and(eq(frascos.org_id, p('org')), eq(frascos.device, p('device')));
  const history = and(
    eq(frascoHistorico.org_id, p('org')),
    eq(frascoHistorico.device, p('device')),
    eq(frascoHistorico.frasco, p('frasco')),
  );
  const { id: _, ...historyRow } = wholeRow(frascoHistorico);
  const q = {
    device: orm
      .select()
      .from(devices)
      .where(and(eq(devices.org_id, p('org')), eq(devices.device, p('device')), isNull(devices.removido_em)))
      .prepare(),
    list: orm
      .select({ frasco: frascos, tempero: temperos.nome })
      .from(frascos)
      .leftJoin(temperos, and(eq(temperos.org_id, frascos.org_id), eq(temperos.id, frascos.tempero_id)))
      .where(ofDevice)
      .orderBy(asc(frascos.frasco))
      .prepare(),
    tempero: orm
      .select({ id: temperos.id })
      .from(temperos)
      .where(and(eq(temperos.org_id, p('org')), eq(temperos.nome, p('nome')), isNull(temperos.removido_em)))
      .prepare(),
    update: orm
      .update(frascos)
      .set(
        columns(
          frascos,
          ...(['tempero_id', 'ug_por_s', 'min_ms', 'max_ms', 'pin', 'minimo_mg', 'desejado_mg'] as const),
          ...(['recontar', 'calibrado_em', 'lote', 'validade', 'versao'] as const),
        ),
      )
      .where(and(ofDevice, eq(frascos.frasco, p('frasco'))))
      .prepare(),
    counting: orm
      .select({ job_id: jobs.job_id })
      .from(jobItems)
      .innerJoin(jobs, and(eq(jobs.org_id, jobItems.org_id), eq(jobs.job_id, jobItems.job_id)))
      .where(
        and(
          eq(jobs.org_id, p('org')),
          eq(jobs.device, p('device')),
          inArray(jobs.status, ['queued', 'running']),
          eq(jobItems.frasco, p('frasco')),
        ),
      )
      .limit(1)
      .prepare(),
    bumpConfig: orm
      .update(devices)
      .set(columns(devices, 'config_versao', 'versao'))
      .where(and(eq(devices.org_id, p('org')), eq(devices.device, p('device'))))
      .prepare(),
    remember: orm
      .insert(frascoHistorico)
      .values(historyRow as typeof frascoHistorico.$inferInsert)
      .prepare(),
    history: orm.select().from(frascoHistorico).where(history).orderBy(desc(frascoHistorico.id)).prepare(),
    lastWith: orm
      .select()
      .from(frascoHistorico)
      .where(and(history, eq(frascoHistorico.tempero, p('tempero'))))
      .orderBy(desc(frascoHistorico.id))
      .limit(1)
      .prepare(),
  };

  function* deviceOrThrow(org: string, device: string): Tx<Device> {
    const found = yield* get(q.device, { org, device });
    if (!found) throw new AppError('not_found', `There is no device "${device}"`);
    return found;
  }

  function* rowsOf(org: string, device: string): Tx<FrascoRow[]> {
    return (yield* all(q.list, { org, device })).map(({ frasco, tempero }) => frascoRowOf(frasco, tempero));
  }

  /** A new version of the config, refused when it would not fit the device. */
  function* bumpConfig(device: Device): Tx<void> {
    const { org_id: org, device: id } = device;
    const next = { ...device, config_versao: device.config_versao + 1, versao: device.versao + 1 };
    const size = Buffer.byteLength(JSON.stringify(configOf(next, yield* rowsOf(org, id))));
    if (size > limits.maxConfigBytes) {
      throw new AppError(
        'invalid',
        `The config would have ${size} bytes; a device takes at most ${limits.maxConfigBytes}`,
      );
    }
    yield* run(q.bumpConfig, { ...next, org });
  }

  function* faultsOf(org: string, device: Device, input: readonly FrascoIn[]): Tx<Fault[]> {
    const faults: Fault[] = [];
    const drives = device.birth.at(-1)?.frascos;
    for (const [index, row] of input.entries()) {
      const fault = (field: string, message: string) =>
        faults.push({ path: `frascos.${index}.${field}`, message });
      if (input.findIndex((other) => other.frasco === row.frasco) !== index)
        fault('frasco', 'is named twice');
      if (drives !== undefined && row.frasco > drives) fault('frasco', `the device drives ${drives} frascos`);
      if (row.min_ms > row.max_ms) fault('min_ms', `is above max_ms (${row.max_ms})`);
      if (row.tempero !== null && !(yield* get(q.tempero, { org, nome: row.tempero }))) {
        fault('tempero', `there is no tempero "${row.tempero}"`);
      }
    }
    return faults;
  }

  /** Empties the books of a frasco whose content is exchanged: its grams were another tempero's. */
  function* exchange(
    key: { org_id: string; device: string; frasco: number },
    tempero: string | null,
    act: Act,
  ): Tx<void> {
    const job = yield* get(q.counting, { org: key.org_id, ...key });
    if (job) {
      throw new AppError(
        'conflict',
        `Job ${job.job_id} counts on what is in frasco ${key.frasco}; cancel it first`,
      );
    }
    const { saldo_mg } = yield* ledger.frasco(key);
    if (saldo_mg === 0) return;
    yield* ledger.move({
      ...key,
      tempero,
      tipo: 'ajuste',
      quantidade_mg: -saldo_mg,
      em: act.em,
      por: act.quem,
      nota: 'troca de tempero',
    });
  }

  function* save(
    device: Device,
    input: FrascoIn,
    nomeAtual: string | null,
    act: Act,
  ): Tx<{ antes: Frasco; depois: Frasco; config: boolean }> {
    const { org_id: org, device: id } = device;
    const key = { org_id: org, device: id, frasco: input.frasco };
    const antes = yield* ledger.frasco(key);
    const swapped = nomeAtual !== input.tempero;
    if (swapped) yield* exchange(key, nomeAtual, act);
    const tempero_id =
      input.tempero === null ? null : ((yield* get(q.tempero, { org, nome: input.tempero }))?.id ?? null);
    const remembered =
      swapped && input.tempero !== null
        ? yield* get(q.lastWith, { org, device: id, frasco: input.frasco, tempero: input.tempero })
        : undefined;
    const known = swapped
      ? { ug: remembered?.ug_por_s ?? null, em: remembered?.desde ?? null }
      : { ug: antes.ug_por_s, em: antes.calibrado_em };
    const given = input.g_por_s === null ? null : Math.round(input.g_por_s * 1e6);
    const isNew = given !== null && given !== known.ug;
    const depois: Frasco = {
      ...(yield* ledger.frasco(key)),
      tempero_id,
      ug_por_s: given ?? known.ug,
      calibrado_em: isNew ? act.em : known.ug === null ? null : known.em,
      min_ms: input.min_ms,
      max_ms: input.max_ms,
      pin: input.pin,
      minimo_mg: mgFromG(input.minimo_g),
      desejado_mg: input.desejado_g === null ? null : mgFromG(input.desejado_g),
      lote: input.lote,
      validade: input.validade,
      recontar: swapped ? false : antes.recontar,
      versao: antes.versao + 1,
    };
    yield* run(q.update, { ...depois, org });
    if (swapped || depois.ug_por_s !== antes.ug_por_s) {
      const row = { ...key, tempero: input.tempero, ug_por_s: depois.ug_por_s, desde: act.em, por: act.quem };
      yield* run(q.remember, row);
    }
    const config = (['tempero_id', 'ug_por_s', 'min_ms', 'max_ms', 'pin'] as const).some(
      (k) => antes[k] !== depois[k],
    );
    return { antes, depois, config };
  }

  return {
    listFrascos: (org, device) =>
      db.read(function* () {
        return (yield* get(q.device, { org, device })) ? yield* rowsOf(org, device) : undefined;
      }),
    saveFrascos: (org, device, input, act) =>
      db.write(function* () {
        const found = yield* deviceOrThrow(org, device);
        const faults = yield* faultsOf(org, found, input);
        if (faults.length > 0) throw new AppError('invalid', undefined, { faults });
        const before = new Map((yield* rowsOf(org, device)).map((row) => [row.frasco, row]));
        const changes: { antes: Frasco; depois: Frasco; config: boolean }[] = [];
        for (const row of input) {
          changes.push(yield* save(found, row, before.get(row.frasco)?.tempero ?? null, act));
        }
        const configChanged = changes.some(({ config }) => config);
        if (configChanged) yield* bumpConfig(found);
        const touched = input.map((row) => row.frasco);
        const after = yield* rowsOf(org, device);
        yield* audit(org, {
          ...act,
          acao: 'frascos.change',
          alvo: `device:${device}`,
          antes: touched.flatMap((frasco) => before.get(frasco) ?? []),
          depois: after.filter((row) => touched.includes(row.frasco)),
        });
        return { frascos: after, touched, pairs: changes, configChanged };
      }),
    saveCalibration: (org, device, frasco, { ug_por_s, medidas }, act) =>
      db.write(function* () {
        const found = yield* deviceOrThrow(org, device);
        const row = (yield* all(q.list, { org, device })).find(
          (candidate) => candidate.frasco.frasco === frasco,
        );
        if (!row?.tempero)
          throw new AppError('sem_frasco', `Frasco ${frasco} holds no tempero to calibrate with`);
        const antes = row.frasco;
        const depois = { ...antes, ug_por_s, calibrado_em: act.em, versao: antes.versao + 1 };
        yield* run(q.update, { ...depois, org });
        const { tempero } = row;
        yield* run(q.remember, {
          org_id: org,
          device,
          frasco,
          tempero,
          ug_por_s,
          desde: act.em,
          por: act.quem,
        });
        yield* bumpConfig(found);
        yield* audit(org, {
          ...act,
          acao: 'frasco.calibrate',
          alvo: `device:${device}/${frasco}`,
          antes: { ug_por_s: antes.ug_por_s },
          depois: { ug_por_s, medidas },
        });
        const list = yield* rowsOf(org, device);
        return { frascos: list, touched: [frasco], pairs: [{ antes, depois }], configChanged: true };
      }),
    configDesired: (org, device) =>
      db.read(function* () {
        const found = yield* get(q.device, { org, device });
        return found && configOf(found, yield* rowsOf(org, device));
      }),
    frascoHistory: (org, device, frasco) => db.read(() => all(q.history, { org, device, frasco })),
  };
}

function configOf(device: Device, rows: readonly FrascoRow[]): ConfigDesired {
  return {
    versao: device.config_versao,
    frascos: rows.map(({ frasco, tempero, g_por_s, pin, min_ms, max_ms }) => ({
      frasco,
      tempero,
      g_por_s,
      ...(pin === null ? {} : { pin }),
      min_ms,
      max_ms,
    })),
    telemetry_s: device.telemetry_s,
  };
}

function frascoRowOf(row: Frasco, tempero: string | null): FrascoRow {
  return {
    frasco: row.frasco,
    tempero,
    g_por_s: row.ug_por_s === null ? null : row.ug_por_s / 1e6,
    min_ms: row.min_ms,
    max_ms: row.max_ms,
    pin: row.pin,
    minimo_g: gFromMg(row.minimo_mg),
    desejado_g: row.desejado_mg === null ? null : gFromMg(row.desejado_mg),
    lote: row.lote,
    validade: row.validade,
    saldo_g: gFromMg(row.saldo_mg),
    reservado_g: gFromMg(row.reservado_mg),
    calibrado_em: row.calibrado_em,
    recontar: row.recontar,
    versao: row.versao,
  };
}
