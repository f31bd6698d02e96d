import { generate, type IConnackPacket, type IPublishPacket, type Packet } from 'mqtt-packet';
import type { RawPeer } from '../raw.ts';

/** What a check compares of a message. */
export interface Heard {
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly messageId: number | undefined;
}

interface PublishOptions {
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
  readonly dup?: boolean;
  readonly messageId?: number;
}

/**
 * One MQTT client that shows everything a client library hides: packet ids, flags, what is acknowledged when.
 * It reads packet by packet; messages that come while it waits for something else are kept in their order.
 */
export class Party {
  readonly peer: RawPeer;
  readonly connack: IConnackPacket;
  /** Whether QoS 1 messages are acknowledged as they are read. */
  acknowledges = true;
  readonly #heard: Heard[] = [];
  #lastId = 0;

  constructor(peer: RawPeer, connack: IConnackPacket) {
    this.peer = peer;
    this.connack = connack;
  }

  /** @returns the return codes of the SUBACK */
  async subscribe(filters: string | readonly string[], qos: 0 | 1 | 2 = 1, messageId = this.#nextId()) {
    const topics = typeof filters === 'string' ? [filters] : filters;
    this.#send({ cmd: 'subscribe', messageId, subscriptions: topics.map((topic) => ({ topic, qos })) });
    const suback = await this.#until('suback');
    if (suback.messageId !== messageId) throw new Error(`SUBACK of ${suback.messageId}, not of ${messageId}`);
    return suback.granted as readonly number[];
  }

  /** @returns the packet id of the UNSUBACK */
  async unsubscribe(filter: string, messageId = this.#nextId()): Promise<number | undefined> {
    this.#send({ cmd: 'unsubscribe', messageId, unsubscriptions: [filter] });
    return (await this.#until('unsuback')).messageId;
  }

  /** Resolves when the broker has acknowledged, with QoS 0 at once. */
  async publish(topic: string, payload: string | Buffer, options: PublishOptions = {}): Promise<void> {
    const { qos = 1, retain = false, dup = false, messageId = this.#nextId() } = options;
    this.#send({ cmd: 'publish', topic, payload, qos, retain, dup, ...(qos > 0 ? { messageId } : {}) });
    if (qos === 1) await this.#until('puback');
  }

  /** Everything that arrives before the message with this payload, which is left out. */
  async heardUntil(payload: string): Promise<readonly Heard[]> {
    for (;;) {
      const at = this.#heard.findIndex((heard) => heard.payload === payload);
      if (at >= 0) return this.#heard.splice(0, at + 1).slice(0, at);
      if (!(await this.#read())) throw new Error(`closed before ${payload} came`);
    }
  }

  /** The next message. */
  async hear(): Promise<Heard> {
    while (this.#heard.length === 0) if (!(await this.#read())) throw new Error('closed, and nothing came');
    return this.#heard.shift() as Heard;
  }

  /** `answered` when a PINGREQ is, `closed` when the connection ends first. */
  async ping(): Promise<'answered' | 'closed'> {
    this.#send({ cmd: 'pingreq' });
    return this.#until('pingresp').then(
      () => 'answered' as const,
      () => 'closed' as const,
    );
  }

  acknowledge(messageId: number): void {
    this.#send({ cmd: 'puback', messageId });
  }

  /** Leaves by DISCONNECT; resolves when the broker has closed. */
  async disconnect(): Promise<void> {
    this.#send({ cmd: 'disconnect' });
    await this.peer.closed;
  }

  /** Leaves without a word. */
  drop(): void {
    this.peer.destroy();
  }

  /** The next packet that is not a message. */
  async answer(): Promise<Packet | undefined> {
    for (;;) {
      const packet = await this.#read();
      if (packet?.cmd !== 'publish') return packet;
    }
  }

  async #until<C extends Packet['cmd']>(cmd: C): Promise<Extract<Packet, { cmd: C }>> {
    for (;;) {
      const packet = await this.#read();
      if (!packet) throw new Error(`closed before ${cmd}`);
      if (packet.cmd === cmd) return packet as Extract<Packet, { cmd: C }>;
    }
  }

  async #read(): Promise<Packet | undefined> {
    const packet = await this.peer.next();
    if (packet?.cmd === 'publish') this.#keep(packet);
    return packet;
  }

  #keep({ topic, payload, qos, retain, dup, messageId }: IPublishPacket): void {
    this.#heard.push({ topic, payload: payload.toString(), qos, retain, dup, messageId });
    if (qos === 1 && this.acknowledges && messageId !== undefined) this.acknowledge(messageId);
  }

  #send(packet: Packet): void {
    this.peer.send(generate(packet));
  }

  #nextId(): number {
    return ++this.#lastId;
  }
}
