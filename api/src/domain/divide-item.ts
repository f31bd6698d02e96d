import { gFromMg } from '@yaguts/shared';
import type { EstoquePolitica, Obstacle } from './obstacle.ts';

/** What one frasco can give to one item. `availableMg` is saldo − reservado − what this job already takes. */
export interface FrascoCapacity {
  readonly frasco: number;
  readonly gPorS: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly availableMg: number;
}

export interface Slice {
  readonly frasco: number;
  readonly mg: number;
  readonly ms: number;
}

export interface Division {
  readonly slices: readonly Slice[];
  readonly obstaculos: readonly Obstacle[];
}

/** Running time of an amount: mg ÷ (g/s) is ms. */
export function msFor(mg: number, gPorS: number): number {
  return Math.round(mg / gPorS);
}

interface Share {
  readonly capacity: FrascoCapacity;
  readonly minMg: number;
  /** What one run of the frasco may pour at most. */
  readonly maxMg: number;
  /** What it may give: the run's limit, and the estoque unless the politica lets it go below. */
  readonly limitMg: number;
  mg: number;
}

/**
 * Divides an amount over the frascos that hold its tempero, in the order given. A slice never runs shorter
 * or longer than its frasco may; a last slice that would be too short borrows from the one before.
 *
 * `recusa` and `parcial` never take more than is available; `recusa` reports what is missing as standing
 * in the way, `parcial` pours what there is, `avisa` pours everything and only says so.
 *
 * @param wantedMg   integer milligrams
 * @param capacities at least one, calibrated
 */
export function divideOverFrascos(
  wantedMg: number,
  capacities: readonly FrascoCapacity[],
  politica: EstoquePolitica,
): Division {
  const shares = capacities.map((capacity): Share => {
    const minMg = Math.max(1, Math.ceil(capacity.minMs * capacity.gPorS));
    const maxMg = Math.floor(capacity.maxMs * capacity.gPorS);
    const limitMg = politica === 'avisa' ? maxMg : Math.min(maxMg, inStock(capacity));
    return { capacity, minMg, maxMg, limitMg, mg: 0 };
  });
  const available = capacities.reduce((sum, capacity) => sum + inStock(capacity), 0);
  const short = Math.max(0, wantedMg - available);
  const obstaculos: Obstacle[] = short > 0 ? [shortage(wantedMg, available, politica)] : [];
  if (wantedMg < 1) return { slices: [], obstaculos: [tooShort(wantedMg, shares)] };

  const goal = politica === 'avisa' ? wantedMg : Math.min(wantedMg, available);
  // Stock first; under `avisa` the rest is poured all the same: a frasco may be fuller than is known.
  const unstocked = pour(shares, goal, (share) => Math.min(share.limitMg, inStock(share.capacity)));
  const rest = pour(shares, unstocked, (share) => share.limitMg);
  if (rest > 0) obstaculos.push(tooLong(goal, shares));

  const dropped = balance(shares);
  if (dropped > 0) {
    const onlyLessIsLeft = politica === 'parcial' && goal < wantedMg;
    if (!onlyLessIsLeft) obstaculos.push(tooShort(dropped, shares));
  }
  return {
    slices: shares
      .filter((share) => share.mg > 0)
      .map(({ mg, capacity }) => ({ frasco: capacity.frasco, mg, ms: msFor(mg, capacity.gPorS) })),
    obstaculos,
  };
}

const inStock = (capacity: FrascoCapacity): number => Math.max(0, capacity.availableMg);

/** Fills the shares in order, each up to `limit`; returns what found no place. */
function pour(shares: readonly Share[], mg: number, limit: (share: Share) => number): number {
  let rest = mg;
  for (const share of shares) {
    const part = Math.max(0, Math.min(rest, limit(share) - share.mg));
    share.mg += part;
    rest -= part;
  }
  return rest;
}

/**
 * Brings every slice up to its frasco's shortest run: takes what is missing from slices that can spare it,
 * or gives a slice away to frascos with room.
 *
 * @returns milligrams of slices that stayed too short and were dropped
 */
function balance(shares: readonly Share[]): number {
  let dropped = 0;
  for (const share of shares) {
    if (share.mg === 0 || share.mg >= share.minMg) continue;
    const missing = share.minMg - share.mg;
    const room = share.limitMg >= share.minMg;
    const donors = shares.filter((other) => other !== share && other.mg > other.minMg);
    const spare = donors.reduce((sum, donor) => sum + donor.mg - donor.minMg, 0);
    if (room && spare >= missing) {
      let need = missing;
      for (const donor of donors.reverse()) {
        const part = Math.min(need, donor.mg - donor.minMg);
        donor.mg -= part;
        need -= part;
      }
      share.mg = share.minMg;
      continue;
    }
    let orphan = share.mg;
    share.mg = 0;
    for (const taker of shares) {
      const part = Math.min(orphan, taker.limitMg - taker.mg);
      if (taker === share || part <= 0 || taker.mg + part < taker.minMg) continue;
      taker.mg += part;
      orphan -= part;
    }
    dropped += orphan;
  }
  return dropped;
}

const grams = (mg: number): string => `${gFromMg(mg)} g`;

function shortage(wantedMg: number, availableMg: number, politica: EstoquePolitica): Obstacle {
  const message = `${grams(wantedMg)} needed, ${grams(availableMg)} free in the estoque: ${grams(wantedMg - availableMg)} missing`;
  return { code: 'estoque_insuficiente', message, impede: politica === 'recusa' };
}

function tooLong(mg: number, shares: readonly Share[]): Obstacle {
  const [first] = shares as readonly [Share, ...Share[]];
  const most = shares.reduce((sum, share) => sum + share.maxMg, 0);
  const seconds = (msFor(mg, first.capacity.gPorS) / 1_000).toFixed(1);
  const message = `${grams(mg)} would run ${seconds} s; at most ${first.capacity.maxMs / 1_000} s a frasco, ${grams(most)} in all`;
  return { code: 'passo_longo', message, impede: true, frasco: first.capacity.frasco };
}

function tooShort(mg: number, shares: readonly Share[]): Obstacle {
  const [first] = shares as readonly [Share, ...Share[]];
  const message = `${grams(mg)} is less than frasco ${first.capacity.frasco} can pour: at least ${grams(first.minMg)} (${Math.max(1, first.capacity.minMs)} ms)`;
  return { code: 'passo_curto', message, impede: true, frasco: first.capacity.frasco };
}
