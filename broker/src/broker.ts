import type { IncomingMessage } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { matchTopic, type Principal, topicRoot, topics } from '@yaguts/shared';
import { Aedes, type AedesPublishPacket, type Client, type PublishPacket, type Subscription } from 'aedes';
import { Admissions } from './admission.ts';
import { AddressCaps, type BrokerLimits, defaultLimits } from './caps.ts';
import { type ConnectPacket, malformedConnect } from './connect-rules.ts';
import { Counters } from './counters.ts';
import { FrameError, type Gate } from './gate.ts';
import { LastOnline } from './last-online.ts';
import { type Link, newLink } from './link.ts';
import { Persistence } from './persistence.ts';
import { allows } from './rights.ts';
import { SessionStore } from './session-store.ts';
import type { Broker, BrokerOptions, ConnectedClient, ConnectionChange, InboundMessage } from './surface.ts';
import { gateSocket, listening } from './tcp.ts';
import { createUpgrade } from './websocket.ts';
import { WsDuplex } from './ws-duplex.ts';

/** The only file that knows aedes. */

type LinkedStream = Duplex & { link?: Link };
/** `_parser` is aedes' own: the one place where a packet can be seen before it is acted upon. */
type LinkedClient = Client & { link?: Link; readonly will?: unknown; readonly _parser?: NodeJS.EventEmitter };
/** A packet as the parser makes it. */
interface Parsed {
  cmd: string;
  messageId?: number;
  subscriptions?: { qos: number }[];
}

/** What a client is told when it is refused: aedes puts the code into CONNACK. */
class Refusal extends Error {
  readonly returnCode: number;
  constructor(reason: string, returnCode = 5) {
    super(`refused: ${reason}`);
    this.returnCode = returnCode;
  }
}

/** Four times the slow-consumer cap: a write reports back-pressure, which would hold up its publisher, only
 * where the cap has long closed the connection. */
const writeBufferFactor = 4;
const sweepMs = 10 * 60 * 1_000;

export async function createBroker(options: BrokerOptions): Promise<Broker> {
  const broker = new AedesBroker(options);
  await broker.start();
  return broker;
}

