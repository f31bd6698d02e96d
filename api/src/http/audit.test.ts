import { afterEach, beforeEach, expect, test } from 'vitest';
import { addOrg } from '../identity/test-deps.ts';
import { openTestApp, type TestApp } from './test-app.ts';
import { type Menu, type Rows, setMenu } from './test-menu.ts';

interface Act {
  n: number;
  em: number;
  quem: string;
  acao: string;
  alvo: string;
  antes: unknown;
  depois: unknown;
}
let kitchen: TestApp;
let menu: Menu;
beforeEach(async () => {
  kitchen = await openTestApp({ env: { YAGUTS_REQUESTS_PER_MINUTE: '100000' } });
  menu = await setMenu(kitchen);
});
afterEach(() => kitchen.deps.close());

const search = async (query: string) => (await menu.as<Rows<Act>>('GET', `/api/audit${query}`)).json.rows;
const day = 86_400_000;

test('acts are found by who, what, on what and when, and the cursor walks through what was found', async () => {
  const { store } = kitchen.deps;
  for (let i = 1; i <= 5; i++) {
    kitchen.deps.advance(day);
    const em = kitchen.deps.now();
    await store.appendAudit('demo', {
      em,
      quem: i % 2 ? 'bia' : 'caio',
      acao: 'x.feito',
      alvo: `Coisa:${i}`,
    });
  }
  expect((await search('?quem=bia')).map((row) => row.alvo)).toEqual(['Coisa:5', 'Coisa:3', 'Coisa:1']);
  expect(await search('?acao=x')).toHaveLength(5);
  expect(await search('?acao=x.feito')).toHaveLength(5);
  expect(await search('?acao=x.fei')).toHaveLength(0);
  expect((await search('?alvo=coisa:2')).map((row) => row.quem)).toEqual(['caio']);
  const since = kitchen.deps.now() - day;
  expect((await search(`?de=${since}`)).map((row) => row.alvo)).toEqual(['Coisa:5', 'Coisa:4']);
  expect((await search(`?quem=bia&ate=${since}`)).map((row) => row.alvo)).toEqual(['Coisa:3', 'Coisa:1']);
  const walked: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const path = `/api/audit?acao=x&limit=2${cursor && `&cursor=${cursor}`}`;
    const answer: { json: Rows<Act> } = await menu.as<Rows<Act>>('GET', path);
    walked.push(...answer.json.rows.map((row) => row.alvo));
    cursor = answer.json.proximo;
  }
  expect(walked).toEqual(['Coisa:5', 'Coisa:4', 'Coisa:3', 'Coisa:2', 'Coisa:1']);
  expect((await menu.as('GET', '/api/audit?de=ontem')).status).toBe(422);
});

test('what was found is taken out as CSV or JSON, over many pages, formulas made plain', async () => {
  const { store } = kitchen.deps;
  const em = kitchen.deps.now();
  for (let i = 0; i < 450; i++)
    await store.appendAudit('demo', { em, quem: '=cmd()', acao: 'y.feito', alvo: `a:${i}`, depois: { i } });
  const made = await kitchen.send('GET', '/api/audit/export?acao=y&formato=json', {
    headers: await kitchen.cookieOf('ana'),
  });
  const rows = JSON.parse(await made.text()) as Act[];
  expect(rows).toHaveLength(450);
  expect(rows[0]).toMatchObject({ alvo: 'a:449', depois: { i: 449 } });
  const csv = await kitchen.send('GET', '/api/audit/export?acao=y', {
    headers: await kitchen.cookieOf('ana'),
  });
  expect(csv.headers.get('content-disposition')).toContain('auditoria.csv');
  const lines = (await csv.text()).trimEnd().split('\r\n');
  expect(lines).toHaveLength(451);
  expect(lines[0]).toBe('n,em,quem,endereco,acao,alvo,antes,depois,hash');
  expect(lines[1]).toContain(",'=cmd(),");
  const none = await kitchen.send('GET', '/api/audit/export?acao=nada&formato=json', {
    headers: await kitchen.cookieOf('ana'),
  });
  expect(JSON.parse(await none.text())).toEqual([]);
});

test('the chain is verified over HTTP; another org sees and verifies its own alone', async () => {
  await addOrg(kitchen.deps, 'outra', 'dora');
  const headers = await kitchen.cookieOf('dora');
  const asDora = async (path: string) => (await kitchen.send('GET', path, { headers })).json();
  expect(await asDora('/api/audit')).toEqual({ rows: [], proximo: null });
  expect(await asDora('/api/audit/export?formato=json')).toEqual([]);
  expect(await asDora('/api/audit/verify')).toMatchObject({ rows: 0, broken: null });
  expect((await menu.as('GET', '/api/audit/verify')).json).toMatchObject({ broken: null });
  kitchen.deps.store.parts.db.orm.run("update audit set quem = 'eva' where n = 2");
  expect((await menu.as('GET', '/api/audit/verify')).json).toMatchObject({ broken: 2 });
});
