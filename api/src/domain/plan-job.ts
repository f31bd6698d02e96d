import { gFromMg, type JobDocument, limits } from '@yaguts/shared';
import { divideOverFrascos, type FrascoCapacity } from './divide-item.ts';
import type { EstoquePolitica, Obstacle } from './obstacle.ts';

/**
 * What becomes of a receita on one device: grams to milliseconds by the calibration of each frasco, a
 * tempero split over all frascos that hold it, and everything that stands in the way, with the number that
 * was exceeded. Pure: creating and previewing a job call the same function.
 */

export interface PlanIngredient {
  readonly tempero: string;
  readonly mg: number;
  /** `fixa` is poured as it stands, whatever the multiplicador. */
  readonly escala: 'linear' | 'fixa';
  readonly critico: boolean;
  /** The item of an earlier job that this one repeats. */
  readonly origem?: number;
}

/** A frasco of the device as it stands; `gPorS` is null until it has been calibrated. */
export interface PlanFrasco {
  readonly frasco: number;
  readonly tempero: string | null;
  readonly gPorS: number | null;
  readonly minMs: number;
  readonly maxMs: number;
  readonly saldoMg: number;
  readonly reservadoMg: number;
  readonly recontar: boolean;
  /** ISO date, the last good day. */
  readonly validade: string | null;
}

/** What the device said of itself in its birth; null before the first. */
export interface DeviceLimits {
  readonly frascos: number;
  readonly maxItens: number;
  readonly maxJobBytes: number;
  readonly maxStepMs: number;
}

export interface PlanRequest {
  readonly receita: string;
  readonly itens: readonly PlanIngredient[];
  readonly multiplicador: number;
  readonly maxMultiplicador: number;
  /** Largest job the org allows, in milligrams; null for no limit. */
  readonly limiteMg: number | null;
  readonly politica: EstoquePolitica;
  readonly frascos: readonly PlanFrasco[];
  readonly device: DeviceLimits | null;
  /** Allergens by tempero. */
  readonly alergenos: ReadonlyMap<string, readonly string[]>;
  /** Today in the org's time zone, ISO date. */
  readonly hoje: string;
}

export interface PlannedItem {
  readonly itemOrdem: number;
  readonly frasco: number;
  readonly tempero: string;
  readonly mg: number;
  readonly ms: number;
  readonly critico: boolean;
  /** That of its ingredient. */
  readonly origem?: number;
}

export interface JobPlan {
  readonly itens: readonly PlannedItem[];
  readonly totalMg: number;
  readonly totalMs: number;
  readonly pode: boolean;
  readonly obstaculos: readonly Obstacle[];
}

/**
 * Plans a job.
 *
 * @returns the items in pouring order, numbered from 1, and every obstacle found. When one of them
 *          `impede`, the items show as far as the planning came and must not be poured.
 */
export function planJob(request: PlanRequest): JobPlan {
  const obstaculos: Obstacle[] = [...faultsOfRequest(request)];
  const taken = new Map<number, number>();
  const itens: PlannedItem[] = [];

  for (const ingredient of request.itens) {
    const wanted =
      ingredient.escala === 'fixa' ? ingredient.mg : Math.round(ingredient.mg * request.multiplicador);
    const found = findFrascos(request, ingredient.tempero);
    obstaculos.push(...found.obstaculos);
    if (found.frascos.length === 0) continue;
    const capacities = found.frascos.map((frasco) => capacityOf(frasco, taken, request.device));
    const division = divideOverFrascos(wanted, capacities, request.politica);
    obstaculos.push(...division.obstaculos.map((obstacle) => ({ ...obstacle, tempero: ingredient.tempero })));
    for (const slice of division.slices) {
      taken.set(slice.frasco, (taken.get(slice.frasco) ?? 0) + slice.mg);
      itens.push({
        itemOrdem: itens.length + 1,
        frasco: slice.frasco,
        tempero: ingredient.tempero,
        mg: slice.mg,
        ms: slice.ms,
        critico: ingredient.critico,
        ...(ingredient.origem !== undefined && { origem: ingredient.origem }),
      });
    }
  }

  if (itens.length > 0) obstaculos.push(...faultsOfSize(request, itens));
  else if (!obstaculos.some((obstacle) => obstacle.impede)) {
    obstaculos.push({
      code: 'estoque_insuficiente',
      message: 'Nothing of this receita is left',
      impede: true,
    });
  }
  return {
    itens,
    totalMg: itens.reduce((sum, item) => sum + item.mg, 0),
    totalMs: itens.reduce((sum, item) => sum + item.ms, 0),
    pode: !obstaculos.some((obstacle) => obstacle.impede),
    obstaculos: dedupe(obstaculos),
  };
}

const bytes = (text: string): number => Buffer.byteLength(text, 'utf8');

function faultsOfRequest({
  receita,
  itens,
  multiplicador,
  maxMultiplicador,
  alergenos,
}: PlanRequest): Obstacle[] {
  const found: Obstacle[] = [];
  if (!Number.isFinite(multiplicador) || multiplicador <= 0 || multiplicador > maxMultiplicador) {
    const message = `multiplicador ${multiplicador}: must be above 0 and at most ${maxMultiplicador}`;
    found.push({ code: 'multiplicador', message, impede: true });
  }
  for (const nome of new Set([receita, ...itens.map((item) => item.tempero)])) {
    if (bytes(nome) <= limits.maxNomeBytes) continue;
    const message = `"${nome}" has ${bytes(nome)} bytes; a device takes names of at most ${limits.maxNomeBytes}`;
    found.push({ code: 'job_grande', message, impede: true });
  }
  for (const tempero of new Set(itens.map((item) => item.tempero))) {
    const flags = alergenos.get(tempero) ?? [];
    if (flags.length === 0) continue;
    found.push({ code: 'alergeno', message: `${tempero}: ${flags.join(', ')}`, impede: false, tempero });
  }
  return found;
}

