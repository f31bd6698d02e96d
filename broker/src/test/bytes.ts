/** Packets written by hand, field by field, so that each field can be wrong. Sections are those of MQTT 3.1.1. */

export const bytes = (...values: number[]): Buffer => Buffer.from(values);

/** Two bytes, the high one first (section 1.5.2). */
export const number = (value: number): Buffer => bytes(value >> 8, value & 0xff);

/** A field with its length before it (section 1.5.3). */
export const text = (value: string | Buffer): Buffer => {
  const body = Buffer.from(value);
  return Buffer.concat([number(body.length), body]);
};

/** A remaining length in as few bytes as it takes (section 2.2.3). */
export function remainingLength(value: number): Buffer {
  const digits: number[] = [];
  let rest = value;
  do {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    digits.push(rest > 0 ? digit | 0x80 : digit);
  } while (rest > 0);
  return bytes(...digits);
}

/** A packet with this first byte around these parts, its remaining length right. */
export const framed = (first: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([bytes(first), remainingLength(body.length), body]);
};

interface ConnectParts {
  readonly name?: string | Buffer;
  readonly level?: number;
  readonly flags?: number;
  readonly keepalive?: number;
  /** What stands behind the keepalive: client id, will topic and message, username, password. */
  readonly fields?: readonly Buffer[];
}

/** A CONNECT; what is not given is right, for the device demo/mao. */
export const connect = ({
  name = 'MQTT',
  level = 4,
  flags = 0xc2,
  keepalive = 30,
  fields,
}: ConnectParts = {}) =>
  framed(0x10, text(name), bytes(level, flags), number(keepalive), ...(fields ?? [id, ...login]));

/** Client id of demo/mao, and its username with password. */
export const id: Buffer = text('demo.mao');
export const login: readonly Buffer[] = [text('demo.mao'), text('mao')];

/** Root of the topics that demo/mao may touch. */
export const own = 'yaguts/v1/demo/devices/mao';

export const publish = (
  topic: string | Buffer,
  { first = 0x30, messageId = -1, payload = '{}' } = {},
): Buffer => framed(first, text(topic), messageId < 0 ? bytes() : number(messageId), Buffer.from(payload));

export const subscribe = (filter: string | Buffer, { options = 1, messageId = 9 } = {}): Buffer =>
  framed(0x82, number(messageId), text(filter), bytes(options));

export const unsubscribe = (filter: string | Buffer, messageId = 9): Buffer =>
  framed(0xa2, number(messageId), text(filter));

export const ping: Buffer = bytes(0xc0, 0);
