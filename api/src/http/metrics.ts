import { timingSafeEqual } from 'node:crypto';
import { AppError } from '@yaguts/shared';
import { type Context, Hono } from 'hono';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { open } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';

export interface Metrics {
  /** Counts one answered request. */
  measure(labels: { method: string; route: string; status: number }, seconds: number): void;
  /** Everything in Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** A registry of this app alone, so that two apps in one process do not share counts. */
export function createMetrics(deps: Pick<HttpDeps, 'stats' | 'counters' | 'rates' | 'storage'>): Metrics {
  const registry = new Registry();
  const requests = new Histogram({
    name: 'yaguts_http_request_seconds',
    help: 'Time to answer, by route pattern',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.025, 0.1, 0.5, 2.5],
    registers: [registry],
  });
  new Gauge({
    name: 'yaguts_mqtt_clients',
    help: 'Live MQTT connections',
    registers: [registry],
    collect() {
      this.set(deps.stats().totalClients);
    },
  });
  new Gauge({
    name: 'yaguts_broker_events_total',
    help: 'Counters of the broker since its start, by name',
    labelNames: ['name'],
    registers: [registry],
    collect() {
      for (const [name, value] of Object.entries(deps.counters?.() ?? {})) this.set({ name }, value);
    },
  });
  new Gauge({
    name: 'yaguts_rate_limited_total',
    help: 'Requests told to wait since the start, by what was counted',
    labelNames: ['by'],
    registers: [registry],
    collect() {
      for (const [by, value] of Object.entries(deps.rates.refusals())) this.set({ by }, value);
    },
  });
  const inForce = new Gauge({
    name: 'yaguts_rate_limit_per_minute',
    help: 'Requests that each limit lets through in a minute',
    labelNames: ['by'],
    registers: [registry],
  });
  for (const { tipo, por_minuto } of deps.rates.inForce) inForce.set({ by: tipo }, por_minuto);
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers: [registry] });
  const sizes = {
    free: gauge('yaguts_disk_free_bytes', 'Bytes free beside the database'),
    database: gauge('yaguts_database_bytes', 'Size of the database file'),
    wal: gauge('yaguts_wal_bytes', 'Size of the write-ahead log'),
    backupAge: gauge('yaguts_backup_age_seconds', 'Age of the last good backup; NaN while there is none'),
  };
  async function readStorage(): Promise<void> {
    const storage = await deps.storage?.();
    if (!storage) return;
    sizes.free.set(storage.freeBytes);
    sizes.database.set(storage.databaseBytes);
    sizes.wal.set(storage.walBytes);
    sizes.backupAge.set((storage.backupAgeMs ?? Number.NaN) / 1_000);
  }
  // Watching the process (garbage collector, event loop) has a price, so it begins with the first scrape.
  let isWatching = false;
  return {
    contentType: registry.contentType,
    async text() {
      if (!isWatching) collectDefaultMetrics({ register: registry });
      isWatching = true;
      await readStorage();
      return registry.metrics();
    },
    measure: ({ method, route, status }, seconds) =>
      requests.observe({ method, route, status: String(status) }, seconds),
  };
}

/** `/metrics` for Prometheus: from this machine, or with the token of the configuration. */
export function metricsRoutes(deps: HttpDeps, metrics: Metrics): Routes {
  return new Hono<Env>().get(
    '/metrics',
    describe('health', 'Metrics for Prometheus, from this machine or with YAGUTS_METRICS_TOKEN', {
      media: 'text/plain',
      errors: ['forbidden'],
    }),
    open(),
    async (c) => {
      if (!isLocal(c) && !hasToken(c, deps.settings.metricsToken))
        throw new AppError('forbidden', 'Ask from the machine itself, or send the token as Bearer');
      return c.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType });
    },
  );
}

/** Of this machine, and not of somebody behind a proxy on it that nobody has told us about. */
const isLocal = (c: Context<Env>): boolean =>
  /^(127\.\d+\.\d+\.\d+|::1)$/.test(c.get('address')) && c.req.header('x-forwarded-for') === undefined;

function hasToken(c: Context<Env>, token: string | null): boolean {
  if (token === null) return false;
  const expected = Buffer.from(`Bearer ${token}`);
  const given = Buffer.from(c.req.header('authorization') ?? '');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
