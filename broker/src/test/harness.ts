import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type Principal, permissionsOf, type Role } from '@yaguts/shared';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { createBroker } from '../broker.ts';
import type { Broker, BrokerOptions, ConnectionChange } from '../surface.ts';
import { upgradeServerOptions } from '../websocket.ts';

/** A broker on real sockets for the tests of this room. */

export const device = (org: string, name: string): Principal => ({
  kind: 'device',
  org,
  device: name,
  credential: `device:${org}.${name}`,
});
export const person = (
  org: string,
  user: string,
  role: Role,
  via: 'session' | 'token' = 'token',
  credential = `${via}:${user}`,
): Principal => ({ kind: 'user', org, user, permissions: permissionsOf[role], via, credential });
export const api: Principal = { kind: 'api', instance: 'a', credential: 'api:a' };
export const claim = (code: string): Principal => ({ kind: 'claim', code, credential: `claim:${code}` });

/** Everybody the tests know, by the password they show. */
export const people: Readonly<Record<string, Principal>> = {
  mao: device('demo', 'mao'),
  pe: device('demo', 'pe'),
  outra: device('outra', 'mao'),
  ana: person('demo', 'ana', 'operador'),
  'ana-tab': person('demo', 'ana', 'operador', 'session'),
  bia: person('demo', 'bia', 'leitor'),
  'bia-tab': person('demo', 'bia', 'leitor', 'session'),
  'bia-2': person('demo', 'bia', 'leitor', 'token', 'token:bia-2'),
  rui: person('outra', 'rui', 'dono'),
  api,
  claim: claim('abcdefgh'),
};

export interface Running {
  readonly broker: Broker;
  readonly port: number;
  readonly wsUrl: string;
  readonly http: Server;
  readonly events: { event: string; fields: Record<string, unknown> }[];
  readonly changes: ConnectionChange[];
  /** A client of one of `people`, connected. */
  client(who: string, options?: IClientOptions & { ws?: boolean }): Promise<MqttClient>;
  raw(): Promise<Socket>;
  close(): Promise<void>;
}

export async function run(options: Partial<BrokerOptions> = {}): Promise<Running> {
  const events: Running['events'] = [];
  const changes: ConnectionChange[] = [];
  const broker = await createBroker({
    authenticate: ({ password }) => people[Buffer.from(password ?? []).toString()],
    log: (event, fields) => events.push({ event, fields }),
    ...options,
  });
  broker.onConnection((change) => changes.push(change));
  const { port } = await broker.listenTcp({ host: '127.0.0.1', port: 0 });
  const http = createServer(upgradeServerOptions);
  http.on('upgrade', (request, socket, head) => broker.handleUpgrade(request, socket, head));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const wsUrl = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/mqtt`;
  const clients: MqttClient[] = [];
  const sockets: Socket[] = [];
  return {
    broker,
    port,
    wsUrl,
    http,
    events,
    changes,
    async client(who, { ws = false, ...rest } = {}) {
      const client = mqtt.connect(ws ? wsUrl : `mqtt://127.0.0.1:${port}`, { ...credentials(who), ...rest });
      clients.push(client);
      await connected(client);
      return client;
    },
    async raw() {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      socket.on('error', () => {});
      await new Promise((resolve) => socket.once('connect', resolve));
      return socket;
    },
    async close() {
      for (const client of clients) client.end(true);
      for (const socket of sockets) socket.destroy();
      await broker.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** Client id, username and password of one of `people`, as the contract has them. */
export function credentials(who: string): IClientOptions {
  const principal = people[who];
  if (!principal) throw new Error(`nobody is called ${who}`);
  const base: IClientOptions = { password: who, reconnectPeriod: 0, keepalive: 30, protocolVersion: 4 };
  switch (principal.kind) {
    case 'device': {
      const name = `${principal.org}.${principal.device}`;
      return { ...base, username: name, clientId: name };
    }
    case 'user': {
      const username = `u.${principal.user}`;
      return principal.via === 'token'
        ? { ...base, username }
        : { ...base, username, clientId: `${username}.${Math.random().toString(36).slice(2)}` };
    }
    case 'api':
      return { ...base, username: '_server.a', clientId: '_server.a' };
    case 'claim':
      return { ...base, username: `claim.${principal.code}`, clientId: `claim.${principal.code}` };
  }
}

export function connected(client: MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', reject);
    client.once('close', () => reject(new Error('closed before CONNACK')));
  });
}

export const closed = (client: MqttClient): Promise<void> =>
  new Promise((resolve) => {
    client.on('error', () => {});
    if (client.connected) client.once('close', () => resolve());
    else resolve();
  });

export interface Heard {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
}

/** The messages of a client from now on: `next()` waits for one, `seen` has them all. */
export function listen(client: MqttClient): { next(): Promise<Heard>; seen: Heard[] } {
  const seen: Heard[] = [];
  const waiting: ((heard: Heard) => void)[] = [];
  const ahead: Heard[] = [];
  client.on('message', (topic, payload, packet) => {
    const heard = { topic, payload: payload.toString(), retain: packet.retain };
    seen.push(heard);
    const taker = waiting.shift();
    if (taker) taker(heard);
    else ahead.push(heard);
  });
  return {
    seen,
    next: () => {
      const heard = ahead.shift();
      return heard ? Promise.resolve(heard) : new Promise((resolve) => waiting.push(resolve));
    },
  };
}

/** Waits until something holds; for state that no message announces. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
