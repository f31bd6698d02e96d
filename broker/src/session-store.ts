import { ownCopy } from './retained-store.ts';
import { TopicTree } from './topic-tree.ts';

/** A packet that waits for a session, in the fields aedes gives it. */
export interface Queued {
  readonly cmd: 'publish';
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: boolean;
  readonly brokerId: string;
  readonly brokerCounter: number;
  messageId: number | undefined;
  readonly queuedAt: number;
}

interface Session {
  /** Filter → granted QoS. */
  readonly filters: Map<string, number>;
  queue: Queued[];
  bytes: number;
  /** Since when no connection uses it; undefined while one does. */
  offlineSince: number | undefined;
}

export interface QueueCaps {
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  readonly queuedMs: number;
}

type Outgoing = Pick<Queued, 'topic' | 'payload' | 'qos' | 'retain' | 'brokerId' | 'brokerCounter'>;

/**
 * Sessions of clients that connect with clean=0: their filters, and what came while they were away, within
 * a count, a size and an age. Beyond these the oldest goes: what a person wants to see first is the news,
 * and a device's state is retained anyway.
 */
export class SessionStore {
  readonly #caps: QueueCaps;
  readonly #mayQueue: (id: string, topic: string) => boolean;
  readonly #now: () => number;
  readonly #sessions = new Map<string, Session>();
  readonly #byFilter = new TopicTree<Map<string, number>>();
  dropped = 0;

  /** @param mayQueue whether the owner of a session may receive a topic; asked before anything is kept */
  constructor(caps: QueueCaps, mayQueue: (id: string, topic: string) => boolean, now: () => number) {
    this.#caps = caps;
    this.#mayQueue = mayQueue;
    this.#now = now;
  }

  get size(): number {
    return this.#sessions.size;
  }

  has(id: string): boolean {
    return this.#sessions.has(id);
  }

  addFilter(id: string, filter: string, qos: number): void {
    let session = this.#sessions.get(id);
    if (!session) {
      session = { filters: new Map(), queue: [], bytes: 0, offlineSince: undefined };
      this.#sessions.set(id, session);
    }
    session.filters.set(filter, qos);
    // Only QoS 1 waits for an absent client.
    if (qos === 0) {
      this.#unindex(id, filter);
      return;
    }
    const ids = this.#byFilter.get(filter) ?? new Map<string, number>();
    this.#byFilter.set(filter, ids.set(id, qos));
  }

  removeFilter(id: string, filter: string): void {
    if (this.#sessions.get(id)?.filters.delete(filter)) this.#unindex(id, filter);
  }

  filtersOf(id: string): { topic: string; qos: number }[] {
    return [...(this.#sessions.get(id)?.filters ?? [])].map(([topic, qos]) => ({ topic, qos }));
  }

  /** Ends a session: filters and queue are gone. */
  drop(id: string): void {
    const session = this.#sessions.get(id);
    if (!session) return;
    for (const filter of session.filters.keys()) this.#unindex(id, filter);
    this.#sessions.delete(id);
  }

  /** Marks that a connection has taken up the session or left it. */
  setOnline(id: string, online: boolean): void {
    const session = this.#sessions.get(id);
    if (session) session.offlineSince = online ? undefined : this.#now();
  }

  /** Ends the sessions nobody has used for as long as a message may wait; returns their ids. */
  expire(): string[] {
    const limit = this.#now() - this.#caps.queuedMs;
    const old = [...this.#sessions].filter(
      ([, { offlineSince }]) => offlineSince !== undefined && offlineSince < limit,
    );
    for (const [id] of old) this.drop(id);
    return old.map(([id]) => id);
  }

  /** The sessions with a QoS 1 filter for this topic, each once. */
  subscribersOf(topic: string): { clientId: string; qos: number; topic: string }[] {
    const found = new Map<string, number>();
    for (const ids of this.#byFilter.matchedBy(topic)) for (const [id, qos] of ids) found.set(id, qos);
    return [...found]
      .filter(([id]) => this.#mayQueue(id, topic))
      .map(([clientId, qos]) => ({ clientId, qos, topic }));
  }

  enqueue(ids: readonly string[], packet: Outgoing): void {
    if (ids.length === 0) return;
    const payload = ownCopy(packet.payload);
    const { topic, qos, brokerId, brokerCounter } = packet;
    const queuedAt = this.#now();
    for (const id of ids) {
      const session = this.#sessions.get(id);
      if (!session) continue;
      const entry: Queued = {
        cmd: 'publish',
        topic,
        payload,
        qos,
        // [MQTT-3.3.1-9]: retain says "from before you subscribed"; this is news that had to wait.
        retain: false,
        brokerId,
        brokerCounter,
        messageId: undefined,
        queuedAt,
      };
      session.queue.push(entry);
      session.bytes += sizeOf(entry);
      this.#trim(session);
    }
  }

  /** Notes the packet id under which a queued message was sent. */
  sent(id: string, brokerCounter: number, messageId: number): void {
    const entry = this.#sessions.get(id)?.queue.find((queued) => queued.brokerCounter === brokerCounter);
    if (entry) entry.messageId = messageId;
  }

  /** Removes the message that was sent under this packet id: it has been acknowledged. */
  acknowledge(id: string, messageId: number): Queued | undefined {
    const session = this.#sessions.get(id);
    const at = session?.queue.findIndex((queued) => queued.messageId === messageId) ?? -1;
    if (!session || at < 0) return undefined;
    const [entry] = session.queue.splice(at, 1) as [Queued];
    session.bytes -= sizeOf(entry);
    return entry;
  }

  /** What waits, oldest first; `dup` where it was sent before [MQTT-3.3.1-1]. */
  waiting(id: string): (Queued & { dup: boolean })[] {
    const session = this.#sessions.get(id);
    if (!session) return [];
    this.#trim(session);
    return session.queue.map((queued) => ({ ...queued, dup: queued.messageId !== undefined }));
  }

  #trim(session: Session): void {
    const oldest = this.#now() - this.#caps.queuedMs;
    let drop = 0;
    let { bytes } = session;
    for (const entry of session.queue) {
      const over = session.queue.length - drop > this.#caps.queuedMessages || bytes > this.#caps.queuedBytes;
      if (!over && entry.queuedAt >= oldest) break;
      bytes -= sizeOf(entry);
      drop++;
    }
    if (drop === 0) return;
    session.queue = session.queue.slice(drop);
    session.bytes = bytes;
    this.dropped += drop;
  }

  #unindex(id: string, filter: string): void {
    const ids = this.#byFilter.get(filter);
    if (ids?.delete(id) && ids.size === 0) this.#byFilter.delete(filter);
  }
}

const sizeOf = (entry: Queued): number => entry.payload.length + entry.topic.length;
