import { topicRoot, topics } from '@yaguts/shared';
import type { BrokerLimits } from './caps.ts';
import type { LastOnline } from './last-online.ts';
import type { Link } from './link.ts';
import { lookUp } from './look-up.ts';
import type { RetainedStore } from './retained-store.ts';
import { allows } from './rights.ts';

/** A PUBLISH as the parser leaves it. */
export interface Publish {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly qos: number;
  readonly retain: boolean;
}

/** Any packet as the parser leaves it. */
export interface ParsedPacket {
  readonly cmd: string;
  /** Its remaining length. */
  readonly length?: number;
  readonly messageId?: number;
  readonly subscriptions?: { topic: string; qos: number }[];
  readonly unsubscriptions?: readonly string[];
  readonly topic?: string;
  readonly payload?: string | Uint8Array;
}

/** Remaining lengths that are fixed (MQTT 3.1.1, sections 3.4 to 3.7, 3.12, 3.14); the parser takes any. */
const fixedLengths: Readonly<Record<string, number>> = {
  puback: 2,
  pubrec: 2,
  pubrel: 2,
  pubcomp: 2,
  pingreq: 0,
  disconnect: 0,
};

/** What makes a packet malformed that the parser has let through. */
export function packetFault(packet: ParsedPacket): 'packet_id' | 'packet_length' | 'packet_utf8' | undefined {
  // [MQTT-2.3.1-1]: a packet id is never 0; −1 is what the parser makes of one that is not there.
  if (packet.messageId !== undefined && packet.messageId < 1) return 'packet_id';
  const fixed = fixedLengths[packet.cmd];
  if (fixed !== undefined) return packet.length === fixed ? undefined : 'packet_length';
  if (packet.cmd === 'publish') return isIdBorrowed(packet) ? 'packet_length' : undefined;
  const filters = packet.subscriptions?.map(({ topic }) => topic) ?? packet.unsubscriptions;
  if (filters?.length === 0) return 'packet_length'; // [MQTT-3.8.3-3] [MQTT-3.10.3-2]
  return filters?.some((filter) => notUtf8.test(filter)) ? 'packet_utf8' : undefined;
}

// What a lenient decoder makes of ill-formed UTF-8 [MQTT-1.5.3-1], and NUL [MQTT-1.5.3-2].
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what is looked for
const notUtf8 = /[\u0000\ufffd]/;

/** A PUBLISH that ends before its packet id: the parser then takes the id from the packet behind it. */
function isIdBorrowed({ messageId, length = 0, topic = '', payload }: ParsedPacket): boolean {
  if (messageId === undefined || payload?.length !== 0) return false;
  return length < 2 + Buffer.byteLength(topic) + 2;
}

/** Why a PUBLISH closes its connection: MQTT 3.1.1 has no other answer to one [MQTT-3.3.5-2]. */
export function publishFault(
  link: Link | undefined,
  packet: Publish,
  lastOnline: LastOnline,
): 'revoked' | 'qos2' | 'rights' | 'stale_lost' | undefined {
  if (!link?.principal || link.revoked) return 'revoked';
  if (packet.qos === 2) return 'qos2';
  const flags = { qos: packet.qos, retain: packet.retain, empty: packet.payload.length === 0 };
  if (!allows(link.principal, 'publish', packet.topic, flags)) return 'rights';
  const match = lookUp(packet.topic);
  const isNews = match?.key !== 'presence' || lastOnline.admits(match, packet.payload);
  return isNews ? undefined : 'stale_lost';
}

/**
 * Why a filter is answered with 0x80.
 *
 * @param replays replays of retained messages that this connection has not taken yet
 */
export function subscribeFault(
  link: Link | undefined,
  filter: string,
  limits: BrokerLimits,
  replays: number,
): 'revoked' | 'rights' | 'filters' | 'replays' | undefined {
  if (!link?.principal || link.revoked) return 'revoked';
  if (!allows(link.principal, 'subscribe', filter)) return 'rights';
  const { filters } = link;
  const isOneTooMany = filters && !filters.has(filter) && filters.size >= limits.filtersPerConnection;
  if (isOneTooMany) return 'filters';
  // Each filter may come alone; asking again without reading must not pile up.
  return replays >= limits.filtersPerConnection ? 'replays' : undefined;
}

/**
 * Why a message that wants to be retained is passed on without: too large for its row, or one topic too many
 * for its device. It still reaches the api, which files it; a device cut off for it would only come back
 * with it.
 */
export function unfitToRetain(
  link: Link,
  packet: Publish,
  retained: RetainedStore,
  limits: BrokerLimits,
): 'too_large' | 'device_full' | undefined {
  const match = lookUp(packet.topic);
  const { principal } = link;
  if (!packet.retain || !match || principal?.kind !== 'device') return undefined;
  if (packet.payload.length > topics[match.key].maxBytes) return 'too_large';
  if (retained.get(packet.topic)) return undefined;
  const own = retained.countUnder(`${topicRoot}/${principal.org}/devices/${principal.device}`);
  return own < limits.retainedPerDevice ? undefined : 'device_full';
}
