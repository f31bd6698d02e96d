import { createHash } from 'node:crypto';
import type { audit } from './schema/index.ts';

/**
 * The chain of an org's audit: `hash = SHA-256(prev ‖ row)`, so that a row that is changed or taken out breaks
 * every hash after it. An org may forget its oldest acts; the chain then starts with what the last forgotten row
 * had, and an act {@link forgetAct} in the chain itself says so. A start that no act vouches for is a break.
 */
export type StoredAudit = typeof audit.$inferSelect;

/** The chain of the installation itself: no org can have this id. */
export const installationChain = '';

/** `prev` of the first row of a chain. */
export const chainStart: string = '0'.repeat(64);

/** The act that forgets: its `depois` is `{ate, hash}` of the last row that is gone. */
export const forgetAct = 'audit.forget';

/** The hash of a row, over the one before it and everything it says. */
export const hashOf = (row: Omit<StoredAudit, 'hash'>): string =>
  createHash('sha256')
    .update(row.prev)
    .update(
      JSON.stringify([
        row.org_id,
        row.n,
        row.em,
        row.quem,
        row.acao,
        row.alvo,
        row.endereco,
        row.antes,
        row.depois,
      ]),
    )
    .digest('hex');

/** What was found of a chain. */
export interface ChainFound {
  /** Rows that are there. */
  readonly rows: number;
  /** Number and hash of the last row. */
  readonly n: number;
  readonly head: string;
  /** How many of the oldest acts were forgotten. */
  readonly forgotten: number;
  /** The first row that does not fit; undefined when all do. */
  readonly broken: number | undefined;
}

/** Takes the rows of one chain in their order, without holding them, and says whether they fit. */
export function followChain(): { take(row: StoredAudit): boolean; found(): ChainFound } {
  let start: { ate: number; hash: string } | undefined;
  let last = { n: 0, hash: chainStart };
  let isVouchedFor = false;
  let rows = 0;
  let broken: number | undefined;
  return {
    /** @returns whether the row fits the one before it */
    take(row) {
      if (!start) {
        start = { ate: Math.max(0, row.n - 1), hash: row.prev };
        isVouchedFor = start.ate === 0 && start.hash === chainStart;
        last = { n: start.ate, hash: start.hash };
      }
      rows++;
      const fits = row.n === last.n + 1 && row.prev === last.hash && row.hash === hashOf(row);
      if (!fits) broken ??= row.n;
      if (row.acao === forgetAct) isVouchedFor ||= vouchesFor(row, start);
      last = { n: row.n, hash: row.hash };
      return fits;
    },
    found: () => ({
      rows,
      n: last.n,
      head: last.hash,
      forgotten: start?.ate ?? 0,
      broken: start && !isVouchedFor ? start.ate + 1 : broken,
    }),
  };
}

function vouchesFor({ depois }: StoredAudit, start: { ate: number; hash: string }): boolean {
  try {
    const said = JSON.parse(depois ?? '{}') as { ate?: unknown; hash?: unknown };
    return said.ate === start.ate && said.hash === start.hash;
  } catch {
    return false;
  }
}
