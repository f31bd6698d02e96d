import type { DeviceCredential, Receita, TokenCreated } from '@yaguts/shared';
import { type HttpClient, httpClient } from '../http-client.ts';
import {
  demoDevice,
  demoFrascos,
  demoOrg,
  demoReceitas,
  demoUser,
  frascosOf,
  idleDevice,
} from './kitchen.ts';

export interface DemoKitchen {
  readonly org: string;
  readonly user: string;
  /** Logged in as the owner. */
  readonly owner: HttpClient;
  /** The owner's personal token, for mosquitto and curl. */
  readonly token: string;
  /** The dispenser that pours. */
  readonly pouring: DeviceCredential;
  /** The dispenser that whoever tries `mosquitto_pub` plays. */
  readonly idle: DeviceCredential;
  readonly receitas: readonly Receita[];
}

/**
 * Sets up the demo's organisation through the api, as a person with a browser would: first-run code, owner,
 * temperos, two devices with their frascos, estoque, receitas, one personal token.
 *
 * @param password the owner's; made up by the caller, since nobody types it
 */
export async function furnish(origin: string, setupCode: string, password: string): Promise<DemoKitchen> {
  const owner = httpClient(origin);
  await owner.call('POST', '/api/setup', {
    code: setupCode,
    org: demoOrg,
    org_nome: 'Cozinha de demonstração',
    user: demoUser,
    nome: 'Ana',
    password,
    fuso: 'America/Sao_Paulo',
  });
  for (const { tempero, cor, densidade_g_ml } of demoFrascos) {
    await owner.call('POST', '/api/temperos', { nome: tempero, cor, densidade_g_ml, alergenos: [] });
  }
  const pouring = await addDevice(owner, demoDevice, 'Cozinha');
  const idle = await addDevice(owner, idleDevice, 'Na sua mão');
  const receitas: Receita[] = [];
  for (const receita of demoReceitas)
    receitas.push(await owner.call<Receita>('POST', '/api/receitas', receita));
  const { token } = await owner.call<TokenCreated>('POST', '/api/tokens', { nome: 'mosquitto' });
  return { org: demoOrg, user: demoUser, owner, token, pouring, idle, receitas };
}

async function addDevice(owner: HttpClient, id: string, nome: string): Promise<DeviceCredential> {
  await owner.call('POST', '/api/devices', { id, nome, frascos: demoFrascos.length });
  const credential = await owner.call<DeviceCredential>('POST', `/api/devices/${id}/credentials`, {});
  await owner.call('PUT', `/api/devices/${id}/frascos`, { frascos: frascosOf() });
  for (const [i, { saldo_g }] of demoFrascos.entries()) {
    await owner.call('POST', '/api/estoque/movimentos', {
      tipo: 'entrada',
      device: id,
      frasco: i + 1,
      quantidade_g: saldo_g,
      nota: 'primeira carga',
    });
  }
  return credential;
}
