import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkArchive } from './org-import.ts';
import { type InlineStore, openStore } from './store.ts';
import { archivedEvents, writeArchive } from './test-archive.ts';
import { verifyDatabase } from './verify-database.ts';

let dir: string;
let store: InlineStore;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'yaguts-import-'));
  store = await openStore({ dir });
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

const events = archivedEvents;
const act = { em: 1_790_000_000_000, quem: 'ana' };
const archive = (claim?: { saldo_mg: number }): string => writeArchive(dir, claim);
const start = async (file: string) =>
  store.importOrg({ file, facts: await checkArchive(file), org: 'nova', act });
const rowsOf = (table: string): number =>
  (store.parts.db.orm.get(`select count(*) as n from ${table} where org_id = 'nova'`) as { n: number }).n;
/** Others write as fast as they can, until told to stop; answers how often they did. */
function traffic(): () => Promise<number> {
  let isOver = false;
  let written = 0;
  const writing = (async () => {
    while (!isOver) {
      await store.appendAudit('demo', { ...act, acao: 'x.feito', alvo: `a:${written + 1}` });
      written++;
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  return async () => {
    isOver = true;
    await writing;
    return written;
  };
}

test('others go on writing while an archive is written, and lose nothing; the org is there at the end alone', async () => {
  const stop = traffic();
  const importing = start(archive());
  const seen: number[] = [];
  const looking = (async () => {
    while (seen.length < 3) {
      await new Promise((resolve) => setImmediate(resolve));
      const there = rowsOf('events');
      if (there > 0 && there < events) seen.push((await store.listOrgs()).length);
      else if (there >= events) return;
    }
  })();
  await importing;
  await looking;
  const written = await stop();
  expect(written).toBeGreaterThan(3);
  expect((await store.verifyAudit('demo')).rows).toBe(written);
  // Half written, it is no org yet.
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.every((orgs) => orgs === 0)).toBe(true);
  expect((await store.listOrgs()).map(({ org_id }) => org_id)).toEqual(['nova']);
  expect(rowsOf('events')).toBe(events);
});

test('an archive that does not add up leaves nothing, however far it was written', async () => {
  await expect(start(archive({ saldo_mg: 5 }))).rejects.toMatchObject({ code: 'invalid' });
  for (const table of ['orgs', 'devices', 'frascos', 'events', 'audit']) expect(rowsOf(table), table).toBe(0);
  // And its id is free.
  expect(await start(archive())).toMatchObject({ org: 'nova' });
});

test('a stop in the middle leaves nothing after the next start, and a backup of that moment is sound', async () => {
  const importing = start(archive({ saldo_mg: 5 })).catch((error: unknown) => error);
  while (rowsOf('events') === 0) await new Promise((resolve) => setImmediate(resolve));
  await store.close();
  expect(await importing).toBeInstanceOf(Error);
  store = await openStore({ dir });
  expect(rowsOf('events')).toBeGreaterThan(0);
  expect(await store.listOrgs()).toEqual([]);
  const file = (store.parts.db.orm as unknown as { $client: never }).$client;
  expect(verifyDatabase(file)).toEqual({ structure: [], sums: [] });
  expect(await store.dropHalfImports()).toEqual(['nova']);
  for (const table of ['orgs', 'devices', 'frascos', 'events']) expect(rowsOf(table), table).toBe(0);
  expect(await store.dropHalfImports()).toEqual([]);
});

test('what is under way is no leftover: only what a dead thread or process has begun is taken out', async () => {
  const importing = start(archive());
  while (rowsOf('events') === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(await store.dropHalfImports()).toEqual([]);
  await importing;
  expect(rowsOf('events')).toBe(events);
});
