import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createLog,
  createPlatform,
  embeddedTransport,
  openSetup,
  openStore,
  type Platform,
  type PlatformOptions,
} from '@yaguts/api';
import { createBroker } from '@yaguts/broker';
import type { DeviceCredential, InviteCreated, OrgCreated, Receita, TokenCreated } from '@yaguts/shared';
import { configOf, pepper } from './platform-life.ts';
import { inWorld } from './world.ts';

export interface DeviceSeat {
  readonly org: string;
  readonly device: string;
  readonly password: string;
  /** Its next job starts by itself. */
  readonly isAutomatic: boolean;
}
export interface OrgSeat {
  readonly org: string;
  readonly user: string;
  /** The owner's personal token. */
  readonly token: string;
  /** The token of somebody who may approve. */
  readonly approver: string;
  readonly devices: readonly DeviceSeat[];
  /** Of 1, 2, 3 and 4 items. */
  readonly receitas: readonly number[];
}

/** A data folder with two organisations, made once; every story begins with a copy. */
export interface Template {
  /** Where everything of a campaign lies: in memory where the system has such a folder. */
  readonly dir: string;
  readonly dataDir: string;
  readonly orgs: readonly OrgSeat[];
  remove(): void;
}

export const frascosEach = 4;
export const openingMg = 500_000;
/** A job of more than this many times its receita waits for approval. */
export const approvalAbove = 1.5;
/** When the template was made; stories begin later. */
export const templateEpochMs: number = Date.UTC(2026, 0, 1);
/** Grams, at a gram a second: short, so that a story is not mostly pouring. */
const menus: readonly (readonly number[])[] = [[1], [0.5, 1], [0.4, 0.6, 0.5], [0.3, 0.5, 0.4, 0.3]];
const origin = 'http://localhost';
const throwAway = 'only for a throw-away folder';
const limitMs = 600_000;

export interface Question {
  readonly method: string;
  readonly path: string;
  readonly token?: string | undefined;
  readonly cookie?: string | undefined;
  readonly body?: object | undefined;
  readonly key?: string | undefined;
}
export interface Answer {
  readonly status: number;
  readonly json: unknown;
  readonly cookie: string | undefined;
}

/** Sends a request to a platform's app, as its server would hand it over. */
export async function ask(platform: Platform, question: Question): Promise<Answer> {
  const { method, path, token, cookie, body, key } = question;
  const headers: Record<string, string> = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(cookie !== undefined && { cookie, origin }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(key !== undefined && { 'idempotency-key': key }),
  };
  const answer = await platform.app.request(
    origin + path,
    { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) },
    { incoming: { socket: { remoteAddress: '10.0.0.9' } } } as never,
  );
  const text = await answer.text();
  return {
    status: answer.status,
    json: text === '' ? undefined : JSON.parse(text),
    cookie: answer.headers.get('set-cookie')?.split(';')[0],
  };
}

/** Nobody logs in by password in a story. */
const noPasswords: NonNullable<PlatformOptions['passwords']> = {
  hash: async () => 'none',
  verify: async () => false,
  isCurrent: () => true,
};

