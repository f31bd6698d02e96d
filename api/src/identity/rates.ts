import { type Buckets, createBuckets } from './bucket.ts';

/** Who is told to wait, each by a bucket of their own. */
export const rateKinds = ['address', 'person', 'device', 'report', 'claim'] as const;
export type RateKind = (typeof rateKinds)[number];

/** Every rate limit of requests; the broker has its own for connections and messages. */
export interface Rates extends Readonly<Record<RateKind, Buckets>> {
  /** How often each kind has been told to wait since the start, for /metrics. */
  refusals(): Readonly<Record<RateKind, number>>;
}

/**
 * Limits by address (before anybody is known), person (HTTP and MQTT together), device and claim. Whoever is
 * refused is told when to come again and keeps what they hold: a device frees a report only when it is answered.
 *
 * @param perMinute requests of one address, and of one person, over a minute
 */
export function createRates(perMinute: number, now: () => number): Rates {
  const counts = Object.fromEntries(rateKinds.map((kind) => [kind, 0])) as Record<RateKind, number>;
  const counted = (kind: RateKind, perSecond: number, burst: number): Buckets => {
    const buckets = createBuckets(perSecond, burst, now);
    return {
      give: buckets.give,
      take(key) {
        try {
          buckets.take(key);
        } catch (error) {
          counts[kind]++;
          throw error;
        }
      },
    };
  };
  const burst = Math.max(20, perMinute / 4);
  return {
    address: counted('address', perMinute / 60, burst),
    person: counted('person', perMinute / 60, burst),
    // Firmware v0.2 asks once a second and reports once a job.
    device: counted('device', 2, 20),
    report: counted('report', 1, 10),
    // A code lives an hour: at this pace nobody sees more than 130 of 31¹² in its life.
    claim: counted('claim', 1 / 30, 10),
    refusals: () => ({ ...counts }),
  };
}
