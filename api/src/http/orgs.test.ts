import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addOrg } from '../identity/test-deps.ts';
import { archiveTables, orgTables } from '../store/archive-tables.ts';
import { openTestApp, problemFrom, type TestApp } from './test-app.ts';
import { type Menu, order, pour, setMenu } from './test-menu.ts';

const open = (options: { empty?: boolean } = {}): Promise<TestApp> =>
  openTestApp({ ...options, env: { YAGUTS_REQUESTS_PER_MINUTE: '100000' } });
let here: TestApp;
let menu: Menu;
beforeEach(async () => {
  here = await open();
  menu = await setMenu(here);
});
afterEach(async () => {
  await here.deps.close();
});

const gzip = { 'Content-Type': 'application/gzip' };
const exported = async (app: TestApp, user = 'ana'): Promise<Buffer> => {
  const answer = await app.send('GET', '/api/org/export', { headers: await app.cookieOf(user) });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/gzip');
  return Buffer.from(await answer.arrayBuffer());
};
const linesOf = (archive: Buffer): Record<string, never>[] =>
  gunzipSync(archive)
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
/** An archive of these lines, with an end that fits them. */
const archiveOf = (lines: readonly object[]): Buffer => {
  const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const sha256 = createHash('sha256').update(body).digest('hex');
  return gzipSync(`${body}${JSON.stringify({ fim: true, linhas: lines.length - 1, sha256 })}\n`);
};
const imported = async (app: TestApp, archive: Uint8Array, query = '', user = 'ana') =>
  app.send('POST', `/api/orgs/import${query}`, {
    headers: { ...(await app.cookieOf(user)), ...gzip },
    body: archive,
  });
const orgs = async (app: TestApp) =>
  (
    (await (await app.send('GET', '/api/orgs', { headers: await app.cookieOf('ana') })).json()) as {
      rows: { org: string; pessoas: number; dispensadores: number }[];
    }
  ).rows;

/** A kitchen with a life: a job poured, one that failed in part, one waiting. */
async function live(): Promise<void> {
  await order(menu);
  await pour(menu);
  await order(menu);
  await pour(menu, [2]);
  await order(menu);
}

