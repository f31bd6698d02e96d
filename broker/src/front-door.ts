import type { IncomingMessage } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { AddressCaps, type BrokerLimits } from './caps.ts';
import type { Gate } from './gate.ts';
import { type Link, newLink } from './link.ts';
import { gatherWrites } from './outbox.ts';
import type { Paced } from './pace.ts';
import type { Report } from './report.ts';
import type { BrokerOptions } from './surface.ts';
import { gateSocket, listening } from './tcp.ts';
import { createUpgrade } from './websocket.ts';
import { WsDuplex } from './ws-duplex.ts';

/**
 * Four times the slow-consumer cap: a write reports back-pressure, which holds up its publisher, only where
 * the cap has long closed the connection.
 */
const writeBufferFactor = 4;

interface Deps {
  readonly options: BrokerOptions;
  readonly limits: BrokerLimits;
  readonly report: Report;
  readonly now: () => number;
  /** Connections there are already. */
  readonly count: () => number;
  /** A connection that may go on to CONNECT. */
  readonly enter: (link: Link) => void;
}

/** The sockets: TCP, TLS and WebSocket become one kind of connection, behind a gate and within the caps. */
export class FrontDoor {
  readonly #deps: Deps;
  readonly #addresses: AddressCaps;
  readonly #upgrade: ReturnType<typeof createUpgrade>;
  readonly #servers = new Set<Server>();
  readonly #onPaced: (kind: Paced) => void;
  #isClosing = false;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#onPaced = (kind) => deps.report.count(`paced_${kind}`);
    this.#addresses = new AddressCaps(deps.limits);
    this.#upgrade = createUpgrade({
      allowedOrigins: deps.options.allowedOrigins ?? [],
      refused: (reason) => deps.report.count(`refused_${reason}`),
    });
  }

  listenTcp(host: string, port: number): Promise<{ port: number }> {
    return this.#listen(createServer({ noDelay: true, keepAlive: true }), 'connection', host, port);
  }

  listenTls(host: string, port: number, key: string, cert: string): Promise<{ port: number }> {
    const handshakeTimeout = this.#deps.limits.connectTimeoutMs;
    const server = createTlsServer({ key, cert, noDelay: true, minVersion: 'TLSv1.2', handshakeTimeout });
    server.on('tlsClientError', () => this.#deps.report.count('refused_tls_handshake'));
    return this.#listen(server, 'secureConnection', host, port);
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const address = this.#deps.options.addressOf?.(request) ?? plainAddress(request.socket.remoteAddress);
    this.#upgrade(request, socket, head, (ws) => {
      const stream = new WsDuplex(ws, this.#writeBuffer);
      this.#accept(stream, stream.gate, address);
    });
  }

  /** Resolves when a CONNECT from this address has its turn; undefined when that is now. */
  turn(address: string): Promise<void> | undefined {
    const wait = this.#addresses.turn(address, this.#deps.now());
    if (wait <= 0) return undefined;
    this.#deps.report.count('connects_paced');
    return new Promise((resolve) => setTimeout(resolve, wait).unref());
  }

  /** The connection is no longer half-open: its CONNECT is through, or it is gone. */
  settle(link: Link): void {
    if (!link.halfOpen) return;
    link.halfOpen = false;
    this.#addresses.settle(link.address, this.#deps.now());
  }

  /** Forgets addresses that are quiet. */
  sweep(): void {
    this.#addresses.sweep(this.#deps.now());
  }

  /** No new connections from now on; `done` settles when every server has closed. */
  shut(): { done: Promise<unknown> } {
    this.#isClosing = true;
    const closed = [...this.#servers].map((server) => new Promise((resolve) => server.close(resolve)));
    return { done: Promise.all(closed) };
  }

  get #writeBuffer(): number {
    return this.#deps.limits.slowConsumerBytes * writeBufferFactor;
  }

  async #listen(server: Server, event: string, host: string, port: number): Promise<{ port: number }> {
    server.on(event, (socket: Socket) => {
      this.#accept(socket, gateSocket(socket, this.#writeBuffer), plainAddress(socket.remoteAddress));
    });
    const at = await listening(server, host, port);
    server.on('error', (error) => this.#deps.report.failed('server', error));
    this.#servers.add(server);
    return at;
  }

  #accept(stream: Duplex, gate: Gate, address: string): void {
    const { limits, report } = this.#deps;
    const isFull = this.#isClosing || this.#deps.count() >= limits.connections;
    if (isFull || !this.#addresses.open(address)) {
      report.count(isFull ? 'refused_connections' : 'refused_half_open');
      stream.on('error', () => {});
      stream.destroy();
      return;
    }
    gate.guard.open(limits.preConnectFrameBytes);
    gate.onPaced = this.#onPaced;
    gatherWrites(stream);
    this.#deps.enter(newLink(stream, gate, address));
  }
}

/** IPv4 in IPv6 clothes is the same address. */
const plainAddress = (address = ''): string => address.replace(/^::ffff:/, '');
