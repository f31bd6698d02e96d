import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { AppError } from '@yaguts/shared';

export interface ServeOptions {
  readonly fetch: (request: Request, env: never) => Response | Promise<Response>;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer } | undefined;
  /** Takes upgrade requests (MQTT over WebSocket); without it they are refused. */
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

export interface Served {
  readonly port: number;
  /** Ends idle connections at once and waits for requests under way, at most `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Opens the port that HTTP, the web page and MQTT over WebSocket share.
 *
 * @throws AppError "unavailable" that names the port when it is taken or not allowed
 */
export function serve(options: ServeOptions): Promise<Served> {
  const listener = getRequestListener(options.fetch as (request: Request) => Response | Promise<Response>);
  // A half-sent header or upgrade is cut after 5 s, looked for every second [slow loris]; a body after 30 s.
  const settings = {
    headersTimeout: 5_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 1_000,
    noDelay: true,
  };
  const server: Server = options.tls
    ? createTlsServer({ ...settings, ...options.tls }, listener)
    : createServer(settings, listener);
  server.on('upgrade', (request, socket, head) => {
    if (options.onUpgrade) options.onUpgrade(request, socket, head);
    else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, options.port)));
    server.listen(options.port, options.host, () => {
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address ? address.port : options.port,
        close: (graceMs = 2_000) => closeServer(server, graceMs),
      });
    });
  });
}

function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const forced = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(forced);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** A sentence that says what to do about a port that cannot be opened. */
export function listenError(error: NodeJS.ErrnoException, port: number): AppError {
  const why =
    error.code === 'EADDRINUSE'
      ? `port ${port} is taken by another program: stop it, or choose another port in the environment (0 takes a free one)`
      : error.code === 'EACCES'
        ? `port ${port} needs more rights: choose one above 1023`
        : `port ${port} cannot be opened: ${error.message}`;
  return new AppError('unavailable', why, { cause: error });
}
