import {
  bytes,
  connect,
  framed,
  id,
  login,
  number,
  own,
  ping,
  publish,
  subscribe,
  text,
  unsubscribe,
} from '../bytes.ts';
import { type Random, seeded } from './seeded.ts';

/** A stream of packets that was right until something happened to it. */
export interface Mutant {
  /** Sent on a fresh connection, or behind an accepted CONNECT. */
  readonly state: 'new' | 'connected';
  readonly bytes: Buffer;
}

const connects: readonly Buffer[] = [
  connect(),
  connect({ flags: 0xc0 }),
  connect({
    flags: 0xee,
    fields: [id, text(`${own}/presence`), text('{"state":"lost","boot_id":"a1","session":1}'), ...login],
  }),
];
const others: readonly Buffer[] = [
  publish(`${own}/telemetry`),
  publish(`${own}/jobs/1/start`, { first: 0x32, messageId: 7 }),
  publish(`${own}/jobs/1/log/1`, { first: 0x33, messageId: 8, payload: '{"v":1,"job_id":1,"item_ordem":1}' }),
  publish(`${own}/jobs/1/log/1`, { first: 0x33, messageId: 9, payload: '' }),
  subscribe(`${own}/cmd/+`),
  framed(0x82, number(3), text(`${own}/jobs/next`), bytes(1), text('yaguts/v1/_server/state'), bytes(0)),
  unsubscribe(`${own}/cmd/+`),
  framed(0x40, number(1)),
  framed(0x62, number(1)),
  ping,
];
/** Values at the edges of lengths, flags and UTF-8. */
const edges = [0x00, 0x01, 0x7f, 0x80, 0xc0, 0xed, 0xf4, 0xff];

type Change = (stream: Buffer, random: Random) => Buffer;
const at = (stream: Buffer, random: Random): number => random(stream.length);
const set = (stream: Buffer, place: number, value: number): Buffer => {
  const changed = Buffer.from(stream);
  changed[place] = value;
  return changed;
};
const changes: readonly Change[] = [
  function flipABit(stream, random) {
    const place = at(stream, random);
    return set(stream, place, (stream[place] as number) ^ (1 << random(8)));
  },
  function setAByte(stream, random) {
    return set(stream, at(stream, random), random(256));
  },
  function setAnEdge(stream, random) {
    return set(stream, at(stream, random), edges[random(edges.length)] as number);
  },
  function insert(stream, random) {
    const place = at(stream, random);
    const more = Buffer.from(Array.from({ length: 1 + random(4) }, () => random(256)));
    return Buffer.concat([stream.subarray(0, place), more, stream.subarray(place)]);
  },
  function remove(stream, random) {
    const place = at(stream, random);
    return Buffer.concat([stream.subarray(0, place), stream.subarray(place + 1 + random(4))]);
  },
  function repeat(stream, random) {
    const from = at(stream, random);
    const slice = stream.subarray(from, from + 1 + random(16));
    return Buffer.concat([stream.subarray(0, from), slice, stream.subarray(from)]);
  },
  function cut(stream, random) {
    return stream.subarray(0, 1 + at(stream, random));
  },
];

const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T;

/**
 * The mutant with this number, always the same one. Half of them have their remaining length set right again,
 * so that they get past the frame and into the fields. None leaves its last packet unfinished.
 */
export function mutantOf(seed: number): Mutant {
  const random = seeded(seed);
  const state = random(4) === 0 ? 'new' : 'connected';
  const packets = state === 'new' ? [pick(random, connects)] : [];
  for (let n = random(3) + (state === 'new' ? 0 : 1); n > 0; n--) packets.push(pick(random, others));
  const change = (stream: Buffer): Buffer => {
    let changed = stream;
    for (let n = 1 + random(4); n > 0 && changed.length > 0; n--)
      changed = pick(random, changes)(changed, random);
    return changed;
  };
  if (random(2) === 0) {
    const n = random(packets.length);
    const packet = packets[n] as Buffer;
    packets[n] = framed(packet[0] as number, change(packet.subarray(2)));
    return { state, bytes: finished(Buffer.concat(packets)) };
  }
  return { state, bytes: finished(change(Buffer.concat(packets))) };
}

/** With as many zero bytes behind it as its last packet still wants, so that there is always an answer. */
function finished(stream: Buffer): Buffer {
  let end = 0;
  while (end < stream.length) {
    let length = 0;
    let digits = 0;
    let digit: number;
    do {
      digits++;
      digit = stream[end + digits] ?? 0;
      length += (digit & 0x7f) * 128 ** (digits - 1);
    } while (digit & 0x80 && digits < 4);
    // Five length bytes, or more than a packet may have: refused by its header.
    if (digit & 0x80 || length > 65_536) return stream;
    end += 1 + digits + length;
  }
  return Buffer.concat([stream, Buffer.alloc(end - stream.length)]);
}
