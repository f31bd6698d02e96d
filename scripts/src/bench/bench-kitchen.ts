import type { DeviceCredential, Receita } from '@yaguts/shared';
import { limits } from '@yaguts/shared';
import { type HttpClient, httpClient } from '../http-client.ts';

export const benchOrg = 'bench';
export const benchUser = 'bench';
const frascos = 4;
/** More than any run can pour. */
const saldoG = 1_000_000;

export interface BenchKitchen {
  readonly owner: HttpClient;
  readonly receitaId: number;
}

/** An organisation with one receita of 24 items; made over HTTP, as a person would. */
export async function furnishBench(origin: string, setupCode: string): Promise<BenchKitchen> {
  const owner = httpClient(origin);
  await owner.call('POST', '/api/setup', {
    code: setupCode,
    org: benchOrg,
    org_nome: 'Bench',
    user: benchUser,
    nome: 'Bench',
    password: 'only for the throw-away folder of a bench',
    fuso: 'UTC',
  });
  return furnishKitchen(owner);
}

/** One receita of 24 items and its temperos, in the org of whoever is logged in. */
export async function furnishKitchen(owner: HttpClient): Promise<BenchKitchen> {
  const itens = Array.from({ length: limits.maxItens }, (_, i) => ({
    tempero: temperoOf(i % frascos),
    quantidade_g: 1,
  }));
  for (let i = 0; i < frascos; i++) await owner.call('POST', '/api/temperos', { nome: temperoOf(i) });
  const { id } = await owner.call<Receita>('POST', '/api/receitas', { nome: 'Bench', itens });
  return { owner, receitaId: id };
}

const temperoOf = (index: number): string => `tempero ${index + 1}`;

/**
 * A device with full frascos and one job in its queue; it takes one job after the other by itself if
 * `automatica`.
 *
 * @returns its password
 */
export async function addBenchDevice(
  { owner, receitaId }: BenchKitchen,
  id: string,
  transicao: 'manual' | 'automatica',
): Promise<string> {
  await owner.call('POST', '/api/devices', { id, nome: id, frascos });
  const { password } = await owner.call<DeviceCredential>('POST', `/api/devices/${id}/credentials`, {});
  await owner.call('PATCH', `/api/devices/${id}`, { transicao });
  await owner.call('PUT', `/api/devices/${id}/frascos`, {
    frascos: Array.from({ length: frascos }, (_, i) => ({
      frasco: i + 1,
      tempero: temperoOf(i),
      g_por_s: 1,
    })),
  });
  for (let frasco = 1; frasco <= frascos; frasco++) {
    const nota = 'bench';
    await owner.call('POST', '/api/estoque/movimentos', {
      tipo: 'entrada',
      device: id,
      frasco,
      quantidade_g: saldoG,
      nota,
    });
  }
  await owner.call('POST', '/api/jobs', { receita_id: receitaId, multiplicador: 1, device: id });
  return password;
}
