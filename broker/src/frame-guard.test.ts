import { expect, test } from 'vitest';
import { FrameGuard } from './frame-guard.ts';
import { connectPacket, pingPacket, publishPacket, subscribePacket } from './test/raw.ts';

const stream = Buffer.concat([
  connectPacket(),
  subscribePacket(['a/b', 'c']),
  pingPacket,
  publishPacket('a', 'x'.repeat(300)),
  publishPacket('b', ''),
]);

test('good packets pass whole, however they are cut', () => {
  for (const size of [1, 2, 3, 7, 64, stream.length]) {
    const guard = new FrameGuard();
    for (let at = 0; at < stream.length; at += size) {
      const chunk = stream.subarray(at, at + size);
      expect(guard.scan(chunk, 0, 0)).toBe(chunk.length);
    }
    expect(guard.violation).toBeUndefined();
    expect(guard.published).toBe(2);
  }
});

/** A PUBLISH of exactly this many bytes in all. */
const ofSize = (bytes: number) => {
  const packet = publishPacket('t', Buffer.alloc(bytes - 6));
  return packet.length === bytes ? packet : publishPacket('t', Buffer.alloc(2 * bytes - 6 - packet.length));
};

test.each([
  ['4 KiB before CONNECT is through', 4_096, undefined],
  ['one byte more', 4_097, 'too_large'],
])('%s: %s bytes, %s', (_what, bytes, violation) => {
  const guard = new FrameGuard();
  guard.scan(connectPacket(), 0, 0);
  const packet = ofSize(bytes);
  expect(packet).toHaveLength(bytes);
  guard.scan(packet, 0, 0);
  expect(guard.violation).toBe(violation);
});

test('after CONNECT a packet may have 64 KiB, and not one byte more', () => {
  const guard = new FrameGuard();
  guard.scan(connectPacket(), 0, 0);
  guard.open(65_536);
  guard.scan(ofSize(65_536), 0, 0);
  expect(guard.violation).toBeUndefined();
  guard.scan(ofSize(65_537), 0, 0);
  expect(guard.violation).toBe('too_large');
});

test('a packet is refused by its header alone, before a byte of its body', () => {
  const guard = new FrameGuard();
  expect(guard.scan(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]), 0, 0)).toBe(5);
  expect(guard.violation).toBe('too_large');
});

test.each([
  ['anything before CONNECT', [0xc0, 0], 'first_not_connect'],
  ['type 0', [0x00, 0], 'reserved_type'],
  ['type 15', [0xf0, 0], 'reserved_type'],
  ['a length of five bytes', [0x10, 0x80, 0x80, 0x80, 0x80, 1], 'bad_length'],
] as const)('%s is a violation, and a final one', (_what, bytes, violation) => {
  const guard = new FrameGuard();
  guard.scan(Buffer.from(bytes), 0, 0);
  expect(guard.violation).toBe(violation);
  expect(guard.scan(pingPacket, 0, 0)).toBe(0);
});

test('over its rate the next PUBLISH waits, other packets before it do not', () => {
  const guard = new FrameGuard();
  guard.scan(connectPacket(), 0, 0);
  guard.limit({ perSecond: 20, burst: 2 }, 0);
  const one = publishPacket('a', 'x');
  const three = Buffer.concat([one, pingPacket, one, pingPacket, one, pingPacket]);
  const passed = 2 * (one.length + pingPacket.length);
  expect(guard.scan(three, 0, 0)).toBe(passed);
  expect(guard.waitMs(0)).toBe(50);
  expect(guard.scan(three, passed, 49)).toBe(0);
  expect(guard.scan(three, passed, 50)).toBe(three.length - passed);
  expect(guard.published).toBe(3);
});

test('a quiet time earns the burst, not more', () => {
  const guard = new FrameGuard();
  guard.scan(connectPacket(), 0, 0);
  guard.limit({ perSecond: 20, burst: 200 }, 0);
  const many = Buffer.concat(Array.from({ length: 500 }, () => publishPacket('a', '')));
  const each = many.length / 500;
  expect(guard.scan(many, 0, 3_600_000)).toBe(200 * each);
});
