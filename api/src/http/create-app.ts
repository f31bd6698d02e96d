import { limits } from '@yaguts/shared';
import { Hono } from 'hono';
import { networkOf } from '../identity/network.ts';
import { authenticate, limitPerson } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { docsRoutes } from './docs-page.ts';
import type { Env } from './env.ts';
import { hardenHeaders, readBody, sameOrigin } from './guard.ts';
import { healthRoutes, securityTxtRoutes } from './health.ts';
import { idempotent } from './idempotent.ts';
import { createMetrics, metricsRoutes } from './metrics.ts';
import { nouns } from './nouns.ts';
import { identify, observe } from './observe.ts';
import { addOpenApi } from './openapi.ts';
import { notFound, onError } from './problem.ts';
import { webFiles } from './static-web.ts';

/**
 * The HTTP app as a value: tests call it, the port is opened elsewhere. What every request passes, in order:
 * its name and address, log and metrics, headers, health (never limited: a probe must not be told to wait),
 * same origin, body with its limit, rate of the address, credential, rate of the person, idempotency; then the route's own right, validator and
 * handler. Failures end in onError as problem+json.
 */
export function createApp(deps: HttpDeps): Hono<Env> {
  const { settings, log } = deps;
  const metrics = createMetrics(deps);
  const web = deps.webDir === undefined ? undefined : webFiles(deps.webDir);
  const app = new Hono<Env>();

  app.use(identify(settings), observe(log, metrics.measure), hardenHeaders);
  app.route('/', healthRoutes(deps));
  app.route('/', metricsRoutes(deps, metrics));
  app.route('/', securityTxtRoutes(deps));
  for (const path of ['/api/*', '/devices/*', '/jobs/*']) {
    app.use(path, sameOrigin(settings), readBody(limits.httpBodyBytes), async (c, next) => {
      deps.rates.address.take(networkOf(c.get('address')));
      await next();
    });
    app.use(path, authenticate(deps), limitPerson(deps), idempotent(deps));
  }
  for (const routes of nouns(deps)) app.route('/', routes);
  app.route('/', docsRoutes());
  addOpenApi(app, deps.config.version);

  app.onError(onError(log));
  const missing = notFound(app);
  app.notFound(async (c) => (await web?.(c)) ?? missing(c));
  return app;
}
