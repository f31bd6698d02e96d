import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Birth,
  type FrascoIn,
  matchTopic,
  type ParamsOf,
  type PayloadOf,
  permissionsOf,
  type Role,
  type TopicKey,
  topic,
} from '@yaguts/shared';
import { createRates } from '../identity/rates.ts';
import { deviceCredentials, orgs, users } from '../store/schema/index.ts';
import { type InlineStore, openStore } from '../store/store.ts';
import type { Actor } from './actor.ts';
import { createClearing } from './clearing.ts';
import type { FlowDeps } from './deps.ts';
import { createHandleInbound } from './handle-inbound.ts';
import { moveEstoque } from './move-estoque.ts';
import { createDevice } from './save-device.ts';
import { saveFrascos } from './save-frascos.ts';
import { saveReceita } from './save-receita.ts';
import { saveTempero } from './save-tempero.ts';

/** For tests: a kitchen on a real database file, with what it publishes kept and a clock that stands. */

export const org = 'demo';
export const mao = 'mao';
const start = Date.UTC(2026, 10, 24, 12);

export type Published = {
  [K in TopicKey]: { key: K; params: ParamsOf<K>; payload: PayloadOf<K> | null };
}[TopicKey];
export type PublishedOn<K extends TopicKey> = Extract<Published, { key: K }>;

export const person = (user: string, role: Role): Actor => ({ user, permissions: permissionsOf[role] });
export const ana: Actor = person('ana', 'dono');

export interface Kitchen {
  readonly deps: FlowDeps & { readonly store: InlineStore };
  readonly published: Published[];
  readonly notified: { type: string; data: Readonly<Record<string, unknown>>; user: string | undefined }[];
  /** The receita of `makeReceita`: 2.5 g of Sal and 1 g of Alho. */
  readonly receita_id: number;
  /** Moves the clock on, in milliseconds. */
  later(ms: number): void;
  /** The last message on a row; undefined when there was none, payload null when it was cleared. */
  last<K extends TopicKey>(key: K, device?: string): PublishedOn<K> | undefined;
  all<K extends TopicKey>(key: K): PublishedOn<K>[];
  /** What the device says, through the same door as in the product. */
  say<K extends TopicKey>(key: K, params: ParamsOf<K>, payload: PayloadOf<K>): Promise<void>;
  /** Birth and presence of a device. */
  bear(device?: string, birth?: Partial<Birth>): Promise<void>;
  /** The device starts what `jobs/next` holds. */
  startOffered(device?: string): Promise<number>;
  /** The device reports items of its job; those in `failed` as `timeout`. */
  report(jobId: number, itens: readonly number[], failed?: readonly number[]): Promise<void>;
  /** The device's final account of a job whose entries it has reported. */
  complete(jobId: number): Promise<void>;
  /** Changes the org's settings. */
  setOrg(patch: Partial<typeof orgs.$inferInsert>): void;
  close(): Promise<void>;
}

