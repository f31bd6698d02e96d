import { matchTopic, type Principal } from '@yaguts/shared';
import { isCleanText, isTopicName } from './filter.ts';
import { allows } from './rights.ts';

/** A CONNECT as the parser leaves it. */
export interface ConnectPacket {
  readonly protocolId?: string;
  readonly protocolVersion?: number;
  readonly length?: number;
  readonly clientId: string;
  readonly clean?: boolean;
  readonly keepalive?: number;
  readonly username?: string;
  readonly password?: Uint8Array;
  readonly will?: Will;
}
interface Will {
  readonly topic: string;
  readonly payload: Uint8Array | string;
  readonly qos?: number;
  readonly retain?: boolean;
}

/** Why a CONNECT is refused, with the return code of its CONNACK (MQTT 3.1.1, table 3.1). */
export interface ConnectFault {
  readonly reason: string;
  readonly code: 2 | 3 | 4 | 5;
}

const maxClientIdBytes = 128;
const maxUsernameBytes = 128;

/**
 * What makes a CONNECT no CONNECT: the connection is closed without an answer [MQTT-3.1.4-1]. The parser
 * reads text leniently and ignores what follows the last field; both show in the length.
 */
export function malformedConnect(packet: ConnectPacket): string | undefined {
  if (packet.protocolVersion === 5) return undefined; // answered with code 1
  if (packet.length !== undefined && packet.length !== encodedLength(packet)) return 'connect_length';
  if (![packet.clientId, packet.username ?? '', packet.will?.topic ?? ''].every(isWireText)) {
    return 'connect_utf8'; // [MQTT-1.5.3-1] [MQTT-1.5.3-2]
  }
  if (packet.password !== undefined && packet.username === undefined) return 'password_alone'; // [MQTT-3.1.2-22]
  if (packet.will && (packet.will.qos ?? 0) > 2) return 'will_qos'; // [MQTT-3.1.2-14]
  return undefined;
}

const isWireText = (text: string): boolean => isCleanText(text, 65_535);

/** The remaining length this CONNECT has when nothing stands behind its last field. */
function encodedLength(packet: ConnectPacket): number {
  const field = (value: string | Uint8Array): number =>
    2 + (typeof value === 'string' ? Buffer.byteLength(value) : value.length);
  let length = field(packet.protocolId ?? 'MQTT') + 4 + field(packet.clientId);
  if (packet.will) length += field(packet.will.topic) + field(packet.will.payload);
  if (packet.username !== undefined) length += field(packet.username);
  if (packet.password !== undefined) length += field(packet.password);
  return length;
}

/** What is refused before the credential is looked at. */
export function connectFault(packet: ConnectPacket, maxKeepaliveS: number): ConnectFault | undefined {
  const { clientId, keepalive = 0 } = packet;
  if (clientId === '' && packet.clean !== true) return { reason: 'client_id_empty', code: 2 }; // [MQTT-3.1.3-8]
  if (!isCleanText(clientId, maxClientIdBytes)) return { reason: 'client_id_long', code: 2 };
  if (!isCleanText(packet.username ?? '', maxUsernameBytes)) return { reason: 'username_long', code: 4 };
  // Without a keepalive a dead peer would be held for ever; `keepaliveLimit` of aedes answers 6, which
  // MQTT 3.1.1 does not define.
  if (keepalive === 0 || keepalive > maxKeepaliveS) return { reason: 'keepalive', code: 5 };
  return undefined;
}

const sessionRandom = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Whether the client id belongs to the credential. It is what a session and its queue hang on, so whoever
 * may choose it freely could take over another's.
 *
 * @returns the name inside the broker, or undefined when the id is not this principal's
 */
export function identityOf(principal: Principal, clientId: string, random: () => string): string | undefined {
  switch (principal.kind) {
    case 'device':
      return clientId === `${principal.org}.${principal.device}` ? clientId : undefined;
    case 'api':
      return clientId === `_server.${principal.instance}` ? clientId : undefined;
    case 'claim':
      return clientId === `claim.${principal.code}` ? clientId : undefined;
    case 'user': {
      // Any id will do with a token, since it is one only within that token. U+0000 cannot be in a client id.
      if (principal.via === 'token') return `\u0000${principal.credential}\u0000${clientId || random()}`;
      const prefix = `u.${principal.user}.`;
      return clientId.startsWith(prefix) && sessionRandom.test(clientId.slice(prefix.length))
        ? clientId
        : undefined;
    }
  }
}

/** A will is a device's own `presence` or the api's `_server/state`, by the rights of a publish. */
export function isWillAllowed(principal: Principal, will: Will): boolean {
  if (!isTopicName(will.topic)) return false;
  const key = matchTopic(will.topic)?.key;
  const flags = { qos: will.qos ?? 0, retain: will.retain === true, empty: will.payload.length === 0 };
  return (
    key === (principal.kind === 'device' ? 'presence' : 'serverState') &&
    !flags.empty &&
    allows(principal, 'publish', will.topic, flags)
  );
}
