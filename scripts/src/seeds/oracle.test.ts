import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sqlite } from '@yaguts/api';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { BoardLife, Pour } from './board-life.ts';
import { createEars, type Ears } from './ears.ts';
import { judgeStory } from './oracle.ts';
import type { Told } from './person.ts';
import { makeTemplate, type Template } from './template.ts';

let template: Template;
let dataDir: string;
beforeAll(async () => {
  template = await makeTemplate();
});
afterAll(() => template.remove());
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'yaguts-oracle-'));
  cpSync(template.dataDir, dataDir, { recursive: true });
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** Does something to the database that no platform would have done. */
function change(...statements: readonly string[]): void {
  const file = new Sqlite(join(dataDir, 'yaguts.db'));
  file.pragma('foreign_keys = OFF');
  for (const statement of statements) file.exec(statement);
  file.close();
}

const job = `insert into jobs (org_id, job_id, device, token, status, fase, receita, multiplicador_milesimos, metodo, criado_em,
  expira_em, total_itens, itens_cancelados) values ('alfa', 7, 'd-1', 't', 'canceled', 'terminado', 'menu 1', 1000, 'painel',
  1, 2, 1, 1)`;
const item = `insert into job_items (org_id, job_id, item_ordem, frasco, tempero, quantidade_mg, ms)
  values ('alfa', 7, 1, 1, 'tempero 1', 1000, 1000)`;

const nothing = (): Told => ({ orders: new Map(), refills: new Map(), wrong: [] });
/** What the oracle asks of a board: where it stands, what poured, what its flash said. */
const boardOf = (pours: readonly Pour[], outcomes: BoardLife['outcomes'] = new Map()): BoardLife =>
  ({
    plan: { name: 'alfa.d-1', seat: template.orgs[0]?.devices[0] },
    ...{ pours, outcomes, lostJournals: 0 },
  }) as unknown as BoardLife;

function judge(
  seen: { ears?: Partial<Ears>; boards?: readonly BoardLife[]; told?: Told } = {},
): readonly string[] {
  const { ears = {}, boards = [], told = nothing() } = seen;
  return judgeStory({
    platform: { dataDir } as never,
    ...{ template, boards, told, ears: { ...createEars(), ...ears } },
  }).faults;
}

test('a database in which nothing has happened is without fault', () => {
  expect(judge()).toEqual([]);
  change(job, item);
  expect(judge({ boards: [boardOf([])] })).toEqual([]);
});

test('I1: what was acked, by word or by PUBACK, or was final in flash, and is not there', () => {
  expect(judge({ ears: { acked: new Set(['alfa/7/1']) } })).toEqual([
    expect.stringMatching(/^I1 alfa\/7\/1/),
  ]);
  change(job, item);
  expect(judge({ ears: { acked: new Set(['alfa/7/1']) } })).toEqual([
    expect.stringMatching(/^I1 .*was acked$/),
  ]);
  expect(judge({ ears: { pubacked: new Map([['alfa/7/1', 't']]) } })).toEqual([
    expect.stringMatching(/^I1 .*acked by the broker/),
  ]);
  const outcomes = new Map([['7/1', { error: null, ms: 1_000 }]]);
  expect(judge({ boards: [boardOf([], outcomes)] })).toEqual([
    expect.stringMatching(/^I1 .*final on its board/),
  ]);
});

test('I1 and I2: an order that was answered is there, and is one job', () => {
  const told = nothing();
  told.orders.set(1_000, { org: 'alfa', jobId: 7 });
  expect(judge({ told })).toEqual(['I1 job 7 was answered and is not there']);
  change(job);
  expect(judge({ told })).toEqual([]);
  change(job.replace("'alfa', 7", "'alfa', 8"));
  expect(judge({ told })).toEqual(['I2 one order became jobs 7, 8']);
});

test('I2: a refill that was asked for twice is one movement', () => {
  const told = nothing();
  told.refills.set(1_000, { org: 'alfa', isAnswered: true });
  expect(judge({ told })).toEqual(['I1 a refill of 1000 mg was answered and is not there']);
  const load = `insert into estoque_mov (org_id, device, frasco, tipo, quantidade_mg, saldo_mg, em)
    values ('alfa', 'd-1', 1, 'entrada', 1000, 501000, 1)`;
  const booked =
    "update frascos set saldo_mg = saldo_mg + 1000 where org_id = 'alfa' and device = 'd-1' and frasco = 1";
  change(load, booked);
  expect(judge({ told })).toEqual([]);
  change(load, booked);
  expect(judge({ told })).toEqual(['I2 a refill of 1000 mg was booked 2 times']);
});

test('I3: a frasco whose saldo is not what went in and out', () => {
  change(
    "update frascos set saldo_mg = saldo_mg - 1 where org_id = 'beta' and device = 'd-2' and frasco = 4",
  );
  const faults = judge();
  expect(faults).toContainEqual(
    expect.stringMatching(/^I3 frasco beta\/d-2\/4 has 499999 mg, must have 500000/),
  );
  expect(faults).toContainEqual(expect.stringMatching(/^I3 the saldo of a frasco is not the sum/));
});

test('I4: a job whose account was acked runs on, or one that had ended says something else', () => {
  change(job, "update jobs set status = 'running', complete_em = 5");
  expect(judge()).toContainEqual('I4 job 7 is running after its account was acked');
  expect(judge({ ears: { revived: ['job alfa/7 was done, is running'] } })).toContainEqual(
    'I4 job alfa/7 was done, is running',
  );
});

test('I5: what poured without an intent in flash, or twice', () => {
  const once: Pour = { seq: 1, jobId: 7, item: 1, hadIntent: true };
  expect(judge({ boards: [boardOf([once])] })).toEqual([]);
  expect(judge({ boards: [boardOf([{ ...once, hadIntent: false }])] })).toEqual([
    'I5 alfa.d-1 poured 7/1 without an intent in flash',
  ]);
  expect(judge({ boards: [boardOf([once, once])] })).toEqual(['I5 alfa.d-1 poured 7/1 2 times']);
});

test('I6: what reached somebody of another organisation', () => {
  expect(judge({ ears: { crossed: ['yaguts/v1/alfa/jobs/7/state reached beta.d-1'] } })).toEqual([
    'I6 yaguts/v1/alfa/jobs/7/state reached beta.d-1',
  ]);
  change(job.replace("'alfa'", "'beta'"));
  const told = nothing();
  told.orders.set(1_000, { org: 'alfa', jobId: undefined });
  expect(judge({ told })).toEqual(['I6 an order of alfa went elsewhere']);
});
