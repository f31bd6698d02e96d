import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sqlite } from '@yaguts/api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readVerdict } from './verdict.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'yaguts-verdict-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Two frascos of 100 mg, one of which has poured 10 mg; then what the test breaks. */
function verdictAfter(broken: string) {
  const path = join(dir, 'verdict.db');
  const file = new Sqlite(path);
  file.exec(`
    create table frascos (org_id, device, frasco, saldo_mg);
    create table estoque_mov (org_id, device, frasco, tipo, quantidade_mg);
    create table execution_logs (org_id, device, frasco, status, quantidade_mg);
    create table rejected_messages (org_id);
    insert into frascos values ('o', 'd', 1, 90), ('o', 'd', 2, 100);
    insert into estoque_mov values ('o', 'd', 1, 'entrada', 100), ('o', 'd', 2, 'entrada', 100),
                                   ('o', 'd', 1, 'saida', -10);
    insert into execution_logs values ('o', 'd', 1, 'done', 10), ('o', 'd', 2, 'failed', 10);
    ${broken}`);
  file.close();
  return readVerdict(path);
}

test('a record and an estoque that agree are found in order', () => {
  expect(verdictAfter('')).toEqual({ stored: 2, putAside: 0, wrongEstoque: 0 });
});

test.each([
  ['a saldo that is not the sum of its ledger', 'update frascos set saldo_mg = 91 where frasco = 1'],
  ['an entry that took nothing', "insert into execution_logs values ('o', 'd', 2, 'done', 10)"],
  [
    'a saida without an entry',
    `insert into estoque_mov values ('o', 'd', 2, 'saida', -5), ('o', 'd', 2, 'ajuste', 5)`,
  ],
])('%s is found', (_, broken) => {
  expect(verdictAfter(broken).wrongEstoque).toBe(1);
});

test('what was put aside is counted', () => {
  expect(verdictAfter("insert into rejected_messages values ('o')").putAside).toBe(1);
});
