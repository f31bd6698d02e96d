import type { Role, TokenCreated } from '@yaguts/shared';
import { createLiveClient, type LiveClient } from '@yaguts/web/client';
import { type HttpClient, httpClient } from '../http-client.ts';
import type { TestHouse } from './fixture.ts';

/** A person of an org with a personal token, over HTTP and live. */
export interface TestPerson {
  readonly user: string;
  readonly org: string;
  readonly token: string;
  readonly api: HttpClient;
  /** Opens a live client, as a browser tab of theirs would have it; resolves once it hears. */
  live(): Promise<HeardClient>;
}

/** A live client with everything that it was told, in order. */
export interface HeardClient {
  readonly client: LiveClient;
  readonly heard: readonly { readonly type: string; readonly data: Readonly<Record<string, unknown>> }[];
  /** Resolves with the data of the first event of a type that fits, past ones included. */
  next(
    type: string,
    fits?: (data: Readonly<Record<string, unknown>>) => boolean,
  ): Promise<Readonly<Record<string, unknown>>>;
}

const password = 'uma senha bem longa';

/** Makes a person of the demo org. */
export async function addPerson(house: TestHouse, user: string, role: Role): Promise<TestPerson> {
  await house.api.call('POST', '/api/users', { user, nome: user, role, password });
  const session = httpClient(house.running.origin);
  await session.call('POST', '/api/session', { user, password });
  return withToken(house, session, house.kitchen.org, user);
}

/** Makes an org with its owner, as the platform operator and the one invited would. */
export async function addOrg(house: TestHouse, org: string, owner: string): Promise<TestPerson> {
  const { code } = await house.api.call<{ code: string }>('POST', '/api/orgs', {
    ...{ org, nome: org, dono: owner },
  });
  const session = httpClient(house.running.origin);
  await session.call('POST', '/api/invites/accept', { code, user: owner, nome: owner, password });
  return withToken(house, session, org, owner);
}

/** The owner of the demo org. */
export const owner = (house: TestHouse): TestPerson =>
  personOf(house, house.kitchen.org, house.kitchen.user, house.kitchen.token);

async function withToken(
  house: TestHouse,
  session: HttpClient,
  org: string,
  user: string,
): Promise<TestPerson> {
  const { token } = await session.call<TokenCreated>('POST', '/api/tokens', { nome: 'teste' });
  return personOf(house, org, user, token);
}

function personOf(house: TestHouse, org: string, user: string, token: string): TestPerson {
  const { origin } = house.running;
  return {
    ...{ user, org, token },
    api: httpClient(origin, { token }),
    async live() {
      const client = await createLiveClient({ origin, token });
      const ears = listen(client);
      const welcome = ears.next('connected', (data) => 'version' in data);
      await client.connect();
      await welcome;
      return { client, ...ears };
    },
  };
}

const types = [
  ...['connected', 'badge', 'task:created', 'task:approved', 'task:rejected', 'task:executed'],
  ...['agent:execution:start', 'agent:execution:complete', 'agent:execution:error'],
  ...['permission:pending', 'permission:decided', 'device:online', 'device:lost', 'device:alert'],
  ...['estoque:low', 'pedido:novo'],
];

function listen(client: LiveClient): Omit<HeardClient, 'client'> {
  const heard: { type: string; data: Readonly<Record<string, unknown>> }[] = [];
  const waiting = new Set<() => void>();
  for (const type of types) {
    client.on<Readonly<Record<string, unknown>>>(type, (data) => {
      heard.push({ type, data });
      for (const check of [...waiting]) check();
    });
  }
  return {
    heard,
    next: (type, fits = () => true) =>
      new Promise((resolve) => {
        const check = (): void => {
          const found = heard.find((one) => one.type === type && fits(one.data));
          if (!found) return;
          waiting.delete(check);
          resolve(found.data);
        };
        waiting.add(check);
        check();
      }),
  };
}
