import { AppError, type Fault, gFromMg, type ItemRepetition } from '@yaguts/shared';
import { and, asc, eq, inArray, isNotNull, sql } from 'drizzle-orm';
import { type FamilyItem, judgeRepetition, type RepeatVerdict, shareOut } from '../domain/repetition.ts';
import { entryOfItem } from './job-rows.ts';
import type { Orm } from './open.ts';
import type { StoreParts } from './parts.ts';
import { executionLogs, jobItems, jobs } from './schema/index.ts';
import { all, p, type Tx } from './transaction.ts';

/** An item to repeat and how much of it. */
export interface ToRepeat {
  readonly item: FamilyItem;
  readonly mg: number;
}

/** Reads for repeating, for use inside the transaction that makes the repetition. */
export function repetitionReader(orm: Orm) {
  /**
   * The job, those it comes from, and all that came from them. A job that is no longer kept still joins the others.
   * CROSS JOIN keeps SQLite from reading every repetition of the org at each step.
   */
  const family = sql`(with recursive
    up(id) as (select ${p('job_id')} union select j.origem_job_id from ${jobs} j join up on j.job_id = up.id
      where j.org_id = ${p('org')} and j.origem_job_id is not null),
    family(id) as (select id from up union select j.job_id from family f cross join ${jobs} j
      on j.origem_job_id = f.id where j.org_id = ${p('org')})
    select id from family)`;
  const query = orm
    .select({
      job_id: jobItems.job_id,
      item_ordem: jobItems.item_ordem,
      frasco: jobItems.frasco,
      tempero: jobItems.tempero,
      quantidade_mg: jobItems.quantidade_mg,
      origem_job_id: jobs.origem_job_id,
      origem_item: jobItems.origem_item,
      terminado: sql<boolean>`${isNotNull(jobs.terminado_em)}`.mapWith(Boolean),
      status: executionLogs.status,
    })
    .from(jobItems)
    .innerJoin(jobs, and(eq(jobs.org_id, jobItems.org_id), eq(jobs.job_id, jobItems.job_id)))
    .leftJoin(executionLogs, entryOfItem)
    .where(and(eq(jobItems.org_id, p('org')), inArray(jobItems.job_id, family)))
    .orderBy(asc(jobItems.job_id), asc(jobItems.item_ordem))
    .prepare();

  const familyOf = (org: string, job_id: number): Tx<FamilyItem[]> => all(query, { org, job_id });

  return {
    *verdicts(org: string, jobId: number): Tx<RepeatVerdict[]> {
      return judgeRepetition(yield* familyOf(org, jobId), jobId);
    },
    /**
     * What a repetition of these items is to ask for.
     *
     * @param itens all that may be repeated when left out
     * @throws AppError "not_retryable" when one of those named may not, or when none may; each fault has the item's word
     */
    *toRepeat(org: string, jobId: number, itens?: readonly number[]): Tx<readonly ToRepeat[]> {
      const family = yield* familyOf(org, jobId);
      const verdicts = judgeRepetition(family, jobId);
      const asked = itens ?? verdicts.map(({ item }) => item.item_ordem);
      const faults = asked.flatMap((ordem, i): Fault[] => {
        const fault = faultOf(
          ordem,
          verdicts.find(({ item }) => item.item_ordem === ordem),
        );
        return fault ? [{ path: itens ? `itens.${i}` : `item ${ordem}`, ...fault }] : [];
      });
      const isRefused = itens ? faults.length > 0 : faults.length === asked.length;
      // What may change by waiting says more than what is poured for good.
      const first = faults.find(({ code }) => code === 'em_andamento') ?? faults[0];
      if (isRefused) throw new AppError('not_retryable', first?.message, { faults });
      return shareOut(family, jobId, itens);
    },
  };
}

/** What may be repeated of a job, and what was. */
export interface RepetitionsStore {
  /** In the order of the items; empty for a job that is not this org's. */
  repetitionsOf(org: string, jobId: number): Promise<ItemRepetition[]>;
}

export function createRepetitions({ db }: StoreParts): RepetitionsStore {
  const reader = repetitionReader(db.orm);
  return {
    repetitionsOf: (org, jobId) =>
      db.read(function* () {
        return (yield* reader.verdicts(org, jobId)).map(({ item, mg, refusal, repetitions }) => ({
          item_ordem: item.item_ordem,
          pode_g: gFromMg(mg),
          motivo: refusal,
          em: repetitions.map((made) => ({
            job_id: made.job_id,
            item_ordem: made.item_ordem,
            frasco: made.frasco,
            quantidade_g: gFromMg(made.quantidade_mg),
            estado: made.status ?? (made.terminado ? 'cancelado' : 'pendente'),
          })),
        }));
      }),
  };
}

function faultOf(ordem: number, verdict: RepeatVerdict | undefined): Omit<Fault, 'path'> | undefined {
  if (!verdict) return { code: 'desconhecido', message: `The job has no item ${ordem}` };
  const { item, refusal, repetitions } = verdict;
  if (refusal === null) return undefined;
  const last = repetitions.findLast((made) =>
    refusal === 'em_andamento' ? !made.terminado : made.status === 'done',
  )?.job_id;
  const where = last === undefined ? 'another repetition' : `job ${last}`;
  const reasons = {
    feito: 'is done',
    nao_terminou: `is of job ${item.job_id}, which has not ended`,
    em_andamento: `is repeated already: ${where} waits or runs`,
    repetido: `was poured by ${where}`,
    sem_origem: 'repeats a job that is no longer kept; what else came from it cannot be known',
    desconhecido: 'is unknown',
  } as const satisfies Record<typeof refusal, string>;
  return { code: refusal, message: `Item ${ordem} (${item.tempero}) ${reasons[refusal]}` };
}
