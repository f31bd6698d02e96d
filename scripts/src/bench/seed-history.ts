import { Sqlite } from '@yaguts/api';

/** A past to be searched: jobs that have ended, spread over a year before now. */
export interface PastJobs {
  readonly jobs: number;
  /** Items of each, every one with its entry and, when it poured, its row in the ledger. */
  readonly itensEach: number;
  /** Within the last 20 hours instead of the last year: the state of each is a retained message. */
  readonly isRecent?: boolean;
}

/** How many different receitas and people the past knows. */
export const pastReceitas = 40;
export const pastPeople = 5;

const yearMs = 365 * 86_400_000;
const recentMs = 20 * 3_600_000;
/** Of 20 jobs: 17 done, one partial, one failed, one canceled. */
const statusOf = `case n % 20 when 0 then 'failed' when 7 then 'canceled' when 13 then 'done_partial' else 'done' end`;
/** Whether an item was poured: all of a job that is done, all but the first of a partial one. */
const pouredOf = `(j.status = 'done' or (j.status = 'done_partial' and i.item_ordem > 1))`;

/**
 * Writes a past into the database of a stopped platform: plain inserts of whole sets, about 200,000 entries a
 * second. It copies what a person has made over HTTP (the first job of each device), so that it stays true to
 * the schema, and leaves the estoque in accord with its ledger.
 */
export function seedHistory(path: string, { jobs, itensEach, isRecent }: PastJobs, now: number): void {
  const file = new Sqlite(path);
  // Sets that are consistent by construction; checking each row would take as long as writing it.
  file.pragma('foreign_keys = OFF');
  file.pragma('synchronous = OFF');
  const devices = Number(file.prepare('select count(*) from devices').pluck().get());
  const first = Number(file.prepare('select max(job_id) from jobs').pluck().get()) + 1;
  const copy = (table: string, overrides: Readonly<Record<string, string>>): string[] => {
    const names = (file.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name);
    return [names.join(', '), names.map((name) => overrides[name] ?? `t.${name}`).join(', ')];
  };

  const spanMs = isRecent ? recentMs : yearMs;
  const created = `${now} - ${spanMs} + n * ${Math.floor(spanMs / jobs)}`;
  const [jobColumns, jobValues] = copy('jobs', {
    job_id: `${first - 1} + n`,
    device: `'d-' || (n % ${devices} + 1)`,
    seq: 'n + 10',
    token: `printf('%016x', n)`,
    status: statusOf,
    fase: `'terminado'`,
    posicao: 'n',
    receita: `'Receita ' || (n % ${pastReceitas} + 1)`,
    criado_por: `'pessoa-' || (n % ${pastPeople} + 1)`,
    criado_em: created,
    expira_em: `${created} + 86400000`,
    ofertado_em: `${created} + 500`,
    iniciado_em: `${created} + 1000`,
    terminado_em: `${created} + 1000 + ${itensEach * 1_000} + n % 977`,
    complete_em: `${created} + 1000 + ${itensEach * 1_000} + n % 977`,
    total_itens: String(itensEach),
    itens_completados: `case ${statusOf} when 'done' then ${itensEach} when 'done_partial' then ${itensEach - 1} else 0 end`,
    itens_falhados: `case ${statusOf} when 'failed' then ${itensEach} when 'done_partial' then 1 else 0 end`,
    itens_cancelados: `case ${statusOf} when 'canceled' then ${itensEach} else 0 end`,
    gramas_mg: '0',
    interrompidos: '0',
  });
  const [itemColumns, itemValues] = copy('job_items', { job_id: 'j.job_id', reservado_mg: '0' });
  file.transaction(() => {
    file.exec(`
      insert into jobs (${jobColumns})
        with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${jobs})
        select ${jobValues} from numbers, (select * from jobs order by job_id limit 1) t;
      insert into job_items (${itemColumns})
        select ${itemValues} from jobs j,
          (select * from job_items where job_id = (select min(job_id) from jobs) and item_ordem <= ${itensEach}) t
          where j.job_id >= ${first};
      insert into execution_logs (org_id, job_id, item_ordem, device, digest, frasco, tempero, quantidade_mg, ms,
                                  status, error, boot_id, uptime_ms, ts, recebido_em, tardio, raw)
        select i.org_id, i.job_id, i.item_ordem, j.device, printf('%064x', i.job_id * 32 + i.item_ordem), i.frasco,
               i.tempero, i.quantidade_mg, i.ms, iif(${pouredOf}, 'done', 'failed'),
               case when ${pouredOf} then null when j.status = 'canceled' then 'cancelado'
                    when i.job_id % 3 = 0 then 'interrompido' else 'timeout' end,
               '0001', 81234, j.iniciado_em + i.item_ordem * 1000,
               j.iniciado_em + i.item_ordem * 1000 + i.job_id % 997, 0, printf('%.220c', 'x')
          from job_items i join jobs j on j.org_id = i.org_id and j.job_id = i.job_id where i.job_id >= ${first};
      insert into estoque_mov (org_id, device, frasco, tempero, tipo, quantidade_mg, saldo_mg, job_id, item_ordem, em)
        select e.org_id, e.device, e.frasco, e.tempero, 'saida', -e.quantidade_mg,
               f.saldo_mg - sum(e.quantidade_mg) over
                 (partition by e.org_id, e.device, e.frasco order by e.job_id, e.item_ordem rows unbounded preceding),
               e.job_id, e.item_ordem, e.recebido_em
          from execution_logs e
          join frascos f on f.org_id = e.org_id and f.device = e.device and f.frasco = e.frasco
         where e.job_id >= ${first} and e.status = 'done'
         order by e.job_id, e.item_ordem;
      update jobs set (gramas_mg, interrompidos) =
        (select coalesce(sum(iif(e.status = 'done', e.quantidade_mg, 0)), 0), coalesce(sum(e.error = 'interrompido'), 0)
           from execution_logs e where e.org_id = jobs.org_id and e.job_id = jobs.job_id)
       where job_id >= ${first};
      update frascos set saldo_mg = (select sum(m.quantidade_mg) from estoque_mov m
        where m.org_id = frascos.org_id and m.device = frascos.device and m.frasco = frascos.frasco)`);
  })();
  file.close();
}
