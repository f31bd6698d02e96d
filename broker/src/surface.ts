import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Principal, TopicMatch } from '@yaguts/shared';
import type { Authenticate } from './admission.ts';
import type { BrokerLimits } from './caps.ts';

export interface BrokerOptions {
  /** Who a credential belongs to; undefined is refused with code 4, a throw with code 3. */
  readonly authenticate: Authenticate;
  /** Events in the past tense; never a payload or a secret among the fields. */
  readonly log?: (event: string, fields: Record<string, unknown>) => void;
  readonly limits?: Partial<BrokerLimits>;
  /** Origins whose pages may open `/mqtt`, beside the host that serves it. */
  readonly allowedOrigins?: readonly string[];
  /** The address a WebSocket is counted under; behind a known proxy, what that reports. */
  readonly addressOf?: (request: IncomingMessage) => string;
  readonly now?: () => number;
}

export interface InboundMessage {
  readonly principal: Principal;
  readonly topic: string;
  readonly match: TopicMatch;
  readonly payload: Buffer;
  readonly retain: boolean;
  readonly clientId: string;
}

/** `takeover` stands in the place of `closed` for a connection whose identity has connected again. */
export interface ConnectionChange {
  readonly kind: 'connected' | 'subscribed' | 'closed' | 'takeover';
  readonly principal: Principal;
  readonly clientId: string;
  /** With `subscribed`: what was granted. */
  readonly filters?: readonly string[];
}

export interface ConnectedClient {
  readonly principal: Principal;
  readonly clientId: string;
  readonly since: number;
  readonly address: string;
}

export interface Broker {
  listenTcp(at: { host: string; port: number }): Promise<{ port: number }>;
  listenTls(at: { host: string; port: number; key: string; cert: string }): Promise<{ port: number }>;
  /** Takes the `upgrade` event of an http server; answers what is no MQTT over WebSocket at `/mqtt`. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /**
   * The handler runs after the rights and before the PUBACK, for every message that did not come from the
   * api, wills included. When it rejects, the message is not acknowledged and its connection is closed.
   */
  setInbound(handler: (message: InboundMessage) => Promise<void> | void): void;
  /** Called for every message after it was stored and forwarded. */
  onRouted(listener: (topic: string, retain: boolean, payload: Buffer) => void): void;
  /** Publishes as the api. An empty payload with retain clears the topic. */
  publish(topic: string, payload: string | Uint8Array, options: { qos: 0 | 1; retain: boolean }): void;
  /** Closes the connections and ends the sessions of these principals; returns how many were connected. */
  disconnect(match: (principal: Principal) => boolean): number;
  clients(): readonly ConnectedClient[];
  onConnection(listener: (change: ConnectionChange) => void): void;
  /** Counts since the start (refusals by reason, connects, messages) and the present sizes. */
  counters(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}
