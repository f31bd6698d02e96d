import { expect, test } from 'vitest';
import { FrameGuard } from './frame-guard.ts';
import { connectPacket, pingPacket, publishPacket, subscribePacket } from './test/raw.ts';

/** A guard that has seen a CONNECT. */
function connected(): FrameGuard {
  const guard = new FrameGuard();
  guard.read(connectPacket(), 0);
  return guard;
}

/** A PUBLISH of exactly this many bytes in all. */
const ofSize = (bytes: number) => {
  const packet = publishPacket('t', Buffer.alloc(bytes - 6));
  return packet.length === bytes ? packet : publishPacket('t', Buffer.alloc(2 * bytes - 6 - packet.length));
};

test('packet by packet it tells where the body begins and the next packet does', () => {
  const packets = [connectPacket(), pingPacket, publishPacket('a', 'x'.repeat(300)), publishPacket('b', '')];
  const bytes = Buffer.concat(packets);
  const guard = new FrameGuard();
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; at = guard.end) {
    expect(guard.read(bytes, at)).toBe(true);
    found.push(bytes.subarray(at, guard.end));
  }
  expect(found).toEqual(packets);
  guard.read(bytes, packets[0]!.length + 2);
  expect(guard.first).toBe(0x30);
  expect(guard.bodyAt).toBe(packets[0]!.length + 2 + 3);
});

test('a header that is cut is no violation, and is read again when more of it is there', () => {
  const guard = connected();
  const packet = publishPacket('a', 'x'.repeat(300));
  for (let there = 0; there < 3; there++) {
    expect(guard.read(packet.subarray(0, there), 0)).toBe(false);
    expect(guard.end).toBe(0);
  }
  expect(guard.read(packet.subarray(0, 3), 0)).toBe(true);
  expect(guard.end).toBe(packet.length);
  expect(guard.violation).toBeUndefined();
});

test.each([
  ['4 KiB before CONNECT is through', 4_096, undefined],
  ['one byte more', 4_097, 'too_large'],
])('%s: %s bytes, %s', (_what, bytes, violation) => {
  const guard = connected();
  const packet = ofSize(bytes);
  expect(packet).toHaveLength(bytes);
  guard.read(packet, 0);
  expect(guard.violation).toBe(violation);
});

test('after CONNECT a packet may have 64 KiB, and not one byte more', () => {
  const guard = connected();
  guard.open(65_536);
  guard.read(ofSize(65_536), 0);
  expect(guard.violation).toBeUndefined();
  guard.read(ofSize(65_537), 0);
  expect(guard.violation).toBe('too_large');
});

test('a packet is refused by its header alone, before a byte of its body', () => {
  const guard = new FrameGuard();
  expect(guard.read(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]), 0)).toBe(false);
  expect(guard.violation).toBe('too_large');
});

test.each([
  ['anything before CONNECT', [0xc0, 0], 'first_not_connect'],
  ['type 0', [0x00, 0], 'reserved_type'],
  ['type 15', [0xf0, 0], 'reserved_type'],
  ['a length of five bytes', [0x10, 0x80, 0x80, 0x80, 0x80, 1], 'bad_length'],
] as const)('%s is a violation, and a final one', (_what, bytes, violation) => {
  const guard = new FrameGuard();
  guard.read(Buffer.from(bytes), 0);
  expect(guard.violation).toBe(violation);
  expect(guard.read(pingPacket, 0)).toBe(false);
});

test('the filters of a SUBSCRIBE are counted, and more than a packet may name are a violation', () => {
  const guard = connected();
  guard.open(65_536, 3);
  const count = (packet: Buffer) => {
    guard.read(packet, 0);
    return guard.countFilters(packet);
  };
  expect(count(subscribePacket(['a/b']))).toBe(1);
  expect(count(subscribePacket(['a/b', '+', 'c'.repeat(300)]))).toBe(3);
  // An UNSUBSCRIBE has no QoS behind its filters.
  expect(count(Buffer.from([0xa2, 8, 0, 1, 0, 1, 0x61, 0, 1, 0x62]))).toBe(2);
  expect(guard.violation).toBeUndefined();
  expect(count(subscribePacket(['a', 'b', 'c', 'd']))).toBe(4);
  expect(guard.violation).toBe('too_many_filters');
});

test('a list that ends within a filter is counted no further than its packet', () => {
  const guard = connected();
  const cut = Buffer.from([0x82, 7, 0, 1, 0, 200, 0x61, 1, 0, 0xff, 0xff]);
  guard.read(cut, 0);
  expect(guard.countFilters(cut)).toBe(1);
});
