import { gFromMg, type StoredEntry } from '@yaguts/shared';
import type { StoreParts } from './parts.ts';

/** What devices said of the items of a job, as it was stored. */
export interface StoredEntriesStore {
  /** In the order of the items; empty for a job that is not this org's. */
  storedEntries(org: string, jobId: number): Promise<StoredEntry[]>;
}

export function createStoredEntries({ db, rows }: StoreParts): StoredEntriesStore {
  return {
    storedEntries: (org, jobId) =>
      db.read(function* () {
        return (yield* rows.entries(org, jobId)).map((entry) => ({
          job_id: entry.job_id,
          item_ordem: entry.item_ordem,
          frasco: entry.frasco,
          tempero: entry.tempero,
          quantidade_g: gFromMg(entry.quantidade_mg),
          segundos: entry.ms / 1_000,
          status: entry.status,
          error: entry.error,
          boot_id: entry.boot_id,
          uptime_ms: entry.uptime_ms,
          ts: entry.ts,
          recebido_em: entry.recebido_em,
          tardio: entry.tardio,
        }));
      }),
  };
}
