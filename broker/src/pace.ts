import { packetType } from './frame-guard.ts';

/** So many a second, and how many may come at once after a quiet time. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** So many a second, and so many at once after a quiet time. What takes more than there is goes into debt. */
export class Bucket {
  readonly #rate: Rate;
  #left: number;
  #at: number;

  /** @param now milliseconds of any steady clock */
  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#at = now;
  }

  /** How long until one may be taken; 0 when that is now. */
  waitMs(now: number): number {
    const { perSecond, burst } = this.#rate;
    const earned = ((now - this.#at) / 1_000) * perSecond;
    this.#left = Math.min(burst, this.#left + Math.max(0, earned));
    this.#at = now;
    return this.#left >= 1 ? 0 : Math.ceil(((1 - this.#left) / perSecond) * 1_000);
  }

  spend(count: number): void {
    this.#left -= count;
  }
}

/** What one connection may ask of the broker; what is left out is not counted. */
export interface Allowance {
  /** PUBLISH packets. */
  readonly publishes?: Rate | undefined;
  /** Filters of SUBSCRIBE and UNSUBSCRIBE, and PINGREQ packets. */
  readonly requests?: Rate | undefined;
  /** Bytes of all packets. */
  readonly bytes?: Rate | undefined;
}
export type Paced = keyof Allowance;

/** A filter is charged as one request, and again for every so many bytes of its packet. */
const bytesPerRequest = 64;

/**
 * How fast the packets of one connection are taken. A packet passes when something is left of what it takes, and may
 * take more: whoever asks for a thousand filters at once has waited for them before the next packet.
 */
export class Pace {
  readonly #buckets: { readonly [Kind in Paced]: Bucket | undefined };
  /** What the last wait was for. */
  waitsFor: Paced = 'bytes';

  constructor({ publishes, requests, bytes }: Allowance, now: number) {
    const bucket = (rate: Rate | undefined) => rate && new Bucket(rate, now);
    this.#buckets = { publishes: bucket(publishes), requests: bucket(requests), bytes: bucket(bytes) };
  }

  /** Milliseconds until a packet of this type may pass; 0 for now. */
  waitMs(type: number, now: number): number {
    const kind = kinds[type];
    const own = kind === undefined ? 0 : (this.#buckets[kind]?.waitMs(now) ?? 0);
    const whole = this.#buckets.bytes?.waitMs(now) ?? 0;
    this.waitsFor = own > whole && kind !== undefined ? kind : 'bytes';
    return Math.max(own, whole);
  }

  /** A packet has passed. @param filters how many it names, 0 for one of another type */
  passed(type: number, bytes: number, filters: number): void {
    const kind = kinds[type];
    if (kind !== undefined) this.#buckets[kind]?.spend(costOf(type, bytes, filters));
    this.#buckets.bytes?.spend(bytes);
  }
}

const kinds: Readonly<Partial<Record<number, Exclude<Paced, 'bytes'>>>> = {
  [packetType.publish]: 'publishes',
  [packetType.subscribe]: 'requests',
  [packetType.unsubscribe]: 'requests',
  [packetType.pingreq]: 'requests',
};

const costOf = (type: number, bytes: number, filters: number): number =>
  type === packetType.publish ? 1 : Math.max(1, filters, bytes / bytesPerRequest);
