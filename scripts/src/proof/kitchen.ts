import type { DeviceCredential, Receita, TokenCreated } from '@yaguts/shared';
import { httpClient } from '../http-client.ts';

export const proofOrg = 'prova';
export const proofUser = 'ana';
export const frascosEach = 4;
/** More than any run pours, in grams. */
const openingG = 100_000;
export const openingMg: number = openingG * 1_000;

/** The kitchen that is under attack. Frasco n of every device holds tempero n and pours a gram a second. */
export interface Kitchen {
  /** The owner's personal token, for HTTP and MQTT. */
  readonly token: string;
  readonly devices: readonly DeviceCredential[];
  /** Of 2, 3, 4 and 6 items. */
  readonly receitas: readonly number[];
}

/** Grams, and so seconds of motor before the simulators' time factor. */
const menus: readonly (readonly number[])[] = [
  [2, 3],
  [3, 1, 2],
  [1, 2, 1, 2],
  [1, 1, 2, 1, 1, 2],
];

const temperoOf = (frasco: number): string => `tempero ${frasco}`;

/** Sets the kitchen up over HTTP, as a person would; the devices take one job after the other by themselves. */
export async function furnishProof(
  origin: string,
  setupCode: string,
  devices: readonly string[],
): Promise<Kitchen> {
  const owner = httpClient(origin);
  await owner.call('POST', '/api/setup', {
    ...{ code: setupCode, org: proofOrg, org_nome: 'Prova', user: proofUser, nome: 'Ana', fuso: 'UTC' },
    password: 'only for the throw-away folder of a proof',
  });
  const frascos = Array.from({ length: frascosEach }, (_, i) => i + 1);
  for (const frasco of frascos) {
    await owner.call('POST', '/api/temperos', { nome: temperoOf(frasco), alergenos: [] });
  }
  const credentials: DeviceCredential[] = [];
  for (const id of devices) {
    await owner.call('POST', '/api/devices', { id, nome: id, frascos: frascosEach });
    credentials.push(await owner.call<DeviceCredential>('POST', `/api/devices/${id}/credentials`, {}));
    await owner.call('PATCH', `/api/devices/${id}`, { transicao: 'automatica' });
    const jars = frascos.map((frasco) => ({ frasco, tempero: temperoOf(frasco), g_por_s: 1 }));
    await owner.call('PUT', `/api/devices/${id}/frascos`, { frascos: jars });
    for (const frasco of frascos) {
      const load = { tipo: 'entrada', device: id, frasco, quantidade_g: openingG, nota: '' };
      await owner.call('POST', '/api/estoque/movimentos', load);
    }
  }
  const receitas: number[] = [];
  for (const [n, grams] of menus.entries()) {
    const itens = grams.map((quantidade_g, i) => ({
      ...{ tempero: temperoOf((i % frascosEach) + 1), quantidade_g, escala: 'linear', critico: false },
    }));
    receitas.push((await owner.call<Receita>('POST', '/api/receitas', { nome: `menu ${n + 1}`, itens })).id);
  }
  const { token } = await owner.call<TokenCreated>('POST', '/api/tokens', { nome: 'prova' });
  return { token, devices: credentials, receitas };
}