class AedesBroker implements Broker {
  readonly #options: BrokerOptions;
  readonly #limits: BrokerLimits;
  readonly #now: () => number;
  readonly #counters = new Counters();
  readonly #addresses: AddressCaps;
  readonly #admissions: Admissions;
  readonly #persistence: Persistence;
  readonly #lastOnline = new LastOnline();
  readonly #aedes: Aedes;
  readonly #upgrade: ReturnType<typeof createUpgrade>;
  readonly #links = new Set<Link>();
  /** Connections that have been admitted, by their name inside the broker. */
  readonly #byId = new Map<string, Link>();
  readonly #byUser = new Map<string, Set<Link>>();
  /** Who owns a session that outlives its connection. */
  readonly #owners = new Map<string, Principal>();
  readonly #servers = new Set<Server>();
  readonly #routed: ((topic: string, retain: boolean, payload: Buffer) => void)[] = [];
  readonly #changed: ((change: ConnectionChange) => void)[] = [];
  readonly #onStreamClose: (this: LinkedStream) => void;
  readonly #onPacket: (this: { client: LinkedClient }, packet: Parsed) => void;
  #inbound: ((message: InboundMessage) => Promise<void> | void) | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(options: BrokerOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#now = options.now ?? Date.now;
    this.#addresses = new AddressCaps(this.#limits);
    this.#admissions = new Admissions({
      authenticate: options.authenticate,
      limits: this.#limits,
      connectionsOf: (org, user, id) => this.#connectionsOf(org, user, id),
      turn: (address) => this.#turn(address),
    });
    const sessions = new SessionStore(this.#limits, (id, topic) => this.#mayQueue(id, topic), this.#now);
    this.#persistence = new Persistence(
      sessions,
      (client, filter) => (client as LinkedClient).link?.filters?.has(filter) ?? false,
    );
    this.#upgrade = createUpgrade({
      allowedOrigins: options.allowedOrigins ?? [],
      refused: (reason) => this.#count(`refused_${reason}`),
    });
    const broker = this;
    this.#onStreamClose = function (this: LinkedStream) {
      if (this.link) broker.#closed(this.link);
    };
    this.#onPacket = function (this: { client: LinkedClient }, packet) {
      broker.#inspect(packet);
    };
    this.#aedes = new Aedes({
      persistence: this.#persistence,
      // No slots: one write of 8,000 publishes nobody hears overflows the stack of the queue behind them,
      // and a stalled subscriber would hold slots that everybody needs.
      concurrency: 0,
      connectTimeout: this.#limits.connectTimeoutMs,
      drainTimeout: this.#limits.drainTimeoutMs,
      maxTopicLevels: this.#limits.topicLevels,
      maxClientsIdLength: 128,
      preConnect: (client, packet, done) => this.#preConnect(client, packet as ConnectPacket, done),
      authenticate: (client, _username, _password, done) => this.#authenticate(client, done),
      authorizePublish: (client, packet, done) => this.#authorizePublish(client, packet, done),
      authorizeSubscribe: (client, subscription, done) =>
        this.#authorizeSubscribe(client, subscription, done),
      authorizeForward: (client, packet) => this.#authorizeForward(client, packet),
    });
  }

  async start(): Promise<void> {
    const aedes = this.#aedes;
    await aedes.listen();
    aedes.on('connackSent', (packet, client) => {
      if (packet.returnCode === 0) this.#connected((client as LinkedClient).link);
    });
    aedes.on('subscribe', (subscriptions, client) => this.#subscribed(subscriptions, client as LinkedClient));
    aedes.on('unsubscribe', (filters, client) => {
      for (const filter of filters) (client as LinkedClient | null)?.link?.filters?.delete(filter);
    });
    aedes.on('publish', (packet) => this.#notifyRouted(packet));
    aedes.on('clientError', (client, error) => this.#failed(client as LinkedClient, error));
    aedes.on('connectionError', (client, error) => this.#failed(client as LinkedClient, error));
    // Without a listener an error event would end the process.
    (aedes as NodeJS.EventEmitter).on('error', (error: unknown) => this.#hookFailed('aedes', error));
    this.#sweep = setInterval(() => this.#forgetOld(), sweepMs);
    this.#sweep.unref();
  }

  async listenTcp({ host, port }: { host: string; port: number }): Promise<{ port: number }> {
    return await this.#listen(createServer({ noDelay: true, keepAlive: true }), 'connection', host, port);
  }

  async listenTls(at: { host: string; port: number; key: string; cert: string }): Promise<{ port: number }> {
    const { host, port, key, cert } = at;
    const server = createTlsServer({
      key,
      cert,
      noDelay: true,
      minVersion: 'TLSv1.2',
      handshakeTimeout: this.#limits.connectTimeoutMs,
    });
    server.on('tlsClientError', () => this.#count('refused_tls_handshake'));
    return await this.#listen(server, 'secureConnection', host, port);
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#closing) {
      socket.destroy();
      return;
    }
    const address = this.#options.addressOf?.(request) ?? plainAddress(request.socket.remoteAddress);
    this.#upgrade(request, socket, head, (ws) => {
      const stream = new WsDuplex(ws, this.#limits.slowConsumerBytes * writeBufferFactor);
      this.#accept(stream, stream.gate, address);
    });
  }

  setInbound(handler: (message: InboundMessage) => Promise<void> | void): void {
    this.#inbound = handler;
  }

  onRouted(listener: (topic: string, retain: boolean, payload: Buffer) => void): void {
    this.#routed.push(listener);
  }

  onConnection(listener: (change: ConnectionChange) => void): void {
    this.#changed.push(listener);
  }

  publish(topic: string, payload: string | Uint8Array, options: { qos: 0 | 1; retain: boolean }): void {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(payload);
    this.#count('messages_published');
    this.#aedes.publish({ cmd: 'publish', topic, payload: bytes, dup: false, ...options }, (error) => {
      if (error) this.#hookFailed('publish', error);
    });
  }

  disconnect(match: (principal: Principal) => boolean): number {
    this.#admissions.revoke(match);
    let closed = 0;
    for (const link of this.#links) {
      if (!link.principal || !match(link.principal)) continue;
      link.revoked = true;
      if (link.connected) closed++;
      link.stream.destroy();
      this.#persistence.sessions.drop(link.id);
    }
    for (const [id, principal] of this.#owners) {
      if (!match(principal)) continue;
      this.#persistence.sessions.drop(id);
      this.#owners.delete(id);
    }
    return closed;
  }

  clients(): readonly ConnectedClient[] {
    const connected: ConnectedClient[] = [];
    for (const { connected: isConnected, principal, clientId, since, address } of this.#links) {
      if (isConnected && principal) connected.push({ principal, clientId, since, address });
    }
    return connected;
  }

  counters(): Readonly<Record<string, number>> {
    const { retained, sessions } = this.#persistence;
    return {
      ...this.#counters.all(),
      queue_dropped: sessions.dropped,
      connections: this.#links.size,
      retained: retained.size,
      sessions: sessions.size,
    };
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#sweep);
    const servers = [...this.#servers].map((server) => new Promise((resolve) => server.close(resolve)));
    await new Promise<void>((resolve) => this.#aedes.close(resolve));
    for (const link of this.#links) link.stream.destroy();
    await Promise.all(servers);
  }

  async #listen(server: Server, event: string, host: string, port: number): Promise<{ port: number }> {
    server.on(event, (socket: Socket) => {
      const gate = gateSocket(socket, this.#limits.slowConsumerBytes * writeBufferFactor);
      this.#accept(socket, gate, plainAddress(socket.remoteAddress));
    });
    const at = await listening(server, host, port);
    server.on('error', (error) => this.#hookFailed('server', error));
    this.#servers.add(server);
    return at;
  }

  #accept(stream: LinkedStream, gate: Gate, address: string): void {
    const full = this.#links.size >= this.#limits.connections;
    if (this.#closing || full || !this.#addresses.open(address)) {
      this.#count(full ? 'refused_connections' : 'refused_half_open');
      stream.on('error', () => {});
      stream.destroy();
      return;
    }
    gate.guard.open(this.#limits.preConnectFrameBytes);
    const link = newLink(stream, gate, address);
    stream.link = link;
    this.#links.add(link);
    stream.on('close', this.#onStreamClose);
    const client = this.#aedes.handle(stream) as LinkedClient;
    client.link = link;
    client._parser?.prependListener('packet', this.#onPacket);
  }

  #closed(link: Link): void {
    if (link.closed) return;
    link.closed = true;
    this.#links.delete(link);
    this.#settle(link);
    const { principal, id } = link;
    if (!principal) return;
    if (this.#byId.get(id) === link) {
      this.#byId.delete(id);
      this.#persistence.sessions.setOnline(id, false);
    }
    if (principal.kind === 'user') this.#linksOf(principal.org, principal.user).delete(link);
    if (link.connected && !link.replaced)
      this.#notify({ kind: 'closed', principal, clientId: link.clientId });
  }

  #settle(link: Link): void {
    if (!link.halfOpen) return;
    link.halfOpen = false;
    this.#addresses.settle(link.address, this.#now());
  }

  // What a packet can be refused for and no hook of aedes shows.
  #inspect(packet: Parsed): void {
    if (packet.messageId === 0) {
      // [MQTT-2.3.1-1]: a packet id is never 0. aedes closes on a command it does not know.
      this.#count('refused_packet_id');
      packet.cmd = 'refused';
    }
    // QoS 2 is granted as 1, the most that is ever delivered [MQTT-3.8.4-6].
    if (packet.subscriptions) for (const sub of packet.subscriptions) sub.qos = Math.min(sub.qos, 1);
  }

  #preConnect(
    client: LinkedClient,
    packet: ConnectPacket,
    done: (error: Error | null, ok: boolean) => void,
  ): void {
    const reason = this.#guarded('preConnect', () => malformedConnect(packet), 'hook_failed');
    if (client.link) client.link.connect = packet;
    if (reason === undefined) {
      done(null, true);
      return;
    }
    this.#refuseConnect(client.link, packet, reason);
    // An error, not `false` alone: aedes has already stopped its connect timer and would wait for ever.
    done(new Refusal(reason), false);
  }

  #authenticate(client: LinkedClient, done: (error: never, ok: boolean | null) => void): void {
    const { link } = client;
    const packet = link?.connect;
    const refuse = (reason: string, code: number) => {
      if (link) this.#refuseConnect(link, packet, reason);
      done(new Refusal(reason, code) as never, false);
    };
    if (!link || !packet) {
      refuse('no_connect', 3);
      return;
    }
    link.connect = undefined;
    this.#admissions
      .admit(packet, link.address, (error) => this.#hookFailed('authenticate', error))
      .then((admission) => {
        if (link.closed) return;
        if (!admission.ok) {
          refuse(admission.reason, admission.code);
          return;
        }
        this.#admitted(link, packet, admission.principal, admission.id);
        (client as { id: string }).id = admission.id;
        done(null as never, true);
      })
      .catch((error) => this.#hookFailed('authenticate', error));
  }

  #admitted(link: Link, packet: ConnectPacket, principal: Principal, id: string): void {
    link.principal = principal;
    link.clientId = packet.clientId;
    link.id = id;
    link.clean = packet.clean === true;
    const other = this.#byId.get(id);
    if (other?.connected) {
      other.replaced = true;
      this.#count('takeovers');
      this.#notify({ kind: 'takeover', principal: other.principal ?? principal, clientId: other.clientId });
    }
    this.#byId.set(id, link);
    if (principal.kind === 'user') this.#linksOf(principal.org, principal.user).add(link);
    if (link.clean) this.#owners.delete(id);
    else this.#owners.set(id, principal);
    if (principal.kind === 'device') {
      link.gate.guard.limit(this.#limits.publishesPerDevice, performance.now());
    }
  }

  #connected(link: Link | undefined): void {
    if (!link?.principal) return;
    link.connected = true;
    link.since = this.#now();
    link.gate.guard.open(this.#limits.frameBytes);
    this.#settle(link);
    this.#persistence.sessions.setOnline(link.id, true);
    this.#count('connects');
    this.#log('client_connected', fieldsOf(link));
    this.#notify({ kind: 'connected', principal: link.principal, clientId: link.clientId });
  }

  #subscribed(subscriptions: Subscription[], client: LinkedClient): void {
    const { link } = client;
    if (!link?.principal) return;
    // aedes asks the persistence for the retained messages right after this event.
    this.#persistence.paceNextReplay(link.stream);
    const filters = subscriptions.map(({ topic }) => topic).filter((filter) => link.filters?.has(filter));
    if (filters.length === 0) return;
    this.#notify({ kind: 'subscribed', principal: link.principal, clientId: link.clientId, filters });
  }

  #authorizePublish(
    client: Client | null,
    packet: PublishPacket,
    done: (error?: Error | null) => void,
  ): void {
    const link = (client as LinkedClient | null)?.link;
    const isWill = (client as LinkedClient | null)?.will === packet;
    const reason = this.#guarded(
      'authorizePublish',
      () => this.#publishFault(link, packet, isWill),
      'hook_failed',
    );
    if (reason !== undefined || !link?.principal) {
      this.#count(`refused_publish_${reason}`);
      this.#log('publish_refused', { ...fieldsOf(link), topic: packet.topic, reason, will: isWill });
      done(new Refusal(`publish ${reason}`));
      return;
    }
    this.#count('messages_received');
    this.#fitRetained(link.principal, packet);
    let answer: Promise<void> | void;
    try {
      answer = this.#deliverInbound(link, link.principal, packet);
    } catch (error) {
      this.#inboundFailed(link, packet, error, done);
      return;
    }
    if (answer === undefined) {
      done();
      return;
    }
    answer
      .then(
        () => done(),
        (error) => this.#inboundFailed(link, packet, error, done),
      )
      .catch((error) => this.#hookFailed('authorizePublish', error));
  }

  #publishFault(link: Link | undefined, packet: PublishPacket, isWill: boolean): string | undefined {
    if (!link?.principal || link.revoked) return 'revoked';
    if (isWill && this.#closing) return 'closing';
    if (packet.qos === 2) return 'qos2';
    const flags = { qos: packet.qos, retain: packet.retain, empty: packet.payload.length === 0 };
    if (!allows(link.principal, 'publish', packet.topic, flags)) return 'rights';
    const match = matchTopic(packet.topic);
    if (match?.key === 'presence' && !this.#lastOnline.admits(match, packet.payload as Buffer)) {
      return 'stale_lost';
    }
    return undefined;
  }

  /**
   * What is too large for its row, or one retained topic too many, still reaches the api (which files it) and
   * is not kept: a device that was cut off for it would only come back with it.
   */
  #fitRetained(principal: Principal, packet: PublishPacket): void {
    const match = matchTopic(packet.topic);
    if (!packet.retain || !match || principal.kind === 'api') return;
    const { retained } = this.#persistence;
    if (packet.payload.length > topics[match.key].maxBytes) {
      packet.retain = false;
      this.#count('not_retained_too_large');
    } else if (principal.kind === 'device' && !retained.get(packet.topic)) {
      const own = retained.countUnder(`${topicRoot}/${principal.org}/devices/${principal.device}`);
      if (own < this.#limits.retainedPerDevice) return;
      packet.retain = false;
      this.#count('not_retained_device_full');
    }
  }

  #deliverInbound(link: Link, principal: Principal, packet: PublishPacket): Promise<void> | void {
    const match = matchTopic(packet.topic);
    if (!this.#inbound || !match || principal.kind === 'api') return undefined;
    const { topic, payload, retain } = packet;
    return this.#inbound({
      principal,
      topic,
      match,
      payload: payload as Buffer,
      retain,
      clientId: link.clientId,
    });
  }

  #inboundFailed(link: Link, packet: PublishPacket, error: unknown, done: (error: Error) => void): void {
    this.#count('inbound_failed');
    this.#log('inbound_failed', { ...fieldsOf(link), topic: packet.topic, error: messageOf(error) });
    done(error instanceof Error ? error : new Refusal('inbound'));
  }

  #authorizeSubscribe(
    client: LinkedClient,
    subscription: Subscription,
    done: (error: Error | null, subscription?: Subscription | null) => void,
  ): void {
    const { link } = client;
    const { topic: filter } = subscription;
    const reason = this.#guarded(
      'authorizeSubscribe',
      () => this.#subscribeFault(link, filter),
      'hook_failed',
    );
    if (reason === undefined && link) {
      link.filters ??= new Set();
      link.filters.add(filter);
      done(null, subscription);
      return;
    }
    this.#count(`refused_subscribe_${reason}`);
    this.#log('subscribe_refused', { ...fieldsOf(link), filter: filter.slice(0, 256), reason });
    done(null, null); // SUBACK 0x80
  }

  #subscribeFault(link: Link | undefined, filter: string): string | undefined {
    if (!link?.principal || link.revoked) return 'revoked';
    if (!allows(link.principal, 'subscribe', filter)) return 'rights';
    const held = link.filters;
    if (held && !held.has(filter) && held.size >= this.#limits.filtersPerConnection) return 'filters';
    return undefined;
  }

  #authorizeForward(client: LinkedClient, packet: AedesPublishPacket): AedesPublishPacket | null {
    return this.#guarded('authorizeForward', () => this.#forward(client.link, packet), null);
  }

  #forward(link: Link | undefined, packet: AedesPublishPacket): AedesPublishPacket | null {
    if (!link?.principal || link.revoked || !allows(link.principal, 'receive', packet.topic)) return null;
    if (link.stream.writableLength > this.#limits.slowConsumerBytes) {
      this.#count('slow_consumers');
      this.#log('slow_consumer_closed', { ...fieldsOf(link), unsent: link.stream.writableLength });
      link.stream.destroy();
      return null;
    }
    this.#count('messages_sent');
    if (packet.retain && packet.brokerId === null) return this.#replayed(packet);
    return packet;
  }

  /** A replay may be late: it tells what is retained now, so that it cannot overtake what came since. */
  #replayed(packet: AedesPublishPacket): AedesPublishPacket | null {
    const current = this.#persistence.retained.get(packet.topic);
    if (!current) return null;
    packet.payload = current.payload;
    return packet;
  }

  #mayQueue(id: string, topic: string): boolean {
    const owner = this.#owners.get(id);
    return owner !== undefined && allows(owner, 'receive', topic);
  }

  #notifyRouted({ topic, retain, payload }: AedesPublishPacket): void {
    if (!topic.startsWith(`${topicRoot}/`)) return;
    for (const listener of this.#routed) {
      this.#guarded('onRouted', () => listener(topic, retain, payload as Buffer), undefined);
    }
  }

  #notify(change: ConnectionChange): void {
    for (const listener of this.#changed) this.#guarded('onConnection', () => listener(change), undefined);
  }

  #turn(address: string): Promise<void> | undefined {
    const wait = this.#addresses.turn(address, this.#now());
    if (wait <= 0) return undefined;
    this.#count('connects_paced');
    return new Promise((resolve) => setTimeout(resolve, wait).unref());
  }

  #refuseConnect(link: Link | undefined, packet: ConnectPacket | undefined, reason: string): void {
    this.#count(`refused_connect_${reason}`);
    const clientId = packet?.clientId.slice(0, 128);
    this.#log('connect_refused', { address: link?.address, client_id: clientId, reason });
  }

  #failed({ link }: LinkedClient, error: Error): void {
    if (error instanceof Refusal) return;
    if (error instanceof FrameError) this.#count(`refused_frame_${error.violation}`);
    else this.#count('connection_errors');
    this.#log('connection_failed', { ...fieldsOf(link), error: messageOf(error) });
  }

  /** Runs what must not throw into aedes: a throw inside a hook would end the process. */
  #guarded<T>(hook: string, run: () => T, otherwise: T): T {
    try {
      return run();
    } catch (error) {
      this.#hookFailed(hook, error);
      return otherwise;
    }
  }

  #hookFailed(hook: string, error: unknown): void {
    this.#count('hook_failures');
    this.#log('hook_failed', { hook, error: messageOf(error) });
  }

  #forgetOld(): void {
    for (const id of this.#persistence.sessions.expire()) this.#owners.delete(id);
    this.#addresses.sweep(this.#now());
  }

  #linksOf(org: string, user: string): Set<Link> {
    const key = `${org}/${user}`;
    let links = this.#byUser.get(key);
    if (!links) this.#byUser.set(key, (links = new Set()));
    return links;
  }

  #connectionsOf(org: string, user: string, id: string): number {
    let count = 0;
    for (const link of this.#byUser.get(`${org}/${user}`) ?? []) if (link.id !== id) count++;
    return count;
  }

  #count(name: string): void {
    this.#counters.add(name);
  }

  #log(event: string, fields: Record<string, unknown>): void {
    try {
      this.#options.log?.(event, fields);
    } catch {
      // A log that fails must not take the connection with it.
    }
  }
}

function fieldsOf(link: Link | undefined): Record<string, unknown> {
  if (!link) return {};
  const { principal, clientId, address } = link;
  return { client_id: clientId, kind: principal?.kind, credential: principal?.credential, address };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** IPv4 in IPv6 clothes is the same address. */
const plainAddress = (address = ''): string => address.replace(/^::ffff:/, '');
