import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { limits } from '@yaguts/shared';
import { type WebSocket, WebSocketServer } from 'ws';

/** For the http server that carries `/mqtt`: a half-sent upgrade would otherwise be held for a minute. */
export const upgradeServerOptions = { headersTimeout: 5_000, connectionsCheckingInterval: 1_000 } as const;

export interface UpgradeRules {
  /** Origins that may connect beside the page's own host, as `https://host[:port]`. */
  readonly allowedOrigins: readonly string[];
  /** Called for every refusal, with its reason. */
  readonly refused: (reason: UpgradeRefusal) => void;
}
export type UpgradeRefusal = 'ws_path' | 'ws_subprotocol' | 'ws_origin' | 'ws_handshake';

/**
 * Makes the function that takes an http server's `upgrade` event to an open WebSocket, or answers it with
 * a status. Origin is checked when it is sent: a browser always sends it, a program seldom.
 */
export function createUpgrade(
  rules: UpgradeRules,
): (request: IncomingMessage, socket: Duplex, head: Buffer, accept: (ws: WebSocket) => void) => void {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.frameBytes,
    perMessageDeflate: false,
    handleProtocols: () => 'mqtt',
  });
  server.on('wsClientError', (_error, socket) => {
    rules.refused('ws_handshake');
    answer(socket, '400 Bad Request');
  });
  return (request, socket, head, accept) => {
    socket.on('error', () => socket.destroy());
    const refuse = (reason: UpgradeRefusal, status: string) => {
      rules.refused(reason);
      answer(socket, status);
    };
    if (!isMqttPath(request.url)) return refuse('ws_path', '404 Not Found');
    if (!offersMqtt(request.headers['sec-websocket-protocol'])) {
      return refuse('ws_subprotocol', '400 Bad Request'); // [MQTT-6.0.0-3]
    }
    const { origin, host } = request.headers;
    if (origin !== undefined && !isSameHost(origin, host) && !rules.allowedOrigins.includes(origin)) {
      return refuse('ws_origin', '403 Forbidden');
    }
    server.handleUpgrade(request, socket, head, accept);
  };
}

const isMqttPath = (url = ''): boolean => url === '/mqtt' || url.startsWith('/mqtt?');

const offersMqtt = (offered = ''): boolean => offered.split(',').some((name) => name.trim() === 'mqtt');

function isSameHost(origin: string, host: string | undefined): boolean {
  try {
    return host !== undefined && new URL(origin).host === host.toLowerCase();
  } catch {
    return false;
  }
}

function answer(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
