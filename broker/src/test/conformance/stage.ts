import type { IConnackPacket } from 'mqtt-packet';
import { connectPacket, type RawPeer } from '../raw.ts';
import { Party } from './party.ts';

/** Whoever the checks need; both have rights on our broker, and mosquitto asks for none. */
type Role = 'api' | 'ana' | 'mao';
const credentials: Readonly<Record<Role, Record<string, unknown>>> = {
  api: { clientId: '_server.a', username: '_server.a', password: Buffer.from('api') },
  ana: { clientId: 'laptop', username: 'u.ana', password: Buffer.from('ana') },
  mao: { clientId: 'demo.mao', username: 'demo.mao', password: Buffer.from('mao') },
};

/** The place of one check: a broker, clients on it, and topics that no other check has used. */
export class Stage {
  readonly #open: () => Promise<RawPeer>;
  readonly #peers: RawPeer[] = [];
  readonly #number: number;

  constructor(open: () => Promise<RawPeer>, number: number) {
    this.#open = open;
    this.#number = number;
  }

  /** A retained topic of the api. */
  get state(): string {
    return `yaguts/v1/demo/jobs/${this.#number}/state`;
  }

  /** A topic of the api that is never retained. */
  get event(): string {
    return `yaguts/v1/demo/events/check-${this.#number}`;
  }

  /** A topic of the device that may be retained. */
  get entry(): string {
    return `yaguts/v1/demo/devices/mao/jobs/${this.#number}/log/1`;
  }

  get presence(): string {
    return 'yaguts/v1/demo/devices/mao/presence';
  }

  /** A connection on which nothing was said. */
  async open(): Promise<RawPeer> {
    const peer = await this.#open();
    this.#peers.push(peer);
    return peer;
  }

  /** A client whose CONNECT was accepted; with another client id for each check where it is free. */
  async join(role: Role, changes: Record<string, unknown> = {}): Promise<Party> {
    const party = await this.knock(role, changes);
    if (party.connack.returnCode !== 0) throw new Error(`CONNACK ${party.connack.returnCode}`);
    return party;
  }

  /** The same, whatever the answer. */
  async knock(role: Role, changes: Record<string, unknown> = {}): Promise<Party> {
    const peer = await this.open();
    const clientId = role === 'ana' ? `laptop${this.#number}` : credentials[role].clientId;
    peer.send(connectPacket({ ...credentials[role], clientId, ...changes }));
    const first = await peer.next();
    if (first?.cmd !== 'connack') throw new Error(`${first?.cmd ?? 'closed'} before CONNACK`);
    return new Party(peer, first as IConnackPacket);
  }

  close(): void {
    for (const peer of this.#peers) peer.destroy();
  }
}
