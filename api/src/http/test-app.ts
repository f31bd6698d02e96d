import { isDeepStrictEqual } from 'node:util';
import type { Hono } from 'hono';
import * as v from 'valibot';
import { parseConfig } from '../config.ts';
import { login } from '../flows/login.ts';
import { createRates } from '../identity/rates.ts';
import { createVault } from '../identity/sealer.ts';
import { openTestDeps, ownerPassword, setUpDemo, type TestDeps } from '../identity/test-deps.ts';
import { createLog } from '../log.ts';
import { createApp } from './create-app.ts';
import type { HttpDeps } from './deps.ts';
import type { Env } from './env.ts';

export interface TestApp {
  readonly app: Hono<Env>;
  readonly deps: TestDeps & HttpDeps;
  /**
   * Sends a request from 10.0.0.9; `body` objects become JSON. A JSON answer that does not fit what its route
   * documents throws.
   */
  send(method: string, path: string, options?: SendOptions): Promise<Response>;
  /** Logs in and answers headers that a page of the same origin would send. */
  cookieOf(user: string, password?: string): Promise<Record<string, string>>;
}
export interface SendOptions {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly address?: string;
}

export const origin = 'http://localhost';

/** The whole app over a real SQLite file, with org `demo` and its owner `ana`. */
export async function openTestApp(
  options: { env?: Record<string, string>; webDir?: string; development?: boolean; empty?: boolean } = {},
  more: Partial<TestDeps & HttpDeps> = {},
): Promise<TestApp> {
  const base = await openTestDeps();
  if (!options.empty) await setUpDemo(base);
  const settings = parseConfig({ YAGUTS_DATA_DIR: base.dir, ...options.env });
  const deps: TestDeps & HttpDeps = {
    ...base,
    rates: createRates(settings.requestsPerMinute, base.now),
    log: createLog('debug', { write: (line) => void base.logged.push(JSON.parse(line)) }),
    config: { version: '0.3.0', development: options.development ?? false },
    settings,
    vault: createVault(Buffer.alloc(32, 7)),
    stats: () => ({ totalClients: 2, organizationsConnected: 1, clientsByOrg: { demo: 2 } }),
    flushEvents: async () => {},
    ready: async () => ({ ok: true, checks: { database: 'ok', broker: 'ok' } }),
    ...(options.webDir !== undefined && { webDir: options.webDir }),
    ...more,
  };
  const app = createApp(deps);
  return {
    app,
    deps,
    send: async (method, path, { body, headers = {}, address = '10.0.0.9' } = {}) => {
      const answer = await app.request(
        path,
        {
          method,
          headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
          ...(body !== undefined && {
            body:
              typeof body === 'string' || body instanceof Uint8Array
                ? (body as string)
                : JSON.stringify(body),
          }),
        },
        { incoming: { socket: { remoteAddress: address } } } as never,
      );
      await requireFit(app, method, path, answer);
      return answer;
    },
    cookieOf: async (user, password = ownerPassword) => {
      const session = await login(deps, { user, password }, { address: '10.0.0.9', agent: 'test' });
      return { Cookie: `yaguts=${session.secret}`, Origin: origin };
    },
  };
}

async function requireFit(app: Hono<Env>, method: string, path: string, answer: Response): Promise<void> {
  if (!answer.ok || answer.headers.get('content-type') !== 'application/json') return;
  const pathname = new URL(path, origin).pathname;
  const schema = app.router
    .match(method, pathname)[0]
    .map(([[handler]]) => (handler as { answer?: v.GenericSchema }).answer)
    .find((found) => found !== undefined);
  if (!schema) return;
  const json: unknown = await answer.clone().json();
  const result = v.safeParse(schema, json);
  // A field that no schema names is dropped by it: what is left must be all there was, or something leaks.
  if (result.success && isDeepStrictEqual(result.output, json)) return;
  const faults = result.success
    ? ['it holds fields that are not documented', JSON.stringify(json)]
    : result.issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`);
  throw new Error(`${method} ${pathname} does not answer what it documents:\n${faults.join('\n')}`);
}

/** The problem document of an answer, with its status. */
export async function problemFrom(response: Response): Promise<{
  status: number;
  code: string;
  detail: string;
  errors?: { path: string; message: string }[];
}> {
  const type = response.headers.get('content-type');
  if (type !== 'application/problem+json') throw new Error(`not a problem: ${response.status} ${type}`);
  return (await response.json()) as never;
}
