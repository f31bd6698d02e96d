import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { FrameError, Gate } from './gate.ts';
import { Pace, type Paced } from './pace.ts';
import { connectPacket, pingPacket, publishPacket, subscribePacket } from './test/raw.ts';

const one = (n: number) => publishPacket('t', String(n));
const slow = () => new Pace({ publishes: { perSecond: 0.001, burst: 1 } }, performance.now());

function gated(): { gate: Gate; stream: Readable; read: () => Buffer; asked: () => number; paced: Paced[] } {
  let asked = 0;
  const stream = new Readable({ read: () => void asked++ });
  const gate = new Gate(stream);
  const paced: Paced[] = [];
  gate.onPaced = (kind) => void paced.push(kind);
  const read = () => (stream.read() as Buffer | null) ?? Buffer.alloc(0);
  gate.take(connectPacket());
  gate.pace = slow();
  read();
  return { gate, stream, read, asked: () => asked, paced };
}

test('good packets pass whole, however they are cut', () => {
  const packets = [
    subscribePacket(['a/b', 'c']),
    pingPacket,
    publishPacket('a', 'x'.repeat(3_000)),
    publishPacket('b', ''),
    pingPacket,
  ];
  const bytes = Buffer.concat(packets);
  for (const size of [1, 2, 3, 7, 64, bytes.length]) {
    const { gate, stream } = gated();
    gate.pace = undefined;
    const ends = new Set<number>();
    let passed = 0;
    for (let at = 0; at < bytes.length; at += size) {
      gate.take(bytes.subarray(at, at + size));
      const piece = (stream.read() as Buffer | null) ?? Buffer.alloc(0);
      expect(piece).toEqual(bytes.subarray(passed, passed + piece.length));
      ends.add((passed += piece.length));
    }
    expect(passed).toBe(bytes.length);
    let end = 0;
    const wholes = new Set([0, ...packets.map((packet) => (end += packet.length))]);
    for (const at of ends) expect(wholes).toContain(at);
  }
});

test('what has to wait is kept in order, with everything that comes behind it, and the end comes last', async () => {
  const { gate, stream, read, paced } = gated();
  const ended = new Promise((resolve) => stream.once('end', resolve));
  expect(gate.take(Buffer.concat([one(1), one(2)]))).toBe(false);
  expect(gate.isHolding).toBe(true);
  expect(paced).toEqual(['publishes']);
  expect(read()).toEqual(one(1));
  // A source that cannot stop at once goes on for a moment, and a packet may be cut.
  expect(gate.take(one(3).subarray(0, 2))).toBe(false);
  expect(gate.take(one(3).subarray(2))).toBe(false);
  expect(gate.take(null)).toBe(false);
  expect(read()).toHaveLength(0);
  gate.pace = undefined;
  gate.release();
  expect(Buffer.concat([read(), read()])).toEqual(Buffer.concat([one(2), one(3)]));
  read();
  await ended;
});

test('a rest that still has to wait is held again', () => {
  const { gate, read } = gated();
  gate.take(Buffer.concat([one(1), one(2), one(3)]));
  read();
  gate.pace = slow();
  gate.release();
  expect(read()).toEqual(one(2));
  expect(gate.isHolding).toBe(true);
});

test('when the wait is over the source is asked to go on', () => {
  const { gate, read, asked } = gated();
  gate.take(Buffer.concat([one(1), one(2)]));
  read();
  const before = asked();
  gate.pace = undefined;
  gate.release();
  expect(gate.isHolding).toBe(false);
  expect(asked()).toBeGreaterThan(before);
});

test('what is held for a connection that has closed goes nowhere', () => {
  const { gate, stream } = gated();
  gate.take(Buffer.concat([one(1), one(2)]));
  stream.destroy();
  gate.release();
  expect(gate.isHolding).toBe(false);
});

test('a violation destroys the stream and says which', async () => {
  const { gate, stream } = gated();
  const failed = new Promise((resolve) => stream.once('error', resolve));
  expect(gate.take(Buffer.from([0xf0, 0]))).toBe(false);
  expect(await failed).toEqual(new FrameError('reserved_type'));
});
