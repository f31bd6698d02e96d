import { Readable, type Writable } from 'node:stream';
import { Replays } from './replays.ts';
import { RetainedStore } from './retained-store.ts';
import type { Queued, SessionStore } from './session-store.ts';

interface Client {
  readonly id: string;
}
interface OutgoingPacket {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: boolean;
  readonly brokerId: string;
  readonly brokerCounter: number;
  readonly messageId?: number;
}

/**
 * Has happened already: `then` calls at once. aedes asks three things of a persistence for every message, and a
 * promise each would be a third of what our broker costs.
 */
class Settled<T> {
  readonly #value: T;
  constructor(value: T) {
    this.#value = value;
  }
  // biome-ignore lint/suspicious/noThenProperty: aedes calls nothing else
  then(taken: (value: T) => void): void {
    taken(this.#value);
  }
}
const done = new Settled(undefined);
const nobody = new Settled<readonly never[]>([]);

/**
 * What aedes asks of a persistence, over two in-memory stores. Every method has done its work when it
 * returns, in the order of the calls: aedes drops live QoS 1 messages behind a store that finishes out of
 * order. There is nothing here for QoS 2, which is refused before, nor for wills, which aedes keeps with the
 * connection: a will that outlives the process has nobody to outlive it for.
 */
export class Persistence {
  readonly retained: RetainedStore = new RetainedStore();
  readonly replays: Replays = new Replays();
  readonly sessions: SessionStore;
  readonly #isGranted: (client: Client, filter: string) => boolean;
  #replayTo: Writable | undefined;

  /** @param isGranted whether this connection was granted the filter: aedes also hands over refused ones */
  constructor(sessions: SessionStore, isGranted: (client: Client, filter: string) => boolean) {
    this.sessions = sessions;
    this.#isGranted = isGranted;
  }

  /** The next replay is for this connection. */
  paceNextReplay(connection: Writable): void {
    this.#replayTo = connection;
  }

  async setup(): Promise<void> {}
  async destroy(): Promise<void> {}

  storeRetained(packet: { topic: string; payload: Buffer; qos: number }): Settled<undefined> {
    this.retained.store(packet.topic, packet.payload, packet.qos);
    return done;
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    const connection = this.#replayTo;
    this.#replayTo = undefined;
    const find = () => filters.flatMap((filter) => this.retained.matching(filter));
    return Readable.from(connection ? this.replays.to(connection, find) : find());
  }

  async addSubscriptions(client: Client, subs: readonly { topic: string; qos: number }[]): Promise<void> {
    for (const { topic, qos } of subs) {
      if (this.#isGranted(client, topic)) this.sessions.addFilter(client.id, topic, qos);
    }
  }

  async removeSubscriptions(client: Client, filters: readonly string[]): Promise<void> {
    for (const filter of filters) this.sessions.removeFilter(client.id, filter);
  }

  async subscriptionsByClient(client: Client): Promise<{ topic: string; qos: number }[]> {
    return this.sessions.filtersOf(client.id);
  }

  subscriptionsByTopic(topic: string): Settled<readonly { clientId: string; qos: number; topic: string }[]> {
    if (this.sessions.size === 0) return nobody;
    return new Settled(this.sessions.subscribersOf(topic));
  }

  /** [MQTT-3.1.2-6]: clean=1 discards the session, its queue included. */
  async cleanSubscriptions(client: Client): Promise<void> {
    this.sessions.drop(client.id);
  }

  async outgoingEnqueue(sub: { clientId: string }, packet: OutgoingPacket): Promise<void> {
    this.sessions.enqueue([sub.clientId], packet);
  }

  outgoingEnqueueCombi(subs: readonly { clientId: string }[], packet: OutgoingPacket): Settled<undefined> {
    if (subs.length > 0) {
      this.sessions.enqueue(
        subs.map(({ clientId }) => clientId),
        packet,
      );
    }
    return done;
  }

  /** A message that the caps have pushed out of the queue is still delivered, once. */
  async outgoingUpdate(client: Client, packet: OutgoingPacket): Promise<void> {
    if (packet.messageId !== undefined) this.sessions.sent(client.id, packet.brokerCounter, packet.messageId);
  }

  /** Without a packet id (a second filter of the same client matched too) nothing was acknowledged. */
  outgoingClearMessageId(client: Client, packet: { messageId?: number }): Settled<Queued | undefined> {
    if (packet.messageId === undefined || this.sessions.size === 0) return done;
    return new Settled(this.sessions.acknowledge(client.id, packet.messageId));
  }

  outgoingStream(client: Client): Readable {
    return Readable.from(this.sessions.waiting(client.id));
  }

  async incomingStorePacket(): Promise<void> {
    throw new Error('QoS 2 is refused');
  }

  async incomingGetPacket(): Promise<never> {
    throw new Error('QoS 2 is refused');
  }

  async incomingDelPacket(): Promise<void> {}

  async putWill(client: Client, packet: { clientId?: string }): Promise<void> {
    packet.clientId = client.id;
  }

  async delWill(): Promise<void> {}

  streamWill(): Readable {
    return Readable.from([]);
  }
}
