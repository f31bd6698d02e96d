import { issueToken } from '../flows/issue-token.ts';
import type { TestApp } from './test-app.ts';

/** A kitchen made over HTTP alone: two temperos, device `cozinha` with two frascos, one receita. */
export interface Menu {
  /** A request with a personal token of ana; answers status and JSON. */
  as<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; json: T }>;
  /** A request as the device `cozinha`, as firmware v0.2 sends it. */
  asDevice<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; json: T; headers: Headers }>;
  readonly receita_id: number;
  readonly device: { username: string; password: string };
}

export async function setMenu(kitchen: TestApp): Promise<Menu> {
  const made = await issueToken(kitchen.deps, { org: 'demo', user: 'ana' }, { nome: 't', expira_em: null });
  const bearer = { Authorization: `Bearer ${made.token}` };
  const as: Menu['as'] = async (method, path, body, headers = {}) => {
    const answer = await kitchen.send(method, path, {
      headers: { ...bearer, ...headers },
      ...(body !== undefined && { body }),
    });
    const text = await answer.text();
    return { status: answer.status, json: (text ? JSON.parse(text) : null) as never };
  };
  for (const nome of ['Sal', 'Pimenta']) await as('POST', '/api/temperos', { nome });
  const device = (
    await as<{ username: string; password: string }>('POST', '/api/devices', {
      id: 'cozinha',
      nome: 'Cozinha',
      frascos: 4,
    })
  ).json;
  await as('PUT', '/api/devices/cozinha/frascos', {
    frascos: [
      { frasco: 1, tempero: 'Sal', g_por_s: 2 },
      { frasco: 2, tempero: 'Pimenta', g_por_s: 1, minimo_g: 5 },
    ],
  });
  for (const frasco of [1, 2])
    await as('POST', '/api/estoque/movimentos', {
      tipo: 'entrada',
      device: 'cozinha',
      frasco,
      quantidade_g: 50,
    });
  const receita = await as<{ id: number }>('POST', '/api/receitas', {
    nome: 'Sal com pimenta',
    itens: [
      { tempero: 'Sal', quantidade_g: 5 },
      { tempero: 'Pimenta', quantidade_g: 2.5 },
    ],
  });
  const basic = {
    Authorization: `Basic ${Buffer.from(`${device.username}:${device.password}`).toString('base64')}`,
  };
  return {
    as,
    asDevice: async (method, path, body) => {
      const answer = await kitchen.send(method, path, {
        headers: basic,
        ...(body !== undefined && { body }),
      });
      const text = await answer.text();
      return {
        status: answer.status,
        json: (text ? JSON.parse(text) : null) as never,
        headers: answer.headers,
      };
    },
    receita_id: receita.json.id,
    device,
  };
}

/** Orders the receita of the menu. */
export const order = (menu: Menu, multiplicador: unknown = 1, more: object = {}) =>
  menu.as<{ id: number; job_id: number; code: string; status: string }>('POST', '/api/jobs', {
    receita_id: menu.receita_id,
    multiplicador,
    ...more,
  });

/** A page of rows, as lists answer. */
export interface Rows<T = Record<string, unknown>> {
  rows: T[];
  proximo: string | null;
}
/** What next_job answers. */
export interface Offered {
  job_id: number;
  itens: { item_ordem: number; frasco: number; ms: number }[];
}

/** Runs what next_job gives, as firmware v0.2 does; items in `failed` report `timeout`. */
export async function pour(menu: Menu, failed: readonly number[] = []) {
  const { json: job } = await menu.asDevice<Offered>('GET', '/devices/me/next_job');
  const execution_logs = job.itens.map((item) =>
    failed.includes(item.item_ordem)
      ? { frasco: item.frasco, segundos: 0.4, status: 'failed', error: 'timeout' }
      : { frasco: item.frasco, segundos: item.ms / 1_000, status: 'done' },
  );
  const body = {
    itens_completados: job.itens.length - failed.length,
    itens_falhados: failed.length,
    execution_logs,
  };
  return { body, answer: await menu.asDevice('POST', `/devices/me/jobs/${job.job_id}/complete`, body) };
}
