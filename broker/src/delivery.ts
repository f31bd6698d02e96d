import type { BrokerLimits } from './caps.ts';
import { grantedQos, type Link } from './link.ts';
import { unsentBytes } from './outbox.ts';
import type { Report } from './report.ts';
import type { RetainedStore } from './retained-store.ts';
import { allows } from './rights.ts';

/** A packet on its way to one connection; a replay of a retained one has no broker id. */
export interface Outgoing {
  readonly topic: string;
  readonly retain: boolean;
  readonly brokerId?: string | null;
  payload: string | Buffer;
  qos: 0 | 1 | 2;
}

/** The last word on every delivery: the rights as they are now, and whether the connection keeps up. */
export class Delivery {
  readonly #retained: RetainedStore;
  readonly #limits: BrokerLimits;
  readonly #report: Report;

  constructor(retained: RetainedStore, limits: BrokerLimits, report: Report) {
    this.#retained = retained;
    this.#limits = limits;
    this.#report = report;
  }

  /** The packet to send, or null for none. It runs once per subscriber, so it makes no closures. */
  toSend<P extends Outgoing>(link: Link | undefined, packet: P): P | null {
    if (!link?.principal || link.revoked || !allows(link.principal, 'receive', packet.topic)) return null;
    const unsent = unsentBytes(link.stream);
    if (unsent > this.#limits.slowConsumerBytes) {
      this.#report.count('slow_consumers');
      this.#report.log('slow_consumer_closed', link, { unsent });
      link.stream.destroy();
      return null;
    }
    if (packet.retain && packet.brokerId === null && !this.#refresh(link, packet)) return null;
    this.#report.count('messages_sent');
    return packet;
  }

  /** A replay may be late: it tells what is retained now, so that it cannot overtake what came since. */
  #refresh(link: Link, packet: Outgoing): boolean {
    const current = this.#retained.get(packet.topic);
    if (!current) return false;
    packet.payload = current.payload;
    packet.qos = Math.min(current.qos, grantedQos(link, packet.topic)) as 0 | 1;
    return true;
  }
}