describe('organisations', () => {
  test('the operator makes an organisation, and its first owner comes by invitation', async () => {
    const headers = await here.cookieOf('ana');
    const body = { org: 'padaria', nome: 'Padaria', dono: 'Rui' };
    const made = await here.send('POST', '/api/orgs', { headers, body });
    expect(made.status).toBe(201);
    const { code } = (await made.json()) as { code: string };
    expect((await here.send('POST', '/api/orgs', { headers, body })).status).toBe(409);
    const accept = { code, user: 'rui', nome: 'Rui', password: 'a long password' };
    const accepted = await here.send('POST', '/api/invites/accept', { body: accept });
    expect(await accepted.json()).toMatchObject({ org: 'padaria', role: 'dono', plataforma: false });
    expect(await orgs(here)).toMatchObject([
      { org: 'demo', pessoas: 1, dispensadores: 1 },
      { org: 'padaria', pessoas: 1, dispensadores: 0 },
    ]);
    const rui = await here.cookieOf('rui', 'a long password');
    expect((await here.send('GET', '/api/orgs', { headers: rui })).status).toBe(403);
    expect((await here.send('GET', '/api/receitas', { headers: rui })).status).toBe(200);
  });

  test('an organisation is wiped by its owner alone, who types its id; nothing of it is left', async () => {
    await live();
    await addOrg(here.deps, 'outra', 'dora');
    const ana = await here.cookieOf('ana');
    const refused = await here.send('POST', '/api/org/wipe', { headers: ana, body: { confirmacao: 'Demo' } });
    expect(await problemFrom(refused)).toMatchObject({ code: 'invalid', errors: [{ path: 'confirmacao' }] });
    const alone = await here.send('POST', '/api/org/wipe', { headers: ana, body: { confirmacao: 'demo' } });
    expect(await problemFrom(alone)).toMatchObject({ code: 'conflict' });
    const dora = await here.cookieOf('dora');
    const body = { confirmacao: 'outra' };
    expect((await here.send('POST', '/api/org/wipe', { headers: dora, body })).status).toBe(204);
    expect((await here.send('GET', '/api/session', { headers: dora })).status).toBe(401);
    // The last organisation takes the operator with it: the installation is as new.
    here.deps.published.length = 0;
    const last = await here.send('POST', '/api/org/wipe', { headers: ana, body: { confirmacao: 'demo' } });
    expect(last.status).toBe(204);
    const { orm } = here.deps.store.parts.db;
    for (const { name, table } of orgTables) {
      const left = orm.select().from(table).all() as { org_id: string }[];
      expect(
        left.filter((row) => row.org_id !== ''),
        name,
      ).toEqual([]);
    }
    const cleared = here.deps.published.filter(({ payload }) => payload === null).map(({ key }) => key);
    expect(cleared).toEqual(
      expect.arrayContaining(['deviceState', 'jobsNext', 'estoque', 'jobState', 'userBadge']),
    );
    expect(await here.deps.store.verifyAudit('')).toMatchObject({ rows: 2, broken: undefined });
    expect(await here.deps.store.hasAccount()).toBe(false);
  });

  test('what is older than the organisation keeps is forgotten, the ledger and the audit are not', async () => {
    await live();
    const { applyRetention } = await import('../flows/apply-retention.ts');
    const { store } = here.deps;
    const before = await store.verifyAudit('demo');
    here.deps.advance(700 * 86_400_000);
    await applyRetention(here.deps);
    expect((await menu.as<{ rows: object[] }>('GET', '/api/jobs')).json.rows).toHaveLength(3);
    await here.deps.store.changeOrg('demo', { retencao_dias: 30 }, { em: here.deps.now(), quem: 'ana' });
    await applyRetention(here.deps);
    const left = await menu.as<{ rows: { status: string }[] }>('GET', '/api/jobs');
    expect(left.json.rows.map(({ status }) => status)).toEqual(['queued']);
    const moves = await menu.as<{ rows: { tipo: string }[] }>('GET', '/api/estoque/movimentos');
    expect(moves.json.rows.filter(({ tipo }) => tipo === 'saida')).toHaveLength(3);
    expect(await store.wrongSaldos('demo')).toEqual([]);
    expect(await store.verifyAudit('demo')).toMatchObject({ rows: before.rows + 1, broken: undefined });
  });
});

