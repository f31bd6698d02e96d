import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { FrameError, Gate } from './gate.ts';
import { connectPacket, publishPacket } from './test/raw.ts';

const one = (n: number) => publishPacket('t', String(n));

function gated(): { gate: Gate; stream: Readable; read: () => Buffer } {
  const stream = new Readable({ read() {} });
  const gate = new Gate(stream);
  const read = () => (stream.read() as Buffer | null) ?? Buffer.alloc(0);
  gate.take(connectPacket());
  gate.guard.limit({ perSecond: 0.001, burst: 1 }, performance.now());
  read();
  return { gate, stream, read };
}

test('what has to wait is kept in order, with everything that comes behind it, and the end comes last', async () => {
  const { gate, stream, read } = gated();
  const ended = new Promise((resolve) => stream.once('end', resolve));
  expect(gate.take(Buffer.concat([one(1), one(2)]))).toBe(false);
  expect(gate.isHolding).toBe(true);
  expect(read()).toEqual(one(1));
  // A source that cannot stop at once goes on for a moment.
  expect(gate.take(one(3))).toBe(false);
  expect(gate.take(null)).toBe(false);
  expect(read()).toHaveLength(0);
  gate.guard.limit({ perSecond: 1e6, burst: 1e6 }, performance.now());
  gate.release();
  expect(read()).toEqual(Buffer.concat([one(2), one(3)]));
  read();
  await ended;
});

test('a rest that still has to wait is held again', () => {
  const { gate, read } = gated();
  gate.take(Buffer.concat([one(1), one(2), one(3)]));
  read();
  gate.guard.limit({ perSecond: 0.001, burst: 1 }, performance.now());
  gate.release();
  expect(read()).toEqual(one(2));
  expect(gate.isHolding).toBe(true);
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
