import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, Sqlite } from '@yaguts/api';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { main } from '../audit-verify.ts';

let dir: string;
let said: string[];
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'yaguts-verify-'));
  said = [];
  vi.spyOn(console, 'log').mockImplementation((line) => void said.push(String(line)));
  vi.spyOn(console, 'error').mockImplementation((line) => void said.push(String(line)));
  const store = await openStore({ dir });
  for (const org of ['demo', 'outra', ''])
    for (let n = 1; n <= 4; n++)
      await store.appendAudit(org, { em: n, quem: 'ana', acao: 'x.feito', alvo: `a:${n}` });
  await store.close();
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
  rmSync(dir, { recursive: true, force: true });
});

const verify = (...args: string[]): number => {
  said.length = 0;
  process.exitCode = 0;
  main(['--dir', dir, ...args]);
  return Number(process.exitCode ?? 0);
};
const change = (sql: string): void => {
  const db = new Sqlite(join(dir, 'yaguts.db'));
  db.exec(sql);
  db.close();
};

test('every chain of a data folder is checked, that of the installation too, and its head printed', () => {
  expect(verify()).toBe(0);
  expect(said).toHaveLength(3);
  expect(said[1]).toMatch(/^holds {3}demo: 4 rows, head demo:4:[0-9a-f]{64}$/);
  const head = said[1]?.split(' ').at(-1) ?? '';
  expect(verify('--head', head)).toBe(0);
});

test('it runs beside a platform that is writing, and changes nothing', async () => {
  const store = await openStore({ dir });
  await store.appendAudit('demo', { em: 5, quem: 'ana', acao: 'x.feito', alvo: 'a:5' });
  expect(verify()).toBe(0);
  expect(said[1]).toContain('demo: 5 rows');
  await store.appendAudit('demo', { em: 6, quem: 'ana', acao: 'x.feito', alvo: 'a:6' });
  await store.close();
});

test('a row that was changed, put in or taken out is named with its org', () => {
  change("update audit set depois = '{}' where org_id = 'outra' and n = 2");
  expect(verify()).toBe(1);
  expect(said.join('\n')).toMatch(/BROKEN {2}outra: row 2 of 4/);
  expect(said.join('\n')).toContain('holds   demo');
  change("delete from audit where org_id = 'demo' and n = 1");
  expect(verify()).toBe(1);
  expect(said.join('\n')).toMatch(/BROKEN {2}demo: row 2 of 3/);
});

test('a chain whose end was cut off holds by itself, but not against a head that was noted', () => {
  verify();
  const head = said[1]?.split(' ').at(-1) ?? '';
  change("delete from audit where org_id = 'demo' and n = 4");
  expect(verify()).toBe(0);
  expect(verify('--head', head)).toBe(1);
  expect(said.join('\n')).toContain('CUT     demo: the head noted at row 4 is gone');
});

test('a folder without a database and arguments that are none end with a sentence', () => {
  main(['--dir', join(dir, 'keine')]);
  expect(process.exitCode).toBe(1);
  expect(said.at(-1)).toContain('There is no database');
  expect(verify('--head', 'demo')).toBe(2);
});
