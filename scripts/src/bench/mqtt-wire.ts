/**
 * MQTT 3.1.1 packets as bytes, just enough for a load generator: a client library would cost more than the
 * broker it is meant to load.
 */

export const packetTypes = { connack: 2, publish: 3, puback: 4, suback: 9 } as const;

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** Fixed header and body. Remaining length in groups of seven bits [MQTT-2.2.3]. */
function packet(first: number, ...parts: readonly Buffer[]): Buffer {
  const header = [first];
  let left = parts.reduce((sum, part) => sum + part.length, 0);
  do {
    const group = left % 128;
    left = Math.floor(left / 128);
    header.push(left > 0 ? group | 0x80 : group);
  } while (left > 0);
  return Buffer.concat([Buffer.from(header), ...parts]);
}

const packetId = (id: number): Buffer => Buffer.from([id >> 8, id & 0xff]);

/** CONNECT with a clean session, user name (the client id, when left out) and password; no will. */
export function connectPacket(who: {
  clientId: string;
  userName?: string;
  password: string;
  keepaliveS: number;
}): Buffer {
  const flags = 0xc2;
  const variable = Buffer.from([
    0,
    4,
    0x4d,
    0x51,
    0x54,
    0x54,
    4,
    flags,
    who.keepaliveS >> 8,
    who.keepaliveS & 0xff,
  ]);
  return packet(0x10, variable, text(who.clientId), text(who.userName ?? who.clientId), text(who.password));
}

/** SUBSCRIBE to filters with QoS 1. */
export function subscribePacket(id: number, filters: readonly string[]): Buffer {
  return packet(
    0x82,
    packetId(id),
    ...filters.map((filter) => Buffer.concat([text(filter), Buffer.from([1])])),
  );
}

/** PUBLISH with QoS 1. */
export function publishPacket(id: number, topic: string, payload: string, retain: boolean): Buffer {
  return packet(0x32 | (retain ? 1 : 0), text(topic), packetId(id), Buffer.from(payload));
}

export const pubackPacket = (id: number): Buffer => Buffer.from([0x40, 2, id >> 8, id & 0xff]);

export interface Publish {
  readonly topic: string;
  readonly payload: Buffer;
  /** 0 with QoS 0. */
  readonly id: number;
}

/** Takes a PUBLISH body apart. */
export function readPublish(flags: number, body: Buffer): Publish {
  const topicEnd = 2 + body.readUInt16BE(0);
  const qos = (flags >> 1) & 3;
  return {
    topic: body.toString('utf8', 2, topicEnd),
    id: qos > 0 ? body.readUInt16BE(topicEnd) : 0,
    payload: body.subarray(qos > 0 ? topicEnd + 2 : topicEnd),
  };
}

/** Cuts a stream of bytes into packets. */
export function createPacketReader(
  onPacket: (type: number, flags: number, body: Buffer) => void,
): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    let bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    for (;;) {
      const whole = wholePacket(bytes);
      if (!whole) break;
      const first = bytes[0] as number;
      onPacket(first >> 4, first & 0x0f, bytes.subarray(whole.start, whole.end));
      bytes = bytes.subarray(whole.end);
    }
    rest = bytes;
  };
}

/** Where the body of the first packet lies; undefined while it is not all there. */
function wholePacket(bytes: Buffer): { start: number; end: number } | undefined {
  let length = 0;
  for (let at = 1; at <= 4; at++) {
    const group = bytes[at];
    if (group === undefined) return undefined;
    length += (group & 0x7f) * 128 ** (at - 1);
    if ((group & 0x80) === 0) {
      const end = at + 1 + length;
      return bytes.length >= end ? { start: at + 1, end } : undefined;
    }
  }
  throw new Error('a remaining length of more than four bytes');
}
