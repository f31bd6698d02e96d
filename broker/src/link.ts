import type { Duplex } from 'node:stream';
import type { Principal } from '@yaguts/shared';
import type { ConnectPacket } from './connect-rules.ts';
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
  filters: Set<string> | undefined;
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
