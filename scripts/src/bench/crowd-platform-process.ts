import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, openSetup } from '@yaguts/api';
import type { TokenCreated } from '@yaguts/shared';
import { compose, type RunningPlatform } from '../compose.ts';
import { type HttpClient, httpClient } from '../http-client.ts';
import { addBenchDevice, furnishBench, furnishKitchen } from './bench-kitchen.ts';
import { benchConfig } from './bench-platform.ts';
import { answerParent, type CommonQuestions } from './child.ts';

/** A kitchen of the crowd: people who look on, and devices with one job each. */
export interface CrowdOrg {
  readonly org: string;
  /** Each may hold twenty connections. */
  readonly people: readonly { readonly user: string; readonly token: string }[];
  readonly devices: readonly { readonly device: string; readonly password: string }[];
}
export interface CrowdWanted {
  readonly orgs: number;
  readonly peopleEach: number;
  readonly devicesEach: number;
}
export interface CrowdPrepared {
  readonly origin: string;
  readonly mqttPort: number;
  /** Of whoever runs the installation. */
  readonly token: string;
  readonly orgs: readonly CrowdOrg[];
}
export interface Memory {
  /** After a collection, MiB. */
  readonly heapMib: number;
  readonly rssMib: number;
}
export interface CrowdPlatformQuestions extends CommonQuestions {
  prepare: { in: CrowdWanted; out: CrowdPrepared };
  memory: { in: null; out: Memory };
}

const password = 'only for the throw-away folder of a bench';
const dir = mkdtempSync(join(tmpdir(), 'yaguts-crowd-'));
let running: RunningPlatform | undefined;

/** The platform with many organisations, each made as its people would make it. */
async function prepare({ orgs, peopleEach, devicesEach }: CrowdWanted): Promise<CrowdPrepared> {
  running = await compose({ config: benchConfig(join(dir, 'data')), log: createLog('error') });
  const setup = await openSetup(running.platform.deps);
  if (!setup) throw new Error('a new data folder has an account');
  const { origin, mqttPort = 0 } = running;
  const { owner } = await furnishBench(origin, setup.code);
  const made: CrowdOrg[] = [];
  for (let n = 1; n <= orgs; n++) made.push(await makeOrg(origin, owner, `o${n}`, peopleEach, devicesEach));
  const { token } = await owner.call<TokenCreated>('POST', '/api/tokens', { nome: 'bench' });
  return { origin, mqttPort, token, orgs: made };
}

async function makeOrg(
  origin: string,
  operator: HttpClient,
  org: string,
  peopleEach: number,
  devicesEach: number,
): Promise<CrowdOrg> {
  const wanted = { org, nome: org, dono: org, fuso: 'UTC' };
  const { code } = await operator.call<{ code: string }>('POST', '/api/orgs', wanted);
  const owner = httpClient(origin);
  await owner.call('POST', '/api/invites/accept', { code, user: `${org}-0`, nome: org, password });
  const kitchen = await furnishKitchen(owner);
  const people = [{ user: `${org}-0`, session: owner }];
  for (let n = 1; n < peopleEach; n++) {
    const user = `${org}-${n}`;
    await owner.call('POST', '/api/users', { user, nome: user, role: 'leitor', password });
    const session = httpClient(origin);
    await session.call('POST', '/api/session', { user, password });
    people.push({ user, session });
  }
  const devices = [];
  for (let n = 1; n <= devicesEach; n++) {
    const device = `d${n}`;
    devices.push({ device, password: await addBenchDevice(kitchen, device, 'manual') });
  }
  const withTokens = [];
  for (const { user, session } of people) {
    const { token } = await session.call<TokenCreated>('POST', '/api/tokens', { nome: 'bench' });
    withTokens.push({ user, token });
  }
  return { org, people: withTokens, devices };
}

function memory(): Memory {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { heapMib: heapUsed / 1_048_576, rssMib: rss / 1_048_576 };
}

answerParent({ prepare, memory }, async () => {
  await running?.stop();
  rmSync(dir, { recursive: true, force: true });
});
