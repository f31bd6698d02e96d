import type { Duplex } from 'node:stream';
import type { Principal } from '@yaguts/shared';
import type { ConnectPacket } from './connect-rules.ts';
import { filterMatches } from './filter.ts';
import type { Gate } from './gate.ts';

/** One connection, from accept to close. */
export interface Link {
  readonly stream: Duplex;
  readonly gate: Gate;
  readonly address: string;
  /** Counted as half-open until CONNECT is through. */
  halfOpen: boolean;
  closed: boolean;
  /** Revoked: nothing more is taken from it or delivered to it. */
  revoked: boolean;
  /** Another connection has taken its identity over. */
  replaced: boolean;
  /** CONNACK 0 was sent. */
  connected: boolean;
  principal: Principal | undefined;
  /** As the client sent it. */
  clientId: string;
  /** Name inside the broker: the client id, scoped to the credential where any id is allowed. */
  id: string;
  since: number;
  /** Granted filters and their QoS. */
  filters: Map<string, number> | undefined;
  /** The CONNECT, until it is decided: aedes shows its hooks only parts of it. */
  connect: ConnectPacket | undefined;
}

export function newLink(stream: Duplex, gate: Gate, address: string): Link {
  return {
    stream,
    gate,
    address,
    halfOpen: true,
    closed: false,
    revoked: false,
    replaced: false,
    connected: false,
    principal: undefined,
    clientId: '',
    id: '',
    since: 0,
    filters: undefined,
    connect: undefined,
  };
}

/**
 * The highest QoS a topic was granted to this connection [MQTT-3.3.5-1]. aedes looks it up by the exact
 * topic, so that a wildcard subscription of QoS 0 would get retained messages at QoS 1.
 */
export function grantedQos(link: Link, topic: string): number {
  let granted = 0;
  for (const [filter, qos] of link.filters ?? []) {
    if (qos > granted && filterMatches(filter, topic)) granted = qos;
  }
  return granted;
}
