import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, type Principal, type TopicKey } from '@yaguts/shared';
import { authenticateMqtt } from '../flows/authenticate-mqtt.ts';
import type { IdentityDeps } from '../flows/identity-deps.ts';
import { login, type OpenedSession } from '../flows/login.ts';
import { openSetup, setUp } from '../flows/setup.ts';
import { createLog, type LogFields } from '../log.ts';
import { type InlineStore, openStore } from '../store/store.ts';
import { createPasswordHasher } from './password.ts';
import { createRates } from './rates.ts';
import { createSealer } from './sealer.ts';

/** What tests of flows and of HTTP stand on: a real SQLite file, and ears where a broker would be. */
export interface TestDeps extends IdentityDeps {
  readonly store: InlineStore;
  /** Moves the clock. */
  advance(ms: number): void;
  readonly published: { key: TopicKey; params: object; payload: unknown }[];
  readonly notified: { org: string; type: string; data: object; user?: string }[];
  readonly logged: ({ event: string } & LogFields)[];
  /** Live connections; `disconnect` takes the matching ones out. */
  readonly connections: Principal[];
  /** The data folder. */
  readonly dir: string;
  close(): Promise<void>;
}

export const ownerPassword = 'correct horse battery';

/** Opens a store in a folder of its own that goes with `close`. */
export async function openTestDeps(): Promise<TestDeps> {
  const dir = await mkdtemp(join(tmpdir(), 'yaguts-test-'));
  let now = 1_790_000_000_000;
  const clock = (): number => now;
  const store = await openStore({ dir, now: clock });
  const published: TestDeps['published'] = [];
  const notified: TestDeps['notified'] = [];
  const logged: TestDeps['logged'] = [];
  const connections: Principal[] = [];
  return {
    store,
    // The real cost would make every test wait a quarter of a second for each login.
    passwords: createPasswordHasher({ N: 2 ** 4, r: 8, p: 1 }),
    sealer: createSealer(Buffer.alloc(32, 7)),
    sessionLife: { idleMs: 7 * 86_400_000, absoluteMs: 30 * 86_400_000 },
    publish: (key, params, payload) =>
      void published.push({
        ...{ key, params },
        payload: typeof payload === 'string' ? JSON.parse(payload) : payload,
      }),
    notify: (org, type, data, user) => void notified.push({ org, type, data, ...(user && { user }) }),
    disconnect: (match) => {
      const kept = connections.filter((principal) => !match(principal));
      const closed = connections.length - kept.length;
      connections.splice(0, connections.length, ...kept);
      return closed;
    },
    clients: () => connections.map((principal) => ({ principal, clientId: 'test' })),
    now: clock,
    random: randomBytes,
    rates: createRates(600, clock),
    log: createLog('debug', { write: (line) => void logged.push(JSON.parse(line)) }),
    config: { version: '0.3.0', development: false },
    advance: (ms) => {
      now += ms;
    },
    published,
    notified,
    logged,
    connections,
    dir,
    close: async () => {
      await store.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** What whoever reads the code on the console types. */
export const setupInput = (code: string, org = 'demo', user = 'ana') => ({
  ...{ code, org, org_nome: 'Cozinha demo', user, nome: 'Ana', password: ownerPassword },
  fuso: 'America/Sao_Paulo',
});

/** First-run setup through its flow: org `demo` with owner `ana`. */
export async function setUpDemo(deps: IdentityDeps, org = 'demo', user = 'ana'): Promise<void> {
  const opened = await openSetup(deps);
  await setUp(deps, setupInput(opened?.code ?? '', org, user), '127.0.0.1');
}

/** Where tests come from. */
export const here = { address: '10.0.0.9', agent: 'test' };

/** The code of the AppError that a piece of work ends with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'no error';
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
}

/** How ana logs in, and how anybody connects over MQTT. */
export const entrancesOf = (deps: () => IdentityDeps) => ({
  ana: (password = ownerPassword): Promise<OpenedSession> => login(deps(), { user: 'ana', password }, here),
  sessionId: (session: OpenedSession): string => deps().sealer.seal(session.secret),
  connect: (username: string, password: string, clientId = username): Promise<Principal | undefined> =>
    authenticateMqtt(deps(), {
      ...{ username, password: Buffer.from(password), clientId },
      address: here.address,
    }),
});

/** Another org with its owner, as a platform operator's tool would make it: straight in the database. */
export async function addOrg(deps: TestDeps, org: string, user: string): Promise<void> {
  const { orm } = deps.store.parts.db;
  const { orgs, users } = await import('../store/schema/index.ts');
  const criado_em = deps.now();
  orm.insert(orgs).values({ org_id: org, nome: org, criado_em }).run();
  orm
    .insert(users)
    .values({
      org_id: org,
      user_id: user,
      nome: user,
      role: 'dono',
      permissoes: [],
      senha: await deps.passwords.hash(ownerPassword),
      criado_em,
    })
    .run();
}

/** A device straight in the database, for tests of what stands around devices. */
export async function addDevice(deps: TestDeps, org: string, device: string): Promise<void> {
  const { devices } = await import('../store/schema/index.ts');
  deps.store.parts.db.orm
    .insert(devices)
    .values({
      org_id: org,
      device,
      nome: device,
      config_reportada: [],
      birth: [],
      alertas: [],
      criado_em: deps.now(),
    })
    .run();
}
