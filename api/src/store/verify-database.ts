import type { AuditHead } from './backup-worker.ts';
import { followChain, type StoredAudit } from './chain.ts';
import type { SqliteFile } from './driver.ts';

/** One question that a sound database answers with no row; each row found is one fault. */
interface Rule {
  readonly says: string;
  readonly rows: string;
  /** A column of `jobs` that it is about: left out where a migration has not made it yet. */
  readonly since?: string;
}

/** The sums of the ledger and of the jobs (contract, section 4: always true). */
const rules: readonly Rule[] = [
  {
    says: 'the saldo of a frasco is not the sum of its movements',
    rows: `select f.org_id, f.device, f.frasco from frascos f
      left join (select org_id, device, frasco, sum(quantidade_mg) as mg from estoque_mov group by 1, 2, 3) m
        using (org_id, device, frasco) where f.saldo_mg <> coalesce(m.mg, 0)`,
  },
  {
    says: 'an item that was poured has not left the estoque once, with what was planned',
    rows: `select e.org_id, e.job_id, e.item_ordem from execution_logs e
      left join estoque_mov m on m.org_id = e.org_id and m.job_id = e.job_id and m.item_ordem = e.item_ordem
        and m.tipo = 'saida'
      where e.status = 'done' and (m.id is null or m.quantidade_mg <> -e.quantidade_mg)`,
  },
  {
    says: 'an item that was not poured has left the estoque',
    rows: `select m.org_id, m.job_id, m.item_ordem from estoque_mov m
      join jobs j on j.org_id = m.org_id and j.job_id = m.job_id
      left join execution_logs e on e.org_id = m.org_id and e.job_id = m.job_id and e.item_ordem = m.item_ordem
      where m.tipo = 'saida' and (e.status is null or e.status <> 'done')`,
  },
  {
    says: 'what is reserved in a frasco is not the sum of its open items',
    rows: `select f.org_id, f.device, f.frasco from frascos f
      left join (select j.org_id, j.device, i.frasco, sum(i.reservado_mg) as mg from job_items i
        join jobs j using (org_id, job_id) group by 1, 2, 3) r using (org_id, device, frasco)
      where f.reservado_mg <> coalesce(r.mg, 0)`,
  },
  {
    says: 'the counters of a job are not those of its entries',
    rows: `select j.org_id, j.job_id from jobs j
      left join (select org_id, job_id, sum(status = 'done') as done,
          sum(status = 'failed' and coalesce(error, '') not glob 'cancelado*') as failed
        from execution_logs group by 1, 2) e using (org_id, job_id)
      where j.itens_completados <> coalesce(e.done, 0) or j.itens_falhados <> coalesce(e.failed, 0)`,
  },
  {
    says: 'the grams or interruptions of a job are not those of its entries',
    rows: `select j.org_id, j.job_id from jobs j
      left join (select org_id, job_id, sum(case status when 'done' then quantidade_mg else 0 end) as mg,
          sum(coalesce(error, '') glob 'interrompido*') as interrompidos
        from execution_logs group by 1, 2) e using (org_id, job_id)
      where j.gramas_mg <> coalesce(e.mg, 0) or j.interrompidos <> coalesce(e.interrompidos, 0)`,
    since: 'gramas_mg',
  },
  {
    says: 'a job that has ended has open items',
    rows: `select org_id, job_id from jobs where status not in ('queued', 'running')
      and itens_completados + itens_falhados + itens_cancelados <> total_itens`,
  },
];

/** One sentence per fault; both empty when the database is sound. */
export interface DatabaseFaults {
  /** The file itself is damaged: nothing in it can be trusted. */
  readonly structure: readonly string[];
  /** The file can be read, and what it says does not add up. */
  readonly sums: readonly string[];
}

/** How many rows of one fault are named. */
const named = 5;

/**
 * Holds a database to everything it must always be true to: structure, foreign keys, the sums of the ledger
 * and of the jobs, the audit chains.
 *
 * @param heads where each org's chain stood when the backup was made; left out, only the chains themselves
 */
export function verifyDatabase(
  file: SqliteFile,
  heads?: readonly (readonly [org: string, head: AuditHead])[],
): DatabaseFaults {
  const structure = file.pragma('integrity_check(10)') as { integrity_check: string }[];
  const broken = structure.map((row) => row.integrity_check).filter((said) => said !== 'ok');
  // What follows reads every table: senseless on a file that is not one.
  if (broken.length > 0) return { structure: broken, sums: [] };
  const ofJob = (file.pragma('table_info(jobs)') as { name: string }[]).map(({ name }) => name);
  return withoutHalfImports(file, (half) =>
    sumsOf(
      file,
      ofJob,
      heads?.filter(([org]) => !half.includes(org)),
    ),
  );
}

/** Tables that the sums read. */
const summed = ['frascos', 'jobs', 'job_items', 'execution_logs', 'estoque_mov', 'audit'] as const;

/**
 * An archive that was still being written when the copy was made is no org yet, and does not add up: the platform
 * takes it out at its next start. Views of its name stand before each table meanwhile.
 */
function withoutHalfImports<T>(file: SqliteFile, look: (half: readonly string[]) => T): T {
  const ofOrg = (file.pragma('table_info(orgs)') as { name: string }[]).map(({ name }) => name);
  const half = ofOrg.includes('importando_desde')
    ? (file.prepare('select org_id from orgs where importando_desde is not null').all() as {
        org_id: string;
      }[])
    : [];
  if (half.length === 0) return look([]);
  for (const table of summed)
    file.exec(`create temp view "${table}" as select * from main."${table}"
      where org_id not in (select org_id from main.orgs where importando_desde is not null)`);
  try {
    return look(half.map(({ org_id }) => org_id));
  } finally {
    for (const table of summed) file.exec(`drop view temp."${table}"`);
  }
}

function sumsOf(
  file: SqliteFile,
  ofJob: readonly string[],
  heads: readonly (readonly [org: string, head: AuditHead])[] | undefined,
): DatabaseFaults {
  const strays = file.pragma('foreign_key_check') as { table: string; rowid: number; parent: string }[];
  const sums = [
    ...strays
      .slice(0, named)
      .map(({ table, rowid, parent }) => `foreign keys: row ${rowid} of ${table} belongs to no ${parent}`),
    ...rules.flatMap(({ says, rows, since }) => {
      if (since !== undefined && !ofJob.includes(since)) return [];
      const found = file.prepare(`${rows} limit ${named}`).all() as Record<string, unknown>[];
      return found.map((row) => `${says}: ${Object.values(row).join(', ')}`);
    }),
    ...auditFaults(file, heads),
  ];
  return { structure: [], sums };
}

function auditFaults(
  file: SqliteFile,
  heads: readonly (readonly [org: string, head: AuditHead])[] | undefined,
): string[] {
  const chains = new Map<string, ReturnType<typeof followChain>>();
  const rows = file
    .prepare('select * from audit order by org_id, n')
    .iterate() as IterableIterator<StoredAudit>;
  for (const row of rows) {
    const chained = chains.get(row.org_id) ?? followChain();
    chains.set(row.org_id, chained);
    chained.take(row);
  }
  const faults = [...chains].flatMap(([org, chained]) => {
    const { broken } = chained.found();
    return broken === undefined ? [] : [`the audit of ${org} does not fit at row ${broken}`];
  });
  for (const [org, head] of heads ?? []) {
    const end = chains.get(org)?.found();
    if (end?.n !== head.n || end.head !== head.hash)
      faults.push(`the audit of ${org} does not end where it did when the backup was made`);
  }
  return faults.slice(0, named);
}
