import { type RateKind, rateKinds } from '@yaguts/shared';
import { type Buckets, createBuckets } from './bucket.ts';

/** Limits that are buckets; `login` is counted in the database, so that a restart forgives nobody. */
const bucketKinds = rateKinds.filter((kind) => kind !== 'login');
type BucketKind = Exclude<RateKind, 'login'>;
/** Kinds whose key is `{org}.{name}`: a person or a device of an org. */
const named: ReadonlySet<RateKind> = new Set(['person', 'device', 'report']);
/** People and devices remembered as told to wait; who was told so longest ago is forgotten first. */
const maxWaited = 2_000;

/** A limit in force: a bucket of `rajada` that fills by `por_minuto`. */
export interface RateInForce {
  readonly tipo: RateKind;
  readonly por_minuto: number;
  readonly rajada: number;
}
/** Somebody who was told to wait since the start. */
export interface Waited {
  readonly tipo: RateKind;
  /** User or device. */
  readonly nome: string;
  readonly recusas: number;
  readonly ultima_em: number;
}

/** Every rate limit of requests; the broker has its own for connections and messages. */
export interface Rates extends Readonly<Record<BucketKind, Buckets>> {
  readonly inForce: readonly RateInForce[];
  /** Counts a login that was told to wait. */
  loginRefused(): void;
  /** How often each kind has been told to wait since the start, for /metrics. */
  refusals(): Readonly<Record<RateKind, number>>;
  /** People and devices of an org that were told to wait, most often first. */
  waitedOf(org: string): Waited[];
}

/**
 * Limits by address (before anybody is known), person (HTTP and MQTT together), device and claim. Whoever is
 * refused is told when to come again and keeps what they hold: a device frees a report only when it is answered.
 *
 * @param perMinute requests of one address, and of one person, over a minute
 */
export function createRates(perMinute: number, now: () => number): Rates {
  const rajada = Math.max(20, perMinute / 4);
  const limits: Readonly<Record<RateKind, Omit<RateInForce, 'tipo'>>> = {
    address: { por_minuto: perMinute, rajada },
    person: { por_minuto: perMinute, rajada },
    // Firmware v0.2 asks once a second and reports once a job.
    device: { por_minuto: 120, rajada: 20 },
    report: { por_minuto: 60, rajada: 10 },
    // A code lives an hour: at this pace nobody sees more than 130 of 31¹² in its life.
    claim: { por_minuto: 2, rajada: 10 },
    // Five tries, then delays that double up to a quarter of an hour.
    login: { por_minuto: 1 / 15, rajada: 5 },
  };
  const counts = Object.fromEntries(rateKinds.map((kind) => [kind, 0])) as Record<RateKind, number>;
  const waited = new Map<string, Waited & { readonly org: string }>();

  function refused(tipo: RateKind, key: string): void {
    counts[tipo]++;
    if (!named.has(tipo)) return;
    const id = `${tipo} ${key}`;
    const recusas = (waited.get(id)?.recusas ?? 0) + 1;
    // Set anew, so that the map is in the order in which they were told.
    waited.delete(id);
    const [oldest] = waited.keys();
    if (waited.size >= maxWaited && oldest !== undefined) waited.delete(oldest);
    const [org = '', nome = ''] = key.split('.');
    waited.set(id, { org, tipo, nome, recusas, ultima_em: now() });
  }

  const counted = (kind: BucketKind): Buckets => {
    const { por_minuto, rajada } = limits[kind];
    const buckets = createBuckets(por_minuto / 60, rajada, now);
    return {
      give: buckets.give,
      take(key) {
        try {
          buckets.take(key);
        } catch (error) {
          refused(kind, key);
          throw error;
        }
      },
    };
  };
  return {
    ...(Object.fromEntries(bucketKinds.map((kind) => [kind, counted(kind)])) as Record<BucketKind, Buckets>),
    inForce: rateKinds.map((tipo) => ({ tipo, ...limits[tipo] })),
    loginRefused: () => refused('login', ''),
    refusals: () => ({ ...counts }),
    waitedOf: (org) =>
      [...waited.values()]
        .filter((one) => one.org === org)
        .map(({ org: _, ...one }) => one)
        .sort((a, b) => b.recusas - a.recusas),
  };
}
