import { Sqlite } from '@yaguts/api';
import { type JobItem, limits } from '@yaguts/shared';
import type { LoadJob } from './load.ts';

/** job_id of the first copy. */
export const firstCopy = 7_000_001;

/**
 * Copies the one queued job of each device, so often that there is something to measure: making 8,000 jobs
 * over HTTP takes minutes. The platform must not have the folder open.
 *
 * @returns the jobs of each device, in the order of their queue
 */
export function seedJobs(path: string, each: number): Map<string, LoadJob[]> {
  const file = new Sqlite(path);
  file.pragma('foreign_keys = ON');
  const names = (table: string, ...without: string[]): string[] =>
    (file.pragma(`table_info(${table})`) as { name: string }[])
      .map(({ name }) => name)
      .filter((name) => !without.includes(name));
  const ofJob = names('jobs', 'job_id', 'token', 'posicao');
  const ofItem = names('job_items', 'job_id');
  file.transaction(() => {
    // Numbers that are nothing else in the database: a recorded statement shows where it names its job.
    file.prepare(`update sqlite_sequence set seq = ? where name = 'jobs'`).run(firstCopy - 1);
    const templates = file.prepare('select job_id from jobs').pluck().all() as number[];
    const copyJob = file.prepare(
      `insert into jobs (${ofJob}, token, posicao)
       select ${ofJob}, lower(hex(randomblob(8))), posicao + ? from jobs where job_id = ?`,
    );
    const copyItens = file.prepare(
      `insert into job_items (${ofItem}, job_id) select ${ofItem}, ? from job_items where job_id = ?`,
    );
    for (const template of templates) {
      for (let n = 1; n < each; n++) {
        copyItens.run(copyJob.run(n, template).lastInsertRowid, template);
      }
    }
    // What the copies reserve, so that the estoque stays true.
    file.exec(
      `update frascos set reservado_mg = wanted.mg
         from (select i.org_id, j.device, i.frasco, sum(i.reservado_mg) as mg
                 from job_items i join jobs j on j.org_id = i.org_id and j.job_id = i.job_id
                group by i.org_id, j.device, i.frasco) as wanted
        where wanted.org_id = frascos.org_id and wanted.device = frascos.device
          and wanted.frasco = frascos.frasco`,
    );
  })();
  const jobs = readJobs(file);
  file.close();
  return jobs;
}

function readJobs(file: InstanceType<typeof Sqlite>): Map<string, LoadJob[]> {
  const rows = file.prepare('select job_id, device, seq, token from jobs order by device, posicao').all() as {
    job_id: number;
    device: string;
    seq: number | null;
    token: string;
  }[];
  const itemRows = file.prepare('select * from job_items where job_id = ? order by item_ordem');
  const itens = (itemRows.all(rows[0]?.job_id ?? 0) as (JobItem & { quantidade_mg: number })[]).map(
    ({ item_ordem, frasco, tempero, quantidade_mg, ms }) => ({
      item_ordem,
      frasco,
      tempero,
      quantidade_g: quantidade_mg / 1_000,
      ms,
    }),
  );
  if (itens.length !== limits.maxItens) throw new Error(`a bench job has ${itens.length} items`);
  const jobs = new Map<string, LoadJob[]>();
  for (const { job_id, device, seq, token } of rows) {
    // An entry's seq is not looked at; a job that was never offered has none.
    const job: LoadJob = { job_id, seq: seq ?? job_id, token, itens };
    const known = jobs.get(device);
    if (known) known.push(job);
    else jobs.set(device, [job]);
  }
  return jobs;
}
