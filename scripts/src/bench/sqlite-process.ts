import { openStore, Sqlite } from '@yaguts/api';
import { limits } from '@yaguts/shared';
import { benchOrg } from './bench-kitchen.ts';
import { type BenchPlatform, createBenchPlatform } from './bench-platform.ts';
import { answerParent, type CommonQuestions } from './child.ts';
import { openEntryDevice } from './entry-device.ts';
import type { LoadJob } from './load.ts';
import { type Recorded, recordTransactions } from './recorder.ts';

/** The database alone: the very statements of the platform, prepared once, without anything around them. */
export interface SqliteQuestions extends CommonQuestions {
  measure: { in: { entries: number }; out: SqliteCeiling };
}
export interface SqliteCeiling {
  readonly perSecond: number;
  readonly statementsPerEntry: number;
}

const device = 'd-1';
const recorded = recordTransactions();
let platform: BenchPlatform | undefined;

async function measure({ entries }: { entries: number }): Promise<SqliteCeiling> {
  // On this thread, where its statements can be seen.
  platform = createBenchPlatform({ openStore });
  const jobsEach = Math.ceil(entries / limits.maxItens) + 2;
  const prepared = await platform.prepare({ devices: [device], jobsEach, transicao: 'manual' });
  // The first job is the template of the others and has a number that other columns may hold as well.
  const [, sample, ...others] = prepared.devices[0]?.jobs ?? [];
  if (!sample) throw new Error('no job to record');
  const before = recorded().length;
  await runOne(prepared.port, prepared.devices[0]?.password ?? '', sample);
  await platform.stop();
  const perItem = recorded()
    .slice(before)
    .filter((statements) => statements.some(({ sql }) => sql.startsWith('insert into "execution_logs"')));
  if (perItem.length !== limits.maxItens) throw new Error(`${perItem.length} transactions for 24 entries`);
  const perSecond = replay(platform.path, perItem, sample, others);
  const statements = perItem.reduce((sum, list) => sum + list.length, 0);
  return { perSecond, statementsPerEntry: statements / perItem.length };
}

/** One entry at a time, so that each is a transaction of its own. */
async function runOne(port: number, password: string, job: LoadJob): Promise<void> {
  let left = job.itens.length;
  await new Promise<void>((resolve, reject) => {
    openEntryDevice({ port, org: benchOrg, device, password }, [job], {
      failed: reject,
      acked: () => {
        if (--left === 0) resolve();
      },
    }).then((opened) => opened.open(1), reject);
  });
}

/** @returns entries a second, in transactions of 64 with FULL */
function replay(
  path: string,
  perItem: readonly (readonly Recorded[])[],
  sample: LoadJob,
  jobs: readonly LoadJob[],
): number {
  const file = new Sqlite(path);
  file.pragma('journal_mode = WAL');
  file.pragma('synchronous = FULL');
  file.pragma('foreign_keys = ON');
  if (file.pragma('synchronous', { simple: true }) !== 2) throw new Error('synchronous is not FULL');
  const steps = perItem.map((statements) =>
    statements.map(({ sql, mode, raw, params }) => {
      const statement = file.prepare(sql);
      if (raw && statement.reader) statement.raw();
      const jobAt = params.flatMap((value, at) => (value === sample.job_id ? [at] : []));
      return { call: statement[mode].bind(statement), params: [...params], jobAt };
    }),
  );
  const [begin, commit] = [file.prepare('BEGIN IMMEDIATE'), file.prepare('COMMIT')];
  const count = file.prepare('select count(*) from execution_logs').pluck();
  const stored = Number(count.get());
  let done = 0;
  const startedAt = performance.now();
  for (const { job_id } of jobs) {
    for (const item of steps) {
      if (done % limits.batchEntries === 0) begin.run();
      for (const { call, params, jobAt } of item) {
        for (const at of jobAt) params[at] = job_id;
        call(...params);
      }
      done++;
      if (done % limits.batchEntries === 0) commit.run();
    }
  }
  if (file.inTransaction) commit.run();
  const seconds = (performance.now() - startedAt) / 1_000;
  const added = Number(count.get()) - stored;
  file.close();
  if (added !== done) throw new Error(`${done} entries replayed, ${added} stored`);
  return done / seconds;
}

answerParent({ measure }, async () => {
  await platform?.stop();
  platform?.remove();
});
