import { existsSync } from 'node:fs';
import { AppError } from '@yaguts/shared';
import { type ChainFound, followChain, type StoredAudit } from './chain.ts';
import { Sqlite } from './driver.ts';

/** What was found of one chain. */
export interface ChainVerdict extends ChainFound {
  /** The org, '' for the chain of the installation. */
  readonly org: string;
  /** Heads that were noted earlier and are not in the chain any more: its end was taken out. */
  readonly missing: readonly number[];
}
/** A head that was noted elsewhere, by a backup or a person. */
export interface NotedHead {
  readonly org: string;
  readonly n: number;
  readonly hash: string;
}

/**
 * Checks the chain of every org of a database, by reading alone; the platform may be running. A chain by
 * itself cannot tell that its end was cut off: that is what noted heads are for.
 *
 * @param file the database
 * @throws AppError "not_found" when there is no such file or it is no database of ours
 */
export function verifyChains(file: string, noted: readonly NotedHead[] = []): ChainVerdict[] {
  if (!existsSync(file)) throw new AppError('not_found', `There is no database at ${file}`);
  const db = new Sqlite(file, { readonly: true });
  try {
    db.exec('BEGIN');
    const orgs = db
      .prepare('select org_id from orgs union select distinct org_id from audit order by 1')
      .all() as { org_id: string }[];
    const heads = noted.map(({ org }) => org);
    const names = [...new Set([...orgs.map(({ org_id }) => org_id), ...heads])];
    const rows = db.prepare('select * from audit where org_id = ? order by n');
    return names.map((org) =>
      verdictOf(
        org,
        rows.iterate(org) as IterableIterator<StoredAudit>,
        noted.filter((head) => head.org === org),
      ),
    );
  } catch (cause) {
    if (!/no such table|not a database/.test(String(cause))) throw cause;
    throw new AppError('not_found', `${file} is not a database of Yaguts`, { cause });
  } finally {
    db.close();
  }
}

function verdictOf(org: string, chain: Iterable<StoredAudit>, noted: readonly NotedHead[]): ChainVerdict {
  const chained = followChain();
  const left = new Map(noted.map(({ n, hash }) => [n, hash]));
  for (const row of chain) {
    chained.take(row);
    if (left.get(row.n) === row.hash) left.delete(row.n);
  }
  const found = chained.found();
  // A head among the forgotten acts is gone by right.
  const missing = [...left.keys()].filter((n) => n > found.forgotten).sort((a, b) => a - b);
  return { org, ...found, missing };
}
