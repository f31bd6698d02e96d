import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { databaseFile, Sqlite } from '@yaguts/api';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openStorageHouse, type StorageHouse, until } from './storage-house.ts';

// The archive of an organisation, taken in by a platform of its own process on the threads it has in production,
// which is killed in the middle.

let at: StorageHouse;
beforeAll(async () => {
  at = await openStorageHouse();
});
beforeEach(() => at.newFolder());
afterEach(() => at.endAll());
afterAll(() => at.close());

const org_id = 'nova';
/** Long enough to be met in the middle by whoever is slow, and short enough to be taken in whole. */
const [many, few] = [400_000, 1_000];

/** One device, one person, and so many events. */
function archive(events: number): Buffer {
  const device = { org_id, device: 'balcao', nome: 'Balcão', config_reportada: [], birth: [], alertas: [] };
  const more = { permissoes: [], criado_em: 1 };
  const rows: object[] = [
    { tabela: 'orgs', linha: { org_id, nome: 'Nova', criado_em: 1 } },
    { tabela: 'users', linha: { org_id, user_id: 'nina', nome: 'Nina', role: 'dono', ...more } },
    { tabela: 'devices', linha: { ...device, criado_em: 1 } },
    { tabela: 'frascos', linha: { org_id, device: 'balcao', frasco: 1, saldo_mg: 0 } },
  ];
  for (let n = 1; n <= events; n++)
    rows.push({ tabela: 'events', linha: { org_id, id: `e${n}`, n, type: 'a:b', data: {}, ts: n } });
  const head = { formato: 'yaguts-org', versao: 1, org: org_id, plataforma: '0.3.0', exportado_em: 1 };
  const body = [head, ...rows].map((line) => `${JSON.stringify(line)}\n`).join('');
  const sha256 = createHash('sha256').update(body).digest('hex');
  return gzipSync(`${body}${JSON.stringify({ fim: true, linhas: rows.length, sha256 })}\n`);
}

/** Sends the archive as who runs the installation; answers what was said, "nothing" when nobody answered. */
const send = (packed: Buffer): Promise<string> =>
  fetch(`${at.platform.base}/api/orgs/import`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${at.house.kitchen.token}`,
      'Content-Type': 'application/gzip',
      Connection: 'close',
    },
    body: new Uint8Array(packed),
  }).then(
    async (answer) => `${answer.status} ${await answer.text()}`,
    () => 'nothing',
  );

/** What the database file holds of the org, by table, seen from outside. */
function held(): Record<string, number> {
  const db = new Sqlite(databaseFile(at.dir), { readonly: true });
  try {
    const tables = db
      .prepare("select m.name from sqlite_master m where m.type = 'table'")
      .pluck()
      .all() as string[];
    const ofOrg = tables.filter((name) =>
      (db.pragma(`table_info("${name}")`) as { name: string }[]).some((column) => column.name === 'org_id'),
    );
    const counts = ofOrg.map((name) => {
      const rows = db.prepare(`select count(*) from "${name}" where org_id = ?`).pluck().get(org_id);
      return [name, Number(rows)] as const;
    });
    return Object.fromEntries(counts.filter(([, rows]) => rows > 0));
  } finally {
    db.close();
  }
}

test('killed in the middle of an import: others were served meanwhile, and nothing of it is left afterwards', async () => {
  await at.start();
  const job = await at.begin();
  const answered = send(archive(many));
  const begun = until(() => (held().events ?? 0) > 0).toBe(true);
  await Promise.race([begun, answered.then((said) => Promise.reject(new Error(said)))]);

  // A report of another organisation is committed and acked between two slices.
  await at.board.report(job, 1);
  await at.board.ack(job.job_id, ({ itens }) => itens.includes(1));
  // Half of an org is none: not listed, no place for a device, nobody in it runs the installation.
  const { api } = at.platform;
  const { rows } = await api.call<{ rows: { org: string }[] }>('GET', '/api/orgs');
  expect(rows.map(({ org }) => org)).toEqual([at.house.kitchen.org]);
  const move = api.call('POST', `/api/devices/${at.house.kitchen.pouring.device}/move`, { org: org_id });
  await expect(move).rejects.toMatchObject({ status: 404 });
  const operator = api.call('PUT', '/api/installation/operators/nina');
  await expect(operator).rejects.toMatchObject({ status: 404 });
  const owner = api.call('POST', '/api/installation/owners/nina/reset-code', {});
  await expect(owner).rejects.toMatchObject({ status: 404 });
  // All of that happened while it was written, or it would show nothing.
  expect(held().events).toBeLessThan(many);

  at.platform.child.process.kill('SIGKILL');
  await at.platform.child.ended;
  expect(await answered).toBe('nothing');
  expect(held().events).toBeGreaterThan(0);
  expect(readdirSync(join(at.dir, 'archives'))).not.toEqual([]);

  await at.start();
  expect(held()).toEqual({});
  const folder = join(at.dir, 'archives');
  expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
  expect(at.stored(job)).toEqual([1]);
  await at.connect();
  at.report(job);
  await at.tellAgain(job);
  await at.expectSound(job);
  // Its id is free, and the archive is taken in whole this time.
  expect(await send(archive(few))).toMatch(/^201 /);
  expect(held()).toMatchObject({ orgs: 1, users: 1, devices: 1, frascos: 1, events: few });
});
