import { join } from 'node:path';
import { Sqlite, verifyDatabase } from '@yaguts/api';
import type { BoardLife } from './board-life.ts';
import type { Ears } from './ears.ts';
import type { Told } from './person.ts';
import type { PlatformLife } from './platform-life.ts';
import { openingMg, type Template } from './template.ts';

export interface Judgement {
  readonly faults: readonly string[];
  readonly jobs: number;
  readonly entries: number;
}

interface Evidence {
  readonly platform: PlatformLife;
  readonly template: Template;
  readonly boards: readonly BoardLife[];
  readonly told: Told;
  readonly ears: Ears;
}

interface ItemRow {
  readonly org_id: string;
  readonly job_id: number;
  readonly device: string;
  readonly token: string;
  readonly job_status: string;
  readonly item_ordem: number;
  readonly frasco: number;
  readonly quantidade_mg: number;
  readonly recusado: string | null;
  readonly rows: number;
  readonly status: 'done' | 'failed' | null;
  readonly error: string | null;
  readonly ms: number | null;
}

const itemsQuery = `select i.org_id, i.job_id, j.device, j.token, j.status as job_status, i.item_ordem, i.frasco,
    i.quantidade_mg, i.recusado, count(e.job_id) as rows, min(e.status) as status, min(e.error) as error,
    min(e.ms) as ms
  from job_items i join jobs j on j.org_id = i.org_id and j.job_id = i.job_id
  left join execution_logs e on e.org_id = i.org_id and e.job_id = i.job_id and e.item_ordem = i.item_ordem
  group by i.org_id, i.job_id, i.item_ordem`;

/**
 * Holds what the boards, the wires and the people know against the database, when nothing is under way. Each
 * fault begins with its invariant.
 */
export function judgeStory({ platform, template, boards, told, ears }: Evidence): Judgement {
  const file = new Sqlite(join(platform.dataDir, 'yaguts.db'), { readonly: true });
  try {
    const items = file.prepare(itemsQuery).all() as ItemRow[];
    const list = (query: string): string[] => file.prepare(query).pluck().all() as string[];
    const { structure, sums } = verifyDatabase(file);
    const faults = [
      ...told.wrong.map((wrong) => `the platform failed: ${wrong}`),
      ...[...structure, ...sums].map((fault) => `I3 ${fault}`),
      ...lostEntries(items, boards, ears),
      ...items.filter(({ rows }) => rows > 1).map((row) => `I2 ${nameOf(row)} has ${row.rows} rows`),
      ...mergedEntries(items, boards),
      ...orders(file, told),
      ...wrongEstoque(file, template, items, told),
      ...list(
        `select 'I4 job ' || job_id || ' is ' || status || ' after its account was acked' from jobs
          where status in ('queued', 'running') and complete_em is not null`,
      ),
      ...ears.revived.map((story) => `I4 ${story}`),
      ...pours(boards, items),
      ...ears.crossed.map((crossing) => `I6 ${crossing}`),
      ...putAside(file, boards),
    ];
    return {
      faults,
      jobs: Number(file.prepare('select count(*) from jobs').pluck().get()),
      entries: items.reduce((sum, { rows }) => sum + rows, 0),
    };
  } finally {
    file.close();
  }
}

const keyOf = ({ org_id, job_id, item_ordem }: ItemRow): string => `${org_id}/${job_id}/${item_ordem}`;
const nameOf = (row: ItemRow): string => `job ${row.org_id}/${row.job_id} item ${row.item_ordem}`;
const boardOf = (boards: readonly BoardLife[], { org_id, device }: ItemRow): BoardLife | undefined =>
  boards.find(({ plan }) => plan.seat.org === org_id && plan.seat.device === device);

/** I1: acked by word or by PUBACK, or final in a flash that was never lost, and not in the database. */
function lostEntries(items: readonly ItemRow[], boards: readonly BoardLife[], ears: Ears): string[] {
  const known = new Set(items.map(keyOf));
  const faults = [...ears.acked]
    .filter((key) => !known.has(key))
    .map((key) => `I1 ${key} was acked and there is no such item`);
  for (const row of items) {
    if (row.rows > 0 || row.recusado !== null) continue;
    const key = keyOf(row);
    if (ears.acked.has(key)) faults.push(`I1 ${nameOf(row)} was acked`);
    else if (ears.pubacked.get(key) === row.token) faults.push(`I1 ${nameOf(row)} was acked by the broker`);
    const board = boardOf(boards, row);
    const isFinal = board?.outcomes.has(`${row.job_id}/${row.item_ordem}`);
    if (isFinal && board?.lostJournals === 0) faults.push(`I1 ${nameOf(row)} was final on its board`);
  }
  return faults;
}

/** I2: what is stored is what the board first said, not a mixture. */
function mergedEntries(items: readonly ItemRow[], boards: readonly BoardLife[]): string[] {
  return items.flatMap((row) => {
    const said = boardOf(boards, row)?.outcomes.get(`${row.job_id}/${row.item_ordem}`);
    if (!said || row.rows === 0) return [];
    const isSame = said.error === row.error && said.ms === row.ms;
    return isSame
      ? []
      : [`I2 ${nameOf(row)} is ${row.error} after ${row.ms} ms, said ${said.error} ${said.ms}`];
  });
}

