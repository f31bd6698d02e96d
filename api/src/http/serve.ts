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
  /** How long a request may take to arrive, 30 s by default; its headers have 5 s at most. */
  readonly requestMs?: number;
}

export interface Served {
  readonly port: number;
  /**
   * Ends idle connections at once and waits for requests under way, at most `graceMs`. A connection that was
   * upgraded stays open: whoever took it says goodbye on it and closes it.
   */
  close(graceMs?: number): Promise<void>;
}

/**
 * Opens the port that HTTP, the web page and MQTT over WebSocket share.
 *
 * @throws AppError "unavailable" that names the port when it is taken or not allowed
 */
export function serve(options: ServeOptions): Promise<Served> {
  const listener = getRequestListener(options.fetch as (request: Request) => Response | Promise<Response>);
  const { requestMs = 30_000 } = options;
  // A half-sent header or upgrade is cut after 5 s, looked for every second [slow loris]; a body after 30 s.
  const settings = {
    headersTimeout: Math.min(5_000, requestMs),
    requestTimeout: requestMs,
    connectionsCheckingInterval: Math.min(1_000, requestMs),
    noDelay: true,
  };
  const server: Server = options.tls
    ? createTlsServer({ ...settings, ...options.tls }, listener)
    : createServer(settings, listener);
  // server.close() would wait for upgraded connections as well, which nobody has told to go yet.
  const speakingHttp = new Set<Duplex>();
  server.on(options.tls ? 'secureConnection' : 'connection', (socket: Duplex) => {
    speakingHttp.add(socket);
    socket.once('close', () => speakingHttp.delete(socket));
  });
  // A request that ends while the server closes would leave its connection idle until the client tires of it.
  server.on('request', (_request, response) =>
    response.once('close', () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    }),
  );
  server.on('upgrade', (request, socket, head) => {
    speakingHttp.delete(socket);
    if (options.onUpgrade) options.onUpgrade(request, socket, head);
    else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, options.port)));
    server.listen(options.port, options.host, () => {
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address ? address.port : options.port,
        close: (graceMs = 2_000) => closeServer(server, speakingHttp, graceMs),
      });
    });
  });
}

async function closeServer(
  server: Server,
  speakingHttp: ReadonlySet<Duplex>,
  graceMs: number,
): Promise<void> {
  server.close();
  server.closeIdleConnections();
  let forced: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    forced = setTimeout(() => {
      server.closeAllConnections();
      resolve();
    }, graceMs);
  });
  const over = [...speakingHttp].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  await Promise.race([Promise.all(over), late]);
  clearTimeout(forced);
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
