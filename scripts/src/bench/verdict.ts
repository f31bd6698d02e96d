import { Sqlite } from '@yaguts/api';

export interface Verdict {
  readonly stored: number;
  /** Frascos whose saldo is not the sum of their ledger, or not opening − what was poured. */
  readonly wrongEstoque: number;
  readonly putAside: number;
}

/** Asks the database, after the load, whether record and estoque agree. Opens it for reading only. */
export function readVerdict(path: string): Verdict {
  const file = new Sqlite(path, { readonly: true });
  const number = (query: string): number => Number(file.prepare(query).pluck().get());
  const verdict = {
    // (job_id, item_ordem) is the primary key: a row more would be an entry doubled.
    stored: number('select count(*) from execution_logs'),
    putAside: number('select count(*) from rejected_messages'),
    wrongEstoque: number(
      `with ledger as (
           select org_id, device, frasco, sum(quantidade_mg) as saldo,
                  -sum(case tipo when 'saida' then quantidade_mg else 0 end) as out
             from estoque_mov group by org_id, device, frasco),
         poured as (
           select org_id, device, frasco, sum(quantidade_mg) as mg
             from execution_logs where status = 'done' group by org_id, device, frasco)
         select count(*) from frascos f
           left join ledger l on l.org_id = f.org_id and l.device = f.device and l.frasco = f.frasco
           left join poured p on p.org_id = f.org_id and p.device = f.device and p.frasco = f.frasco
          where f.saldo_mg <> coalesce(l.saldo, 0) or coalesce(l.out, 0) <> coalesce(p.mg, 0)`,
    ),
  };
  file.close();
  return verdict;
}
