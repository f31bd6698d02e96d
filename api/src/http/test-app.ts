import type { Hono } from 'hono';
import { parseConfig } from '../config.ts';
import { login } from '../flows/login.ts';
import { createVault } from '../identity/sealer.ts';
import { openTestDeps, ownerPassword, setUpDemo, type TestDeps } from '../identity/test-deps.ts';
import { createLog } from '../log.ts';
import { createApp } from './create-app.ts';
import type { HttpDeps } from './deps.ts';
import type { Env } from './env.ts';

export interface TestApp {
  readonly app: Hono<Env>;
  readonly deps: TestDeps & HttpDeps;
  /** Sends a request from 10.0.0.9; `body` objects become JSON. */
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
  more: Partial<HttpDeps> = {},
): Promise<TestApp> {
  const base = await openTestDeps();
  if (!options.empty) await setUpDemo(base);
  const deps: TestDeps & HttpDeps = {
    ...base,
    log: createLog('debug', { write: (line) => void base.logged.push(JSON.parse(line)) }),
    config: { version: '0.3.0', development: options.development ?? false },
    settings: parseConfig(options.env ?? {}),
    vault: createVault(Buffer.alloc(32, 7)),
    stats: () => ({ totalClients: 2, organizationsConnected: 1, clientsByOrg: { demo: 2 } }),
    ready: async () => ({ ok: true, checks: { database: 'ok', broker: 'ok' } }),
    ...(options.webDir !== undefined && { webDir: options.webDir }),
    ...more,
  };
  const app = createApp(deps);
  return {
    app,
    deps,
    send: async (method, path, { body, headers = {}, address = '10.0.0.9' } = {}) =>
      app.request(
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
      ),
    cookieOf: async (user, password = ownerPassword) => {
      const session = await login(deps, { user, password }, { address: '10.0.0.9', agent: 'test' });
      return { Cookie: `yaguts=${session.secret}`, Origin: origin };
    },
  };
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
