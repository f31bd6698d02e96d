import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionLogEntry } from '@yaguts/shared';
import { and, eq } from 'drizzle-orm';
import type { ReportOrigin } from './entries.ts';
import type { Job } from './job-rows.ts';
import {
  devices,
  estoqueMov,
  executionLogs,
  frascos,
  jobItems,
  jobs,
  orgs,
  rejectedMessages,
  temperos,
} from './schema/index.ts';
import { type InlineStore, openStore } from './store.ts';

/** For tests: a real store in a folder of its own, with one org, two devices and 100 g in each frasco. */
export interface TestStore {
  readonly store: InlineStore;
  readonly dir: string;
  /** Makes a job on `mao`; by default offered with seq 1 to pour 2 g from each frasco named. */
  makeJob(given?: Partial<Job> & { readonly frascos?: readonly number[] }): Promise<Job>;
  job(job_id: number): Job;
  tables(): {
    entries: (typeof executionLogs.$inferSelect)[];
    movimentos: (typeof estoqueMov.$inferSelect)[];
    frascos: (typeof frascos.$inferSelect)[];
    rejected: (typeof rejectedMessages.$inferSelect)[];
    jobs: Job[];
    devices: (typeof devices.$inferSelect)[];
  };
  close(): Promise<void>;
}

export const org = 'demo';
export const mao = 'mao';
export const token = '9f3c2a71d05be864';
export const initialMg = 100_000;

export async function openTestStore(): Promise<TestStore> {
  const dir = mkdtempSync(join(tmpdir(), 'yaguts-store-'));
  const store = await openStore({ dir, now: () => 1 });
  const { orm } = store.parts.db;
  orm.insert(orgs).values({ org_id: org, nome: 'Demo', criado_em: 1 }).run();
  orm.insert(temperos).values({ org_id: org, nome: 'Sal', alergenos: [] }).run();
  const empty = { config_reportada: [], birth: [], alertas: [] };
  const numbers = [1, 2, 3, 4];
  const both = [mao, 'outra'];
  orm
    .insert(devices)
    .values(both.map((device) => ({ org_id: org, device, nome: device, criado_em: 1, ...empty })))
    .run();
  const jars = both.flatMap((device) => numbers.map((frasco) => ({ org_id: org, device, frasco })));
  orm
    .insert(frascos)
    .values(jars.map((jar) => ({ ...jar, tempero_id: 1, ug_por_s: 2_000_000, minimo_mg: 97_000 })))
    .run();
  await store.parts.db.write(function* () {
    const refill = { tempero: 'Sal', tipo: 'entrada', quantidade_mg: initialMg, em: 1 } as const;
    for (const jar of jars) yield* store.parts.ledger.move({ ...jar, ...refill });
  });

  return {
    store,
    dir,
    async makeJob({ frascos: poured = [1, 2, 3], ...given } = {}) {
      const row: typeof jobs.$inferInsert = {
        ...{ org_id: org, device: mao, seq: 1, token, status: 'queued', fase: 'ofertado' },
        ...{ receita: 'Baiano', multiplicador_milesimos: 1_000, metodo: 'painel' },
        ...{ criado_em: 10, expira_em: 1_000_000, total_itens: poured.length },
        ...given,
      };
      const [job] = orm.insert(jobs).values(row).returning().all();
      const { job_id, device, org_id } = job as Job;
      const itens = poured.map((frasco, i) => ({
        org_id,
        job_id,
        item_ordem: i + 1,
        frasco,
        tempero: 'Sal',
      }));
      const planned = { quantidade_mg: 2_000, ms: 1_000 };
      orm
        .insert(jobItems)
        .values(itens.map((item) => ({ ...item, ...planned })))
        .run();
      await store.parts.db.write(function* () {
        for (const item of itens) yield* store.parts.ledger.reserve({ ...item, device }, 2_000);
      });
      return job as Job;
    },
    job: (job_id) =>
      orm
        .select()
        .from(jobs)
        .where(and(eq(jobs.org_id, org), eq(jobs.job_id, job_id)))
        .get() as Job,
    tables: () => ({
      entries: orm.select().from(executionLogs).orderBy(executionLogs.job_id, executionLogs.item_ordem).all(),
      movimentos: orm.select().from(estoqueMov).all(),
      frascos: orm.select().from(frascos).where(eq(frascos.device, mao)).all(),
      rejected: orm.select().from(rejectedMessages).all(),
      jobs: orm.select().from(jobs).all(),
      devices: orm.select().from(devices).all(),
    }),
    async close() {
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Where a report of `mao` came from, at a time. */
export function from(device = mao, at = 100, payload: unknown = {}): ReportOrigin {
  return { org, device, topic: `t/${device}`, payload: Buffer.from(JSON.stringify(payload)), at };
}

/** The word of `mao` on one item of a job made by {@link TestStore.makeJob}. */
export function entryOf(
  job_id: number,
  item_ordem: number,
  given: Partial<ExecutionLogEntry> = {},
): ExecutionLogEntry {
  return {
    ...{ v: 1, job_id, seq: 1, token, item_ordem, frasco: item_ordem, tempero: 'Sal', quantidade_g: 2 },
    ...{ segundos: 1.25, status: 'done', error: null, boot_id: 'a1', uptime_ms: 5, ts: null },
    ...given,
  };
}
