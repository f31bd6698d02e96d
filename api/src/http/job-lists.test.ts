import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestApp, type TestApp } from './test-app.ts';
import { type Menu, order, pour, type Rows, setMenu } from './test-menu.ts';

let kitchen: TestApp;
let menu: Menu;
beforeEach(async () => {
  kitchen = await openTestApp();
  menu = await setMenu(kitchen);
});
afterEach(() => kitchen.deps.close());

describe('history', () => {
  beforeEach(async () => {
    for (const failed of [[], [2], [1, 2]]) {
      await order(menu);
      await menu.as('POST', '/api/devices/cozinha/queue/next');
      await pour(menu, failed);
      kitchen.deps.advance(60_000);
    }
  });

  test('lists every execution, page by page, with its filters', async () => {
    const get = (query: string) => menu.as<Rows>('GET', `/api/agent-tasks/execution-history?${query}`);
    const first = await get('limit=2');
    expect(first.json.rows.map((row) => row.status)).toEqual(['failed', 'done_partial']);
    expect(first.json.rows[1]).toMatchObject({
      receita: 'Sal com pimenta',
      gramas: 5,
      frascos: [1, 2],
      criado_por: 'ana',
    });
    const second = await get(`limit=2&cursor=${first.json.proximo}`);
    expect(second.json.rows.map((row) => row.status)).toEqual(['done']);
    expect(second.json.proximo).toBeNull();
    expect(
      (await get('status=done&tempero=Sal&device=cozinha&metodo=api&user=ana&receita=pimenta')).json.rows,
    ).toHaveLength(1);
    expect((await get('tempero=Ouro')).json.rows).toEqual([]);
    expect((await get('sort=gramas&ordem=asc')).json.rows.map((row) => row.gramas)).toEqual([0, 5, 7.5]);
    for (const bad of [
      'status=great',
      'sort=id;drop',
      'cursor=!!',
      'de=yesterday',
      'ate=2026-02-30',
      'limit=9999',
      'org=outra',
    ])
      expect((await get(bad)).status, bad).toBe(422);
  });

  test('days are days of the org, both counted in', async () => {
    const get = async (query: string) =>
      (await menu.as<Rows>('GET', `/api/agent-tasks/execution-history?${query}`)).json.rows.length;
    const day = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Sao_Paulo' }).format(
      kitchen.deps.now(),
    );
    expect(await get(`de=${day}&ate=${day}`)).toBe(3);
    expect(await get('ate=2020-01-01')).toBe(0);
    expect(await get(`de=${kitchen.deps.now() + 1}`)).toBe(0);
  });

  test('a CSV has every row, and no cell that a spreadsheet would run', async () => {
    const { json } = await menu.as<Rows<{ job_id: number }>>('GET', '/api/agent-tasks/execution-history');
    await menu.as('PATCH', `/api/jobs/${json.rows[0]?.job_id}`, { nota: '=HYPERLINK("http://x","a")' });
    const answer = await kitchen.send('GET', '/api/agent-tasks/execution-history?formato=csv&limit=1', {
      headers: await kitchen.cookieOf('ana'),
    });
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toContain('historico.csv');
    const lines = (await answer.text()).trimEnd().split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^job_id,criado_em,/);
    expect(lines[1]).toContain(`"'=HYPERLINK(""http://x"",""a"")"`);
  });

  test('the summary counts what was run', async () => {
    expect((await menu.as('GET', '/api/history/summary')).json).toMatchObject({
      total: 3,
      sucesso: 1,
      gramas: 12.5,
      estoque_exato: 1,
      fuso: 'America/Sao_Paulo',
    });
    const { json } = await menu.as<{ dias: unknown[] }>('GET', '/api/history/summary?status=done');
    expect(json).toMatchObject({ total: 1 });
    expect(json.dias).toHaveLength(30);
    expect((await menu.as('GET', '/api/history/summary?dias=7')).status).toBe(422);
  });
});