type Calibrated = PlanFrasco & { readonly gPorS: number };

/** Frascos that can pour the tempero, fullest first, so that most items need one frasco only. */
function findFrascos(
  { frascos, device, hoje }: PlanRequest,
  tempero: string,
): { frascos: Calibrated[]; obstaculos: Obstacle[] } {
  const holding = frascos.filter((frasco) => frasco.tempero === tempero);
  const driven = holding.filter((frasco) => device === null || frasco.frasco <= device.frascos);
  const usable = driven.filter((frasco): frasco is Calibrated => frasco.gPorS !== null && frasco.gPorS > 0);
  const obstacle = (code: Obstacle['code'], message: string, impede: boolean, frasco?: number): Obstacle => ({
    code,
    message,
    impede,
    tempero,
    ...(frasco === undefined ? {} : { frasco }),
  });
  if (holding.length === 0) {
    return {
      frascos: [],
      obstaculos: [obstacle('sem_frasco', `No frasco of this device holds ${tempero}`, true)],
    };
  }
  if (driven.length === 0) {
    const message = `${tempero} is in frasco ${holding[0]?.frasco}, but the device drives ${device?.frascos} frascos`;
    return { frascos: [], obstaculos: [obstacle('sem_frasco', message, true, holding[0]?.frasco)] };
  }
  if (usable.length === 0) {
    const message = `Frasco ${driven[0]?.frasco} (${tempero}) has no calibration yet`;
    return { frascos: [], obstaculos: [obstacle('sem_calibracao', message, true, driven[0]?.frasco)] };
  }
  const obstaculos = usable.flatMap((frasco) => [
    ...(frasco.recontar
      ? [
          obstacle(
            'recontar',
            `Weigh frasco ${frasco.frasco}: its saldo is not certain`,
            false,
            frasco.frasco,
          ),
        ]
      : []),
    ...(frasco.validade !== null && frasco.validade < hoje
      ? [
          obstacle(
            'validade',
            `Frasco ${frasco.frasco} was good until ${frasco.validade}`,
            false,
            frasco.frasco,
          ),
        ]
      : []),
  ]);
  const available = (frasco: PlanFrasco): number => frasco.saldoMg - frasco.reservadoMg;
  usable.sort((a, b) => available(b) - available(a) || a.frasco - b.frasco);
  return { frascos: usable, obstaculos };
}

function capacityOf(
  frasco: Calibrated,
  taken: ReadonlyMap<number, number>,
  device: DeviceLimits | null,
): FrascoCapacity {
  const availableMg = frasco.saldoMg - frasco.reservadoMg - (taken.get(frasco.frasco) ?? 0);
  const maxMs = Math.min(frasco.maxMs, limits.maxStepMs, device?.maxStepMs ?? limits.maxStepMs);
  return { frasco: frasco.frasco, gPorS: frasco.gPorS, minMs: Math.max(1, frasco.minMs), maxMs, availableMg };
}

/** The document's size is judged with the longest job_id and seq there can be: an offer must always fit. */
function faultsOfSize({ receita, device, limiteMg }: PlanRequest, itens: readonly PlannedItem[]): Obstacle[] {
  const found: Obstacle[] = [];
  const maxItens = Math.min(limits.maxItens, device?.maxItens ?? limits.maxItens);
  if (itens.length > maxItens) {
    const message = `${itens.length} items; this device takes at most ${maxItens}`;
    found.push({ code: 'job_grande', message, impede: true });
  }
  const totalMg = itens.reduce((sum, item) => sum + item.mg, 0);
  if (limiteMg !== null && totalMg > limiteMg) {
    const message = `${gFromMg(totalMg)} g in all; this organisation allows ${gFromMg(limiteMg)} g a job`;
    found.push({ code: 'job_grande', message, impede: true });
  }
  const maxBytes = Math.min(limits.maxJobBytes, device?.maxJobBytes ?? limits.maxJobBytes);
  const size = bytes(
    JSON.stringify(
      jobDocument({
        jobId: Number.MAX_SAFE_INTEGER,
        seq: Number.MAX_SAFE_INTEGER,
        token: '0'.repeat(limits.tokenHexChars),
        notAfter: 9_999_999_999_999,
        receita,
        itens,
      }),
    ),
  );
  if (size > maxBytes) {
    const message = `The job document may need ${size} bytes; this device takes at most ${maxBytes}`;
    found.push({ code: 'job_grande', message, impede: true });
  }
  return found;
}

/** The job as a device reads it on `jobs/next` (contract, section 3). */
export function jobDocument(job: {
  readonly jobId: number;
  readonly seq: number;
  readonly token: string;
  readonly notAfter: number;
  readonly receita: string;
  readonly itens: readonly PlannedItem[];
}): JobDocument {
  return {
    v: 1,
    job_id: job.jobId,
    seq: job.seq,
    token: job.token,
    not_after: job.notAfter,
    receita: job.receita,
    itens: job.itens.map((item) => ({
      item_ordem: item.itemOrdem,
      frasco: item.frasco,
      tempero: item.tempero,
      quantidade_g: gFromMg(item.mg),
      ms: item.ms,
      ...(item.critico ? { critico: true } : {}),
    })),
  };
}

/** One tempero in two items warns once. */
function dedupe(obstaculos: readonly Obstacle[]): Obstacle[] {
  const seen = new Set<string>();
  return obstaculos.filter(({ code, message }) => {
    const key = `${code} ${message}`;
    return seen.has(key) ? false : seen.add(key);
  });
}
