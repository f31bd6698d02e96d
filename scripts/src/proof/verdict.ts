import { Sqlite, verifyDatabase } from '@yaguts/api';
import { countStarts } from '../simulator/ledger.ts';
import { openingMg } from './kitchen.ts';

/** What the oracle holds against the database once nothing is under way. Every list is empty when all is well. */
export interface Verdict {
  readonly jobs: number;
  readonly entries: number;
  readonly starts: number;
  /** Acked on the wire, or poured by a motor, and not in the database. */
  readonly lost: readonly string[];
  /** Two rows for one item, two deductions, or two jobs for one order. */
  readonly doubled: readonly string[];
  /** Frascos whose saldo is not opening − what is done, by the plan and by the ledger. */
  readonly wrongEstoque: readonly string[];
  readonly doublePours: readonly string[];
  /** Statuses that are not terminal, sums, foreign keys, audit, entries without a motor, reports put aside. */
  readonly unsound: readonly string[];
}

export interface Evidence {
  readonly database: string;
  /** START and STOP lines of each device's motors, told by the motors. */
  readonly ledgers: ReadonlyMap<string, string>;
  /** `job/item` of every ack that was seen on the wire. */
  readonly acked: ReadonlySet<string>;
  /** Numbers of jobs that were answered to whoever ordered them. */
  readonly ordered: readonly number[];
}

interface ItemRow {
  readonly job_id: number;
  readonly device: string;
  readonly seq: number | null;
  readonly item_ordem: number;
  readonly frasco: number;
  readonly quantidade_mg: number;
  readonly rows: number;
  readonly status: 'done' | 'failed' | null;
  readonly error: string | null;
}

/** Asks the database, read-only; call it when the platform has stopped. */
export function judge({ database, ledgers, acked, ordered }: Evidence): Verdict {
  const file = new Sqlite(database, { readonly: true });
  try {
    const items = file
      .prepare(
        `select j.job_id, j.device, j.seq, i.item_ordem, i.frasco, i.quantidade_mg, count(e.job_id) as rows,
                min(e.status) as status, min(e.error) as error
           from job_items i join jobs j on j.org_id = i.org_id and j.job_id = i.job_id
           left join execution_logs e
             on e.org_id = i.org_id and e.job_id = i.job_id and e.item_ordem = i.item_ordem
          group by i.org_id, i.job_id, i.item_ordem`,
      )
      .all() as ItemRow[];
    const starts = new Map([...ledgers].map(([device, text]) => [device, countStarts(text)]));
    const list = (query: string): string[] => file.prepare(query).pluck().all() as string[];
    const { structure, sums } = verifyDatabase(file);
    return {
      jobs: Number(file.prepare('select count(*) from jobs').pluck().get()),
      entries: Number(file.prepare('select count(*) from execution_logs').pluck().get()),
      starts: [...starts.values()].reduce((sum, of) => sum + of.size, 0),
      lost: [...lostEntries(items, starts, acked), ...lostOrders(file, ordered)],
      doubled: [
        ...items.filter(({ rows }) => rows > 1).map((row) => `${nameOf(row)} has ${row.rows} rows`),
        ...list(
          `select 'job ' || job_id || ' item ' || item_ordem || ' left the estoque twice' from estoque_mov
            where tipo = 'saida' group by org_id, job_id, item_ordem having count(*) > 1`,
        ),
        // Every order of a run has a multiplicador of its own per device and receita.
        ...list(
          `select 'jobs ' || group_concat(job_id) || ' are one order' from jobs
            group by device, receita_id, multiplicador_milesimos having count(*) > 1`,
        ),
      ],
      wrongEstoque: wrongFrascos(file, items),
      doublePours: [...starts].flatMap(([device, of]) =>
        [...of].filter(([, count]) => count > 1).map(([key, count]) => `${device} ${key}: ${count} starts`),
      ),
      unsound: [
        ...structure,
        ...sums,
        ...list(
          `select 'job ' || job_id || ' is ' || status from jobs where status in ('queued', 'running')`,
        ),
        ...list(`select 'put aside: ' || topic || ' ' || code from rejected_messages`),
        ...items
          .filter((row) => isDoneUnpoured(row, starts))
          .map((row) => `${nameOf(row)} is done, unpoured`),
      ],
    };
  } finally {
    file.close();
  }
}

const nameOf = ({ job_id, item_ordem }: Pick<ItemRow, 'job_id' | 'item_ordem'>): string =>
  `job ${job_id} item ${item_ordem}`;

type Starts = ReadonlyMap<string, ReadonlyMap<string, number>>;
const wasPoured = ({ device, seq, item_ordem }: ItemRow, starts: Starts): boolean =>
  starts.get(device)?.has(`${seq}/${item_ordem}`) ?? false;
const isDoneUnpoured = (row: ItemRow, starts: Starts): boolean =>
  row.status === 'done' && !wasPoured(row, starts);

function lostEntries(items: readonly ItemRow[], starts: Starts, acked: ReadonlySet<string>): string[] {
  const lost: string[] = [];
  const known = new Set<string>();
  for (const row of items) {
    const key = `${row.job_id}/${row.item_ordem}`;
    known.add(key);
    if (row.rows > 0) continue;
    if (acked.has(key)) lost.push(`${nameOf(row)} was acked`);
    else if (wasPoured(row, starts)) lost.push(`${nameOf(row)} was poured`);
  }
  return [
    ...lost,
    ...[...acked].filter((key) => !known.has(key)).map((key) => `${key} was acked, of no job`),
  ];
}

function lostOrders(file: InstanceType<typeof Sqlite>, ordered: readonly number[]): string[] {
  const there = new Set(file.prepare('select job_id from jobs').pluck().all() as number[]);
  return ordered.filter((id) => !there.has(id)).map((id) => `job ${id} was answered and is not there`);
}

function wrongFrascos(file: InstanceType<typeof Sqlite>, items: readonly ItemRow[]): string[] {
  const outMg = new Map<string, number>();
  for (const { device, frasco, quantidade_mg, status } of items) {
    const key = `${device}/${frasco}`;
    if (status === 'done') outMg.set(key, (outMg.get(key) ?? 0) + quantidade_mg);
  }
  const rows = file
    .prepare(
      `select f.device, f.frasco, f.saldo_mg, coalesce(sum(m.quantidade_mg), 0) as ledger_mg from frascos f
         left join estoque_mov m on m.org_id = f.org_id and m.device = f.device and m.frasco = f.frasco
        group by f.org_id, f.device, f.frasco`,
    )
    .all() as { device: string; frasco: number; saldo_mg: number; ledger_mg: number }[];
  return rows.flatMap(({ device, frasco, saldo_mg, ledger_mg }) => {
    const expected = openingMg - (outMg.get(`${device}/${frasco}`) ?? 0);
    if (saldo_mg === expected && ledger_mg === expected) return [];
    return [`${device} frasco ${frasco}: ${saldo_mg} mg, ledger ${ledger_mg}, expected ${expected}`];
  });
}
