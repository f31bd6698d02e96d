import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Principal, topicRoot } from '@yaguts/shared';
import { Aedes, type AedesPublishPacket, type Client, type PublishPacket, type Subscription } from 'aedes';
import { Admissions } from './admission.ts';
import { allowanceOf, type BrokerLimits, defaultLimits } from './caps.ts';
import { type ConnectPacket, malformedConnect } from './connect-rules.ts';
import { Delivery } from './delivery.ts';
import { sayFarewell, UnderWay } from './farewell.ts';
import { FrontDoor } from './front-door.ts';
import { FrameError } from './gate.ts';
import { Inbound } from './inbound.ts';
import { LastOnline } from './last-online.ts';
import type { Link } from './link.ts';
import {
  type ParsedPacket,
  packetFault,
  publishFault,
  subscribeFault,
  unfitToRetain,
} from './message-rules.ts';
import { Pace } from './pace.ts';
import { Persistence } from './persistence.ts';
import { RefusedFilters } from './refused-filters.ts';
import { Registry } from './registry.ts';
import { messageOf, Report } from './report.ts';
import { allows } from './rights.ts';
import { Router } from './router.ts';
import { SessionStore } from './session-store.ts';
import type { Broker, BrokerOptions, ConnectedClient, ConnectionChange, InboundMessage } from './surface.ts';

/**
 * The only file that knows aedes: its hooks, its events, and the few of its habits that have to be worked
 * around. What is decided in them stands in the files imported above.
 */

type LinkedStream = Duplex & { link?: Link };
/** `_parser` is aedes' own: the one place where a packet can be seen before it is acted upon. */
type LinkedClient = Client & { link?: Link; readonly will?: unknown; readonly _parser?: NodeJS.EventEmitter };
type Parsed = ParsedPacket & { cmd: string };
type Done = (error?: Error | null) => void;

/** What a client is refused with; aedes puts the code into CONNACK. */
class Refusal extends Error {
  readonly returnCode: number;
  constructor(reason: string, returnCode = 5) {
    super(`refused: ${reason}`);
    this.returnCode = returnCode;
  }
}

const underRoot = `${topicRoot}/`;
const sweepMs = 10 * 60 * 1_000;

/** Makes a broker that listens nowhere yet: call `listenTcp`, `listenTls`, `handleUpgrade`. */
export async function createBroker(options: BrokerOptions): Promise<Broker> {
  const broker = new AedesBroker(options);
  await broker.start();
  return broker;
}