describe('archives', () => {
  test('an archive holds every table of the organisation but the ways in, and no secret', async () => {
    await live();
    const names = orgTables
      .map(({ name }) => name)
      .filter((name) => !archiveTables.some((t) => t.name === name));
    expect(names.sort()).toEqual(
      ['codes', 'device_credentials', 'idempotency', 'invites', 'mqtt_tokens', 'sessions', 'tokens'].sort(),
    );
    const archive = await exported(here);
    const lines = linesOf(archive);
    expect(lines[0]).toMatchObject({ formato: 'yaguts-org', versao: 1, org: 'demo' });
    expect(lines.at(-1)).toMatchObject({ fim: true, linhas: lines.length - 2 });
    const text = gunzipSync(archive).toString();
    expect(text).not.toMatch(/scrypt\$|yg[dtsm]_/);
    expect(text).not.toContain(menu.device.password);
    expect(lines.filter((line) => line.tabela === ('execution_logs' as never))).toHaveLength(4);
  });

  test('another installation takes it in: the same kitchen, history and chain, and no way in yet', async () => {
    await live();
    const archive = await exported(here);
    const there = await open();
    // Its own org demo is in the way of nothing: the archive takes another id.
    const taken = await imported(there, archive);
    expect(await problemFrom(taken)).toMatchObject({ status: 409, code: 'already_exists' });
    const made = await imported(there, archive, '?org=veio');
    expect(made.status).toBe(201);
    // Both installations have an ana; the one who comes gets another id.
    expect(await made.json()).toMatchObject({ org: 'veio', usuarios: { ana: 'ana-2' } });
    expect(await orgs(there)).toMatchObject([{ org: 'demo' }, { org: 'veio', pessoas: 1, dispensadores: 1 }]);
    const { store, published } = there.deps;
    // Whoever logs in finds it on the wire, and a board its config, before any restart.
    const told = published.filter(({ params }) => 'org' in params && params.org === 'veio');
    const keys = new Set(told.map(({ key }) => key));
    for (const key of ['deviceState', 'configDesired', 'estoque', 'jobState'] as const)
      expect(keys).toContain(key);
    expect(await store.wrongSaldos('veio')).toEqual([]);
    expect(await store.verifyAudit('veio')).toMatchObject({ broken: undefined });
    const count = async (app: TestApp, org: string) =>
      (await app.deps.store.executionHistory(org, {}, { limit: 50 })).rows.map((row) => ({
        status: row.status,
        receita: row.receita,
        gramas: row.gramas,
        criado_por: row.criado_por,
      }));
    const [waiting, ...ended] = await count(here, 'demo');
    expect(await count(there, 'veio')).toEqual([
      // What had not ended rests, and it is the new id that is named everywhere.
      { ...waiting, status: 'canceled', criado_por: 'ana-2' },
      ...ended.map((row) => ({ ...row, criado_por: 'ana-2' })),
    ]);
    const frascos = await store.estoqueStates('veio', 'cozinha');
    expect(frascos.map(({ saldo_g, reservado_g }) => ({ saldo_g, reservado_g }))).toMatchObject([
      { saldo_g: 40, reservado_g: 0 },
      { saldo_g: 47.5, reservado_g: 0 },
      ...frascos.slice(2).map(() => ({ saldo_g: 0 })),
    ]);
    await expect(there.cookieOf('ana-2')).rejects.toThrow(/wrong/);
    expect(await store.liveCredentials('veio', 'cozinha')).toEqual([]);
    // And it can be moved on from there.
    await there.deps.store.replaceHash('ana-2', await there.deps.passwords.hash('yet another one'));
    const again = await there.send('GET', '/api/org/export', {
      headers: await there.cookieOf('ana-2', 'yet another one'),
    });
    expect((await imported(here, Buffer.from(await again.arrayBuffer()))).status).toBe(201);
    await there.deps.close();
  });

  test('under the id that it had, in an empty installation, numbers and hashes are the same', async () => {
    await live();
    const archive = await exported(here);
    const head = (await here.deps.store.verifyAudit('demo')).head;
    const there = await open({ empty: true });
    const act = { org: 'x', user: 'sistema', permissions: [], plataforma: true };
    const { importOrg } = await import('../flows/move-org.ts');
    const { dir } = there.deps;
    const source = (async function* () {
      yield archive;
    })();
    await importOrg({ ...there.deps, dir }, act, { archive: source, org: undefined });
    const chain = await there.deps.store.listAudit('demo', { limit: 200 });
    expect(chain[0]).toMatchObject({ acao: 'org.import', prev: head });
    const numbers = async (app: TestApp) =>
      (await app.deps.store.listJobs('demo', {}, { limit: 50 })).rows.map((job) => job.job_id);
    expect(await numbers(there)).toEqual(await numbers(here));
    expect(readdirSync(join(dir, 'archives'))).toEqual([]);
    await there.deps.close();
  });

  const change = (table: string, edit: (row: Record<string, unknown>) => void) => (lines: object[]) => {
    const line = lines.find((one) => (one as { tabela?: string }).tabela === table);
    edit((line as { linha: Record<string, unknown> }).linha);
    return lines;
  };
  const bad: [string, (lines: object[]) => object[], RegExp][] = [
    [
      'with a row of another organisation',
      change('receitas', (row) => (row.org_id = 'demo2')),
      /another org/,
    ],
    ['with a column that is no column', change('receitas', (row) => (row.extra = 1)), /extra/],
    ['with a wrong type', change('temperos', (row) => (row.nome = 7)), /string/],
    ['with a role that is none', change('users', (row) => (row.role = 'root')), /role/],
    [
      'with a number beyond safe ones',
      change('estoque_mov', (row) => (row.quantidade_mg = 1e300)),
      /integer/,
    ],
    ['with a frasco that no device has', change('frascos', (row) => (row.frasco = 99)), /frasco/],
    ['with a step longer than any may be', change('frascos', (row) => (row.max_ms = 999_999)), /max_ms/],
    [
      'with less than nothing of a tempero',
      change('receita_itens', (row) => (row.quantidade_mg = -1)),
      /quantidade_mg/,
    ],
    ['with grams that no movement explains', change('frascos', (row) => (row.saldo_mg = 1)), /sum/],
    ['with a job whose counts are wrong', change('jobs', (row) => (row.total_itens = 9)), /sum/],
    ['with a changed audit', change('audit', (row) => (row.quem = 'eve')), /chain/],
    [
      'with a receita item that names nothing',
      change('receita_itens', (row) => (row.tempero_id = 99)),
      /nothing/,
    ],
    ['with a row twice', (lines) => [...lines, lines.at(-1) as object], /chain|twice/],
    ['of another format', (lines) => [{ ...lines[0], formato: 'x' }, ...lines.slice(1)], /not an archive/],
    ['of a newer version', (lines) => [{ ...lines[0], versao: 2 }, ...lines.slice(1)], /newer/],
    ['of a table that is none', (lines) => [...lines, { tabela: 'sessions', linha: {} }], /tabela/],
    ['without its organisation', (lines) => lines.slice(0, 1), /no row of its organisation/],
  ];
  test.each(bad)('an archive %s is refused whole', async (_what, edit, words) => {
    await live();
    const lines = linesOf(await exported(here)).slice(0, -1);
    const { rows: before } = await here.deps.store.verifyAudit('');
    const answer = await imported(here, archiveOf(edit(lines)), '?org=veio');
    const problem = await problemFrom(answer);
    expect(problem).toMatchObject({ status: 422, code: 'invalid' });
    expect(JSON.stringify(problem.errors)).toMatch(words);
    expect((await orgs(here)).map(({ org }) => org)).toEqual(['demo']);
    expect((await here.deps.store.verifyAudit('veio')).rows).toBe(0);
    expect((await here.deps.store.verifyAudit('')).rows).toBe(before);
    expect(readdirSync(join(here.deps.dir, 'archives'))).toEqual([]);
  });

  test('a bomb is refused while it is unpacked, and so is what is cut off, deep, long, or no gzip', async () => {
    const archive = await exported(here);
    const deep = `${'['.repeat(60_000)}${']'.repeat(60_000)}`.slice(0, 60_000);
    const cases: [string, Uint8Array, number][] = [
      ['eight MiB in one line', gzipSync(Buffer.alloc(8 * 1_024 * 1_024)), 422],
      ['cut off', archive.subarray(0, archive.length - 40), 422],
      ['not gzip', Buffer.from('hello'), 422],
      ['deep', gzipSync(`${deep}\n`), 422],
      ['empty', gzipSync(''), 422],
      ['nothing at all', Buffer.alloc(0), 422],
    ];
    for (const [what, body, status] of cases)
      expect((await problemFrom(await imported(here, body, '?org=veio'))).status, what).toBe(status);
    // Members of gzip one after the other are one stream: 600 MiB of empty lines.
    const newlines = Buffer.concat(Array(75).fill(gzipSync(Buffer.alloc(8 * 1_024 * 1_024, 10))));
    expect(newlines.length).toBeLessThan(1_024 * 1_024);
    expect((await problemFrom(await imported(here, newlines, '?org=veio'))).code).toBe('too_large');
    const random = Buffer.alloc(65 * 1_024 * 1_024, 1);
    expect((await problemFrom(await imported(here, random, '?org=veio'))).status).toBeOneOf([413, 422]);
    expect(readdirSync(join(here.deps.dir, 'archives'))).toEqual([]);
  });

  test('only the operator takes archives in, from the same origin, as gzip', async () => {
    await addOrg(here.deps, 'outra', 'dora');
    const archive = await exported(here);
    expect((await imported(here, archive, '?org=x1', 'dora')).status).toBe(403);
    const headers = await here.cookieOf('ana');
    const foreign = { ...headers, ...gzip, Origin: 'https://evil.example' };
    const send = (sent: Record<string, string>) =>
      here.send('POST', '/api/orgs/import?org=x1', { headers: sent, body: archive });
    expect((await problemFrom(await send(foreign))).code).toBe('cross_origin');
    expect((await problemFrom(await send({ ...headers, 'Content-Type': 'text/plain' }))).status).toBe(415);
    expect((await problemFrom(await send({ ...headers, 'Content-Type': 'application/json' }))).status).toBe(
      415,
    );
    expect((await here.send('POST', '/api/orgs/import', { headers: gzip, body: archive })).status).toBe(401);
  });
});
