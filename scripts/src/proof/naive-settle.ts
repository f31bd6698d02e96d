import { join } from 'node:path';
import { Sqlite, type Store } from '@yaguts/api';

/**
 * What an api without the store's care would do with an entry: insert it, deduct, answer. Nothing looks whether
 * it is there already, so that only the key of `execution_logs` stands between a repeat and a second row.
 *
 * @param dir data folder; a connection of its own is opened on its database
 */
export function createNaiveSettle(dir: string): Store['settleEntry'] {
  const file = new Sqlite(join(dir, 'yaguts.db'), { timeout: 5_000 });
  const item = file.prepare(
    'select frasco, tempero, quantidade_mg from job_items where org_id = ? and job_id = ? and item_ordem = ?',
  );
  const insert = file.prepare(
    `insert into execution_logs (org_id, job_id, item_ordem, device, digest, frasco, tempero, quantidade_mg, ms,
       status, error, recebido_em, raw) values (?, ?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?, '')`,
  );
  const deduct = file.prepare(
    'update frascos set saldo_mg = saldo_mg - ? where org_id = ? and device = ? and frasco = ?',
  );
  return async ({ org, device, at }, entry) => {
    const { job_id, item_ordem, status, error, segundos } = entry;
    const planned = item.get(org, job_id, item_ordem) as
      | { frasco: number; tempero: string; quantidade_mg: number }
      | undefined;
    if (!planned) return { kind: 'denied' };
    const { frasco, tempero, quantidade_mg } = planned;
    try {
      file.transaction(() => {
        insert.run(
          ...[org, job_id, item_ordem, device, frasco, tempero, quantidade_mg, Math.round(segundos * 1_000)],
          ...[status, error, at],
        );
        if (status === 'done') deduct.run(quantidade_mg, org, device, frasco);
      })();
    } catch (thrown) {
      if ((thrown as { code?: string }).code !== 'SQLITE_CONSTRAINT_PRIMARYKEY') throw thrown;
    }
    return { kind: 'repeat' };
  };
}