class AedesBroker implements Broker {
  readonly #limits: BrokerLimits;
  readonly #report: Report;
  readonly #refusedFilters: RefusedFilters;
  readonly #registry: Registry;
  readonly #persistence: Persistence;
  readonly #admissions: Admissions;
  readonly #door: FrontDoor;
  readonly #delivery: Delivery;
  readonly #lastOnline = new LastOnline();
  readonly #underWay = new UnderWay();
  readonly #aedes: Aedes;
  readonly #routed: ((topic: string, retain: boolean, payload: Buffer) => void)[] = [];
  readonly #onStreamClose: (this: LinkedStream) => void;
  readonly #onPacket: (packet: Parsed) => void;
  readonly #inbound: Inbound;
  #sweep: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor(options: BrokerOptions) {
    const limits = { ...defaultLimits, ...options.limits };
    const now = options.now ?? Date.now;
    this.#limits = limits;
    this.#report = new Report(options.log);
    this.#refusedFilters = new RefusedFilters(this.#report, now);
    this.#inbound = new Inbound(this.#report);
    const mayQueue = (id: string, topic: string): boolean => {
      const owner = this.#registry.ownerOf(id);
      return owner !== undefined && allows(owner, 'receive', topic);
    };
    const sessions = new SessionStore(limits, mayQueue, now);
    this.#registry = new Registry(sessions, limits, this.#report, now);
    this.#persistence = new Persistence(
      sessions,
      (client, filter) => (client as LinkedClient).link?.filters?.has(filter) ?? false,
    );
    this.#delivery = new Delivery(this.#persistence.retained, limits, this.#report);
    this.#door = new FrontDoor({
      options,
      limits,
      report: this.#report,
      now,
      count: () => this.#registry.links.size,
      enter: (link) => this.#enter(link),
    });
    this.#admissions = new Admissions({
      authenticate: options.authenticate,
      limits,
      connectionsOf: (org, user, id) => this.#registry.connectionsOf(org, user, id),
      turn: (address) => this.#door.turn(address),
    });
    // One function for all connections each, not one per connection.
    const closed = (link: Link) => this.#closed(link);
    this.#onStreamClose = function (this: LinkedStream) {
      if (this.link) closed(this.link);
    };
    this.#onPacket = (packet) => this.#inspect(packet);
    this.#aedes = new Aedes({
      persistence: this.#persistence,
      mq: new Router(),
      // Twice this is the number of listeners a connection may have before Node warns; 0 for no warning.
      concurrency: 0,
      connectTimeout: limits.connectTimeoutMs,
      drainTimeout: limits.drainTimeoutMs,
      maxTopicLevels: limits.topicLevels,
      maxClientsIdLength: 128,
      preConnect: (client, packet, done) => this.#preConnect(client, packet as ConnectPacket, done),
      authenticate: (client, _username, _password, done) => this.#authenticate(client, done as Answer),
      authorizePublish: (client, packet, done) => this.#authorizePublish(client, packet, done),
      authorizeSubscribe: (client, subscription, done) =>
        this.#authorizeSubscribe(client, subscription, done),
      authorizeForward: ({ link }: LinkedClient, packet) => {
        try {
          return this.#delivery.toSend(link, packet);
        } catch (error) {
          this.#report.failed('authorizeForward', error);
          return null;
        }
      },
    });
  }

  async start(): Promise<void> {
    const aedes = this.#aedes;
    await aedes.listen();
    aedes.on('connackSent', (packet, client) => {
      if (packet.returnCode === 0) this.#connected((client as LinkedClient).link);
    });
    aedes.on('subscribe', (subscriptions, client) => this.#subscribed(subscriptions, client));
    aedes.on('unsubscribe', (filters, client) => {
      for (const filter of filters) (client as LinkedClient | null)?.link?.filters?.delete(filter);
    });
    aedes.on('publish', (packet) => this.#notifyRouted(packet));
    aedes.on('clientError', (client, error) => this.#failed(client, error));
    aedes.on('connectionError', (client, error) => this.#failed(client, error));
    // Without a listener an error event would end the process.
    (aedes as NodeJS.EventEmitter).on('error', (error: unknown) => this.#report.failed('aedes', error));
    this.#sweep = setInterval(() => {
      this.#registry.expire();
      this.#door.sweep();
    }, sweepMs);
    this.#sweep.unref();
  }

  listenTcp({ host, port }: { host: string; port: number }): Promise<{ port: number }> {
    return this.#door.listenTcp(host, port);
  }

  listenTls(at: { host: string; port: number; key: string; cert: string }): Promise<{ port: number }> {
    return this.#door.listenTls(at.host, at.port, at.key, at.cert);
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#door.handleUpgrade(request, socket, head);
  }

  setInbound(handler: (message: InboundMessage) => Promise<void> | void): void {
    this.#inbound.handler = handler;
  }

  onRouted(listener: (topic: string, retain: boolean, payload: Buffer) => void): void {
    this.#routed.push(listener);
  }

  onConnection(listener: (change: ConnectionChange) => void): void {
    this.#registry.onConnection(listener);
  }

  publish(topic: string, payload: string | Uint8Array, options: { qos: 0 | 1; retain: boolean }): void {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(payload);
    this.#report.count('messages_published');
    this.#underWay.begin();
    this.#aedes.publish({ cmd: 'publish', topic, payload: bytes, dup: false, ...options }, (error) => {
      this.#underWay.end();
      if (error) this.#report.failed('publish', error);
    });
  }

  disconnect(match: (principal: Principal) => boolean): number {
    this.#admissions.revoke(match);
    return this.#registry.disconnect(match);
  }

  clients(): readonly ConnectedClient[] {
    return this.#registry.clients();
  }

  counters(): Readonly<Record<string, number>> {
    const { retained, sessions } = this.#persistence;
    return {
      ...this.#report.counts(),
      queue_dropped: sessions.dropped,
      connections: this.#registry.links.size,
      retained: retained.size,
      sessions: sessions.size,
    };
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#sweep);
    const { done } = this.#door.shut();
    await sayFarewell(this.#underWay, this.#registry.links);
    await new Promise<void>((resolve) => this.#aedes.close(resolve));
    for (const link of this.#registry.links) link.stream.destroy();
    await done;
  }

  #enter(link: Link): void {
    const stream: LinkedStream = link.stream;
    stream.link = link;
    this.#registry.links.add(link);
    stream.on('close', this.#onStreamClose);
    const client = this.#aedes.handle(stream) as LinkedClient;
    client.link = link;
    client._parser?.prependListener('packet', this.#onPacket);
  }

  #closed(link: Link): void {
    if (link.closed) return;
    this.#door.settle(link);
    this.#refusedFilters.closed(link);
    this.#registry.closed(link);
  }

  /** What a packet has to be refused or corrected for, and no hook of aedes shows. */
  #inspect(packet: Parsed): void {
    const fault = packetFault(packet);
    if (fault) {
      this.#report.count(`refused_${fault}`);
      packet.cmd = 'refused'; // aedes closes on a command it does not know
    }
    // QoS 2 is granted as 1, the most that is ever delivered [MQTT-3.8.4-6].
    for (const subscription of packet.subscriptions ?? []) subscription.qos = Math.min(subscription.qos, 1);
  }

  #preConnect({ link }: LinkedClient, packet: ConnectPacket, done: Answer): void {
    const reason = this.#report.guarded('preConnect', () => malformedConnect(packet), 'hook_failed');
    if (link) link.connect = packet;
    if (reason === undefined) {
      done(null, true);
      return;
    }
    this.#refuseConnect(link, packet, reason);
    // An error, not `false` alone: aedes has already stopped its connect timer and would wait for ever.
    done(new Refusal(reason), false);
  }

  #authenticate(client: LinkedClient, done: Answer): void {
    const { link } = client;
    const packet = link?.connect;
    if (!link || !packet) {
      done(new Refusal('no_connect', 3), false);
      return;
    }
    link.connect = undefined;
    this.#admissions
      .admit(packet, link.address, (error) => this.#report.failed('authenticate', error))
      .then((admission) => {
        if (link.closed) return;
        if (!admission.ok) {
          this.#refuseConnect(link, packet, admission.reason);
          done(new Refusal(admission.reason, admission.code), false);
          return;
        }
        const { principal, id } = admission;
        this.#registry.admitted(link, packet, principal, id);
        // Before CONNACK goes out: the client may answer it faster than we hear that it was sent.
        link.gate.guard.open(this.#limits.frameBytes, this.#limits.filtersPerPacket);
        const allowance = allowanceOf(principal.kind, this.#limits);
        if (allowance) link.gate.pace = new Pace(allowance, performance.now());
        (client as { id: string }).id = id;
        done(null, true);
      })
      .catch((error) => this.#report.failed('authenticate', error));
  }

  #refuseConnect(link: Link | undefined, packet: ConnectPacket, reason: string): void {
    this.#report.count(`refused_connect_${reason}`);
    this.#report.log('connect_refused', link, { client_id: packet.clientId.slice(0, 128), reason });
  }

  #connected(link: Link | undefined): void {
    if (!link?.principal) return;
    this.#door.settle(link);
    this.#registry.connected(link);
  }

  #subscribed(subscriptions: Subscription[], { link }: LinkedClient): void {
    if (!link) return;
    // aedes asks the persistence for the retained messages right after this event.
    this.#persistence.paceNextReplay(link.stream);
    const filters = subscriptions.map(({ topic }) => topic).filter((filter) => link.filters?.has(filter));
    if (filters.length > 0) this.#registry.subscribed(link, filters);
  }

  #authorizePublish(client: LinkedClient | null, packet: PublishPacket, done: Done): void {
    const link = client?.link;
    const isWill = client?.will === packet;
    let reason: string | undefined;
    try {
      reason = isWill && this.#isClosing ? 'closing' : publishFault(link, packet, this.#lastOnline);
    } catch (error) {
      this.#report.failed('authorizePublish', error);
      reason = 'hook_failed';
    }
    if (reason !== undefined || !link?.principal) {
      this.#report.count(`refused_publish_${reason}`);
      this.#report.log('publish_refused', link, { topic: packet.topic.slice(0, 256), reason, will: isWill });
      done(new Refusal(`publish ${reason}`));
      return;
    }
    this.#report.count('messages_received');
    packet.dup = false; // [MQTT-3.3.1-3]: DUP is of this hop, a subscriber's has its own
    const unfit = unfitToRetain(link, packet, this.#persistence.retained, this.#limits);
    if (unfit) {
      packet.retain = false;
      this.#report.count(`not_retained_${unfit}`);
    }
    this.#inbound.hand(link, link.principal, packet, done);
  }

  #authorizeSubscribe(
    { link }: LinkedClient,
    subscription: Subscription,
    done: (error: Error | null, subscription?: Subscription | null) => void,
  ): void {
    const { topic: filter } = subscription;
    const replays = link ? this.#persistence.replays.countTo(link.stream) : 0;
    const fault = () => subscribeFault(link, filter, this.#limits, replays);
    const reason = this.#report.guarded('authorizeSubscribe', fault, 'hook_failed');
    if (reason === undefined && link) {
      link.filters ??= new Map();
      link.filters.set(filter, subscription.qos);
      done(null, subscription);
      return;
    }
    this.#refusedFilters.tell(link, filter, reason ?? 'no_link');
    done(null, null); // SUBACK 0x80
  }

  #notifyRouted({ topic, retain, payload }: AedesPublishPacket): void {
    if (!topic.startsWith(underRoot)) return;
    for (const listener of this.#routed) {
      try {
        listener(topic, retain, payload as Buffer);
      } catch (error) {
        this.#report.failed('onRouted', error);
      }
    }
  }

  #failed({ link }: LinkedClient, error: Error): void {
    if (error instanceof Refusal) return;
    const name = error instanceof FrameError ? `refused_frame_${error.violation}` : 'connection_errors';
    this.#report.count(name);
    this.#report.log('connection_failed', link, { error: messageOf(error) });
  }
}

type Answer = (error: Error | null, ok: boolean) => void;