export async function openKitchen(): Promise<Kitchen> {
  const dir = mkdtempSync(join(tmpdir(), 'yaguts-kitchen-'));
  let now = start;
  let chance = 0;
  const store = await openStore({ dir, now: () => now });
  const { orm } = store.parts.db;
  const published: Published[] = [];
  const notified: Kitchen['notified'] = [];
  const deps: Kitchen['deps'] = {
    store,
    publish: (key, params, payload) => {
      // A topic that cannot be built is a fault of the flow, here as in the transport.
      topic(key, params);
      const said = typeof payload === 'string' ? JSON.parse(payload) : payload;
      published.push({ key, params, payload: said } as Published);
    },
    notify: (_org, type, data, user) => void notified.push({ type, data, user }),
    disconnect: () => 0,
    clients: () => [],
    now: () => now,
    random: (bytes) => Buffer.alloc(bytes, ++chance),
    log: () => {},
    rates: createRates(600, () => now),
    config: { version: 'test', development: false },
  };
  const handle = createHandleInbound(
    deps,
    createClearing(() => {}),
  );

  orm.insert(orgs).values({ org_id: org, nome: 'Demo', fuso: 'America/Sao_Paulo', criado_em: now }).run();
  for (const [user_id, role] of [
    ['ana', 'dono'],
    ['apo', 'aprovador'],
    ['sol', 'solicitante'],
  ] as const) {
    orm
      .insert(users)
      .values({ org_id: org, user_id, nome: user_id, role, permissoes: [], criado_em: now })
      .run();
  }
  for (const nome of ['Sal', 'Alho']) {
    const body = { nome, densidade_g_ml: null, alergenos: [], cor: null };
    await saveTempero(deps, { org, by: ana, id: null, body });
  }
  const kitchen: Kitchen = {
    deps,
    published,
    notified,
    receita_id: 1,
    later: (ms) => {
      now += ms;
    },
    last: (key, device) =>
      kitchen
        .all(key)
        .findLast(({ params }) => device === undefined || ('device' in params && params.device === device)),
    all: <K extends TopicKey>(key: K) =>
      published.filter((message): message is PublishedOn<K> => message.key === key),
    async say(key, params, payload) {
      const { device } = params as unknown as { device: string };
      const name = topic(key, params);
      const match = matchTopic(name);
      if (!match) throw new Error(`no topic ${name}`);
      const principal = { kind: 'device', org, device, credential: 'd:1' } as const;
      await handle({ principal, topic: name, match, payload: Buffer.from(JSON.stringify(payload)) });
    },
    async bear(device = mao, birth = {}) {
      await kitchen.say('birth', { org, device }, { ...bornAs, ...birth });
      await kitchen.say('presence', { org, device }, { state: 'online', boot_id: 'b1', session: 1 });
    },
    async startOffered(device = mao) {
      const next = kitchen.last('jobsNext', device)?.payload;
      if (!next) throw new Error('nothing is offered');
      const { job_id, seq, token } = next;
      await kitchen.say('jobStart', { org, device, job_id }, { seq, token });
      return job_id;
    },
    async report(jobId, itens, failed = []) {
      const job = await deps.store.parts.db.read(() => deps.store.parts.rows.byId(org, jobId));
      const state = await deps.store.jobState(org, jobId);
      for (const item of state?.itens ?? []) {
        if (!itens.includes(item.item_ordem) || !job?.seq) continue;
        const { item_ordem, frasco, tempero, quantidade_g, ms } = item;
        const fails = failed.includes(item_ordem);
        await kitchen.say(
          'jobLog',
          { org, device: job.device, job_id: jobId, item_ordem },
          {
            ...{
              v: 1,
              job_id: jobId,
              seq: job.seq,
              token: job.token,
              item_ordem,
              frasco,
              tempero,
              quantidade_g,
            },
            ...{ segundos: ms / 1_000, boot_id: 'b1', uptime_ms: 1, ts: null },
            ...(fails ? { status: 'failed', error: 'timeout' } : { status: 'done', error: null }),
          },
        );
      }
    },
    async complete(jobId) {
      const job = await deps.store.parts.db.read(() => deps.store.parts.rows.byId(org, jobId));
      if (!job?.seq) throw new Error(`job ${jobId} was never offered`);
      const { device, seq, token, itens_completados, itens_falhados, itens_cancelados } = job;
      const counts = { itens_completados, itens_falhados, itens_cancelados };
      const account = { v: 1 as const, job_id: jobId, seq, token, ...counts, execution_logs: [] };
      await kitchen.say('jobComplete', { org, device, job_id: jobId }, account);
    },
    setOrg: (patch) => void orm.update(orgs).set(patch).run(),
    async close() {
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  await addDevice(kitchen, mao);
  const itens = [
    { tempero: 'Sal', quantidade_g: 2.5, escala: 'linear', critico: false },
    { tempero: 'Alho', quantidade_g: 1, escala: 'linear', critico: false },
  ] as const;
  const body = { nome: 'Tempero baiano', notas: '', tags: [], favorita: false, itens: [...itens] };
  await saveReceita(deps, { org, by: ana, id: null, body });
  published.length = 0;
  notified.length = 0;
  return kitchen;
}

const bornAs: Birth = {
  ...{ fw_version: '0.3.0', hw: 'sim', schema: 1, journal_id: 'j1', boot_id: 'b1', hi: 0, epoch: null },
  ...{ reset_reason: '', frascos: 8, capabilities: [], active: null },
  limits: { max_itens: 24, max_job_bytes: 3_072, max_step_ms: 180_000 },
};

/** What a person sets of a frasco, with the rest as it is by default. */
export const frascoIn = (given: Partial<FrascoIn> & Pick<FrascoIn, 'frasco' | 'tempero'>): FrascoIn => ({
  ...{ g_por_s: null, min_ms: 0, max_ms: 180_000, pin: null, minimo_g: 0, desejado_g: null },
  ...{ lote: null, validade: null },
  ...given,
});

/** A device with a credential, Sal in frasco 1 and Alho in frasco 2, both at 2 g/s and 100 g. */
export async function addDevice(kitchen: Pick<Kitchen, 'deps'>, device: string): Promise<void> {
  const { deps } = kitchen;
  await createDevice(deps, { org, by: ana, body: { id: device, nome: device, frascos: 4 } });
  const { orm } = deps.store.parts.db;
  orm
    .insert(deviceCredentials)
    .values({ org_id: org, device, id: 'c1', hmac: `hmac-${device}`, criado_em: deps.now() })
    .run();
  const frascos = [
    frascoIn({ frasco: 1, tempero: 'Sal', g_por_s: 2 }),
    frascoIn({ frasco: 2, tempero: 'Alho', g_por_s: 2 }),
  ];
  await saveFrascos(deps, { org, by: ana, device, body: { frascos } });
  for (const { frasco } of frascos) {
    await moveEstoque(deps, {
      org,
      by: ana,
      body: { tipo: 'entrada', device, frasco, quantidade_g: 100, nota: '' },
    });
  }
}