/** What a board says fits what the platform knows, unless its flash was changed for a new one. */
function putAside(file: Query, boards: readonly BoardLife[]): string[] {
  const rows = file.prepare('select org_id, device, topic, code from rejected_messages').all() as {
    org_id: string;
    device: string;
    topic: string;
    code: string;
  }[];
  return rows
    .filter(({ org_id, device }) => {
      const board = boards.find(({ plan }) => plan.seat.org === org_id && plan.seat.device === device);
      return board?.lostJournals === 0;
    })
    .map(({ topic, code }) => `put aside: ${topic} ${code}`);
}

interface Query {
  prepare(sql: string): { all(...values: unknown[]): unknown[] };
}

/** An order is one job, a refill one movement, however often it was asked for; what was answered is there. */
function orders(file: Query, told: Told): string[] {
  const faults: string[] = [];
  const jobs = file
    .prepare('select multiplicador_milesimos as n, job_id, org_id from jobs where origem_job_id is null')
    .all() as { n: number; job_id: number; org_id: string }[];
  for (const [n, order] of told.orders) {
    const made = jobs.filter((job) => job.n === n);
    if (made.length > 1)
      faults.push(`I2 one order became jobs ${made.map(({ job_id }) => job_id).join(', ')}`);
    if (order.jobId !== undefined && !made.some(({ job_id }) => job_id === order.jobId)) {
      faults.push(`I1 job ${order.jobId} was answered and is not there`);
    }
    if (made.some(({ org_id }) => org_id !== order.org))
      faults.push(`I6 an order of ${order.org} went elsewhere`);
  }
  const loads = file
    .prepare(
      "select quantidade_mg as mg, count(*) as count from estoque_mov where tipo = 'entrada' group by 1",
    )
    .all() as { mg: number; count: number }[];
  for (const [mg, { isAnswered }] of told.refills) {
    const count = loads.find((load) => load.mg === mg)?.count ?? 0;
    if (count > 1) faults.push(`I2 a refill of ${mg} mg was booked ${count} times`);
    if (isAnswered && count === 0) faults.push(`I1 a refill of ${mg} mg was answered and is not there`);
  }
  return faults;
}

/** I3: opening + refills − what is done, from the items and not from the platform's own ledger. */
function wrongEstoque(file: Query, template: Template, items: readonly ItemRow[], told: Told): string[] {
  const expected = new Map<string, number>();
  const add = (key: string, mg: number): void => void expected.set(key, (expected.get(key) ?? 0) + mg);
  for (const { org_id, device, frasco, quantidade_mg, status } of items) {
    if (status === 'done') add(`${org_id}/${device}/${frasco}`, -quantidade_mg);
  }
  const loads = file
    .prepare("select org_id, device, frasco, quantidade_mg as mg from estoque_mov where tipo = 'entrada'")
    .all() as { org_id: string; device: string; frasco: number; mg: number }[];
  for (const { org_id, device, frasco, mg } of loads) {
    if (told.refills.has(mg)) add(`${org_id}/${device}/${frasco}`, mg);
  }
  const rows = file.prepare('select org_id, device, frasco, saldo_mg from frascos').all() as {
    org_id: string;
    device: string;
    frasco: number;
    saldo_mg: number;
  }[];
  const faults = rows.flatMap(({ org_id, device, frasco, saldo_mg }) => {
    const key = `${org_id}/${device}/${frasco}`;
    const right = openingMg + (expected.get(key) ?? 0);
    return saldo_mg === right ? [] : [`I3 frasco ${key} has ${saldo_mg} mg, must have ${right}`];
  });
  const seats = template.orgs.flatMap(({ devices }) => devices);
  if (rows.length !== seats.length * 4) faults.push(`I3 ${rows.length} frascos are left`);
  return faults;
}

/** I5: every pour had its intent in flash, no item was poured twice, and nothing is done that never poured. */
function pours(boards: readonly BoardLife[], items: readonly ItemRow[]): string[] {
  const faults: string[] = [];
  for (const { plan, pours: made } of boards) {
    const counts = new Map<string, number>();
    for (const { seq, jobId, item, hadIntent } of made) {
      if (seq === 0) continue;
      const key = `${jobId}/${item}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      if (!hadIntent) faults.push(`I5 ${plan.name} poured ${key} without an intent in flash`);
    }
    for (const [key, count] of counts) {
      if (count > 1) faults.push(`I5 ${plan.name} poured ${key} ${count} times`);
    }
    for (const row of items) {
      if (row.org_id !== plan.seat.org || row.device !== plan.seat.device || row.status !== 'done') continue;
      if (!counts.has(`${row.job_id}/${row.item_ordem}`))
        faults.push(`I5 ${nameOf(row)} is done and never poured`);
    }
  }
  return faults;
}