/** Makes the template in a world of its own, so that its secrets are the same each time. */
export async function makeTemplate(): Promise<Template> {
  const dir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'yaguts-seeds-'));
  const dataDir = join(dir, 'template');
  mkdirSync(dataDir);
  const remove = (): void => rmSync(dir, { recursive: true, force: true });
  try {
    const orgs = await inWorld({ seed: 0, epochMs: templateEpochMs }, async ({ scheduler }) => {
      let made: OrgSeat[] | undefined;
      void furnishedFolder(dataDir).then(
        (seats) => {
          made = seats;
        },
        (error: Error) => {
          scheduler.failure = error;
        },
      );
      await scheduler.run(() => made !== undefined, limitMs);
      const { failure } = scheduler;
      await scheduler.bury();
      if (!made) throw failure ?? new Error('the template was never finished');
      return made;
    });
    return { dir, dataDir, orgs, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

type Call = <T>(method: string, path: string, body?: object) => Promise<T>;

async function furnishedFolder(dataDir: string): Promise<OrgSeat[]> {
  const store = await openStore({ dir: dataDir });
  const broker = await createBroker({ authenticate: () => undefined });
  const platform = createPlatform({
    ...{ config: configOf(dataDir), version: 'seeds', store, pepper, log: createLog('silent') },
    ...{ transport: embeddedTransport(broker), passwords: noPasswords },
  });
  /** Somebody with a browser; the cookie is that of whatever let them in last. */
  const browser = (): Call => {
    let cookie: string | undefined;
    return async <T>(method: string, path: string, body?: object) => {
      const answer = await ask(platform, { method, path, body, cookie });
      if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.json)}`);
      cookie = answer.cookie ?? cookie;
      return answer.json as T;
    };
  };
  const who = { password: throwAway };
  const setup = await openSetup(platform.deps);
  const ana = browser();
  const alfa = { org: 'alfa', org_nome: 'Alfa', user: 'ana', nome: 'Ana', fuso: 'UTC' };
  await ana('POST', '/api/setup', { ...who, ...alfa, code: setup?.code ?? '' });
  const { code } = await ana<OrgCreated>('POST', '/api/orgs', {
    ...{ org: 'beta', nome: 'Beta', dono: 'Bia', fuso: 'UTC' },
  });
  const bia = browser();
  await bia('POST', '/api/invites/accept', { ...who, code, user: 'bia', nome: 'Bia' });
  const seats = [
    { ...(await furnishOrg('alfa', 'ana', ana)), approver: await approverOf(ana, browser(), 'aldo') },
    { ...(await furnishOrg('beta', 'bia', bia)), approver: await approverOf(bia, browser(), 'bento') },
  ];
  await broker.close();
  await store.close();
  return seats;
}

/** Nobody approves what they have ordered: a second person, and their token. */
async function approverOf(owner: Call, own: Call, user: string): Promise<string> {
  const { code } = await owner<InviteCreated>('POST', '/api/invites', { nome: user, role: 'aprovador' });
  await own('POST', '/api/invites/accept', { password: throwAway, code, user, nome: user });
  return (await own<TokenCreated>('POST', '/api/tokens', { nome: 'seeds' })).token;
}

/** Four temperos, two devices with a full frasco of each, four receitas, a token. */
async function furnishOrg(org: string, user: string, call: Call): Promise<Omit<OrgSeat, 'approver'>> {
  const frascos = Array.from({ length: frascosEach }, (_, i) => i + 1);
  const temperoOf = (frasco: number): string => `tempero ${frasco}`;
  for (const frasco of frascos)
    await call('POST', '/api/temperos', { nome: temperoOf(frasco), alergenos: [] });
  await call('PUT', '/api/org/approval', {
    ...{ acima_g: null, acima_multiplicador: approvalAbove, alergenos: [] },
  });
  const devices: DeviceSeat[] = [];
  // The same names in both organisations: what crosses between them would not even look wrong.
  for (const device of ['d-1', 'd-2']) {
    const isAutomatic = device === 'd-1';
    await call('POST', '/api/devices', { id: device, nome: device, frascos: frascosEach });
    const { password } = await call<DeviceCredential>('POST', `/api/devices/${device}/credentials`, {});
    if (isAutomatic) await call('PATCH', `/api/devices/${device}`, { transicao: 'automatica' });
    await call('PUT', `/api/devices/${device}/frascos`, {
      frascos: frascos.map((frasco) => ({ frasco, tempero: temperoOf(frasco), g_por_s: 1 })),
    });
    for (const frasco of frascos) {
      const load = { tipo: 'entrada', device, frasco, quantidade_g: openingMg / 1_000, nota: '' };
      await call('POST', '/api/estoque/movimentos', load);
    }
    devices.push({ org, device, password, isAutomatic });
  }
  const receitas: number[] = [];
  for (const [n, grams] of menus.entries()) {
    const itens = grams.map((quantidade_g, i) => ({
      ...{ tempero: temperoOf((i % frascosEach) + 1), quantidade_g, escala: 'linear', critico: false },
    }));
    receitas.push((await call<Receita>('POST', '/api/receitas', { nome: `menu ${n + 1}`, itens })).id);
  }
  const { token } = await call<TokenCreated>('POST', '/api/tokens', { nome: 'seeds' });
  return { org, user, token, devices, receitas };
}
