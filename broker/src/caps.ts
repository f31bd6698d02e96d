import { limits, type Principal } from '@yaguts/shared';
import type { Allowance, Rate } from './pace.ts';

/** What one party may take of the broker. Every number is a setting; a bench lifts some. */
export interface BrokerLimits {
  readonly connections: number;
  readonly halfOpenPerAddress: number;
  readonly connectsPerAddress: Rate;
  readonly connectionsPerUser: number;
  /** Sessions with clean=0 of one person; one more ends the oldest that is not in use. */
  readonly sessionsPerUser: number;
  readonly filtersPerConnection: number;
  /** A SUBSCRIBE or UNSUBSCRIBE that names more closes its connection. */
  readonly filtersPerPacket: number;
  /** Filters that one connection asks for or leaves, and its pings; a filter counts once per 64 bytes. */
  readonly requestsPerConnection: Rate;
  /** Bytes that one connection sends; a device has its messages counted instead, the api nothing. */
  readonly bytesPerConnection: Rate;
  readonly publishesPerDevice: Rate;
  readonly retainedPerDevice: number;
  readonly connectTimeoutMs: number;
  readonly drainTimeoutMs: number;
  /** A connection with more unsent bytes than this is closed when the next message comes for it. */
  readonly slowConsumerBytes: number;
  readonly preConnectFrameBytes: number;
  readonly frameBytes: number;
  readonly topicLevels: number;
  readonly maxKeepaliveS: number;
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  readonly queuedMs: number;
}

export const defaultLimits: BrokerLimits = {
  connections: 25_000,
  halfOpenPerAddress: 50,
  connectsPerAddress: { perSecond: 20, burst: 20 },
  connectionsPerUser: 20,
  sessionsPerUser: 20,
  filtersPerConnection: 64,
  filtersPerPacket: 256,
  requestsPerConnection: { perSecond: 100, burst: 256 },
  bytesPerConnection: { perSecond: 512 * 1_024, burst: 1_024 * 1_024 },
  publishesPerDevice: { perSecond: 20, burst: 200 },
  retainedPerDevice: 64,
  connectTimeoutMs: limits.connectTimeoutMs,
  drainTimeoutMs: 5_000,
  slowConsumerBytes: 1_024 * 1_024,
  preConnectFrameBytes: limits.preConnectFrameBytes,
  frameBytes: limits.frameBytes,
  topicLevels: limits.topicLevels,
  maxKeepaliveS: limits.maxKeepaliveS,
  queuedMessages: 100,
  queuedBytes: 256 * 1_024,
  queuedMs: 24 * 60 * 60 * 1_000,
};

interface AddressState {
  halfOpen: number;
  /** When the bucket would be full again, in the caller's milliseconds. */
  fullAt: number;
}

/** Half-open connections and CONNECT packets per address; an address is forgotten when it is quiet. */
export class AddressCaps {
  readonly #limits: Pick<BrokerLimits, 'halfOpenPerAddress' | 'connectsPerAddress'>;
  readonly #states = new Map<string, AddressState>();

  constructor(settings: Pick<BrokerLimits, 'halfOpenPerAddress' | 'connectsPerAddress'>) {
    this.#limits = settings;
  }

  get size(): number {
    return this.#states.size;
  }

  /** A connection was accepted; false when this address has too many that have not finished CONNECT. */
  open(address: string): boolean {
    const state = this.#states.get(address) ?? { halfOpen: 0, fullAt: 0 };
    if (state.halfOpen >= this.#limits.halfOpenPerAddress) return false;
    state.halfOpen++;
    this.#states.set(address, state);
    return true;
  }

  /** A half-open connection has finished CONNECT, or is gone. */
  settle(address: string, now: number): void {
    const state = this.#states.get(address);
    if (!state) return;
    state.halfOpen--;
    if (state.halfOpen <= 0 && state.fullAt <= now) this.#states.delete(address);
  }

  /**
   * Milliseconds a CONNECT from this address has to wait for its turn: a storm is served in order at the
   * allowed pace instead of being refused. The wait is bounded, since half-open connections are.
   */
  turn(address: string, now: number): number {
    const state = this.#states.get(address);
    if (!state) return 0;
    const { perSecond, burst } = this.#limits.connectsPerAddress;
    const each = 1_000 / perSecond;
    state.fullAt = Math.max(state.fullAt, now) + each;
    return Math.max(0, state.fullAt - now - burst * each);
  }

  /** Forgets addresses that are quiet; called now and then. */
  sweep(now: number): void {
    for (const [address, state] of this.#states) {
      if (state.halfOpen <= 0 && state.fullAt <= now) this.#states.delete(address);
    }
  }
}

/** How fast a connection's packets are taken once it is known whose it is; undefined for as they come. */
export function allowanceOf(kind: Principal['kind'], limits: BrokerLimits): Allowance | undefined {
  const {
    publishesPerDevice: publishes,
    requestsPerConnection: requests,
    bytesPerConnection: bytes,
  } = limits;
  switch (kind) {
    case 'api':
      return undefined;
    case 'device':
      return { publishes, requests };
    case 'user':
    case 'claim':
      return { requests, bytes };
  }
}
