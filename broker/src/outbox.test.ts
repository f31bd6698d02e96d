import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { gatherWrites, unsentBytes } from './outbox.ts';

/** A stream that shows what reaches the system, and takes it when told. */
function sink({ highWaterMark = 1_024 * 1_024, slow = false } = {}) {
  const taken: string[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Duplex({
    writableHighWaterMark: highWaterMark,
    read() {},
    write(chunk: Buffer, _encoding, done) {
      taken.push(chunk.toString());
      if (slow) waiting.push(done);
      else done();
    },
  });
  gatherWrites(stream);
  return { stream, taken, resume: () => waiting.shift()?.() };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('what is written in one turn goes out in one piece, in order', async () => {
  const { stream, taken } = sink();
  stream.write(Buffer.from([0x30]));
  stream.write('tópico');
  stream.write(Buffer.from(' payload'));
  expect(taken).toEqual([]);
  expect(unsentBytes(stream)).toBe(16);
  await turn();
  expect(taken).toEqual(['0tópico payload']);
  expect(unsentBytes(stream)).toBe(0);
});

test('a large piece goes as it is, behind what was gathered before', () => {
  const { stream, taken } = sink();
  const large = 'x'.repeat(16_384);
  stream.write('head ');
  stream.write(Buffer.from(large));
  expect(taken).toEqual(['head ', large]);
});

test('a turn that writes a lot is sent in between', () => {
  const { stream, taken } = sink();
  for (let i = 0; i < 40; i++) stream.write(Buffer.alloc(8_192, 'x'));
  expect(taken.length).toBe(5);
  expect(unsentBytes(stream)).toBeLessThan(64 * 1_024);
});

test('a stream that has more than it may hold says so, and drains', async () => {
  const { stream, resume } = sink({ highWaterMark: 10, slow: true });
  expect(stream.write('twelve bytes')).toBe(true);
  await turn();
  expect(stream.write('more')).toBe(false);
  const drained = new Promise((resolve) => stream.once('drain', resolve));
  resume();
  await turn();
  resume();
  await drained;
});

test('the callback of a write comes after everything before it has left', async () => {
  const { stream, taken } = sink();
  stream.write('first');
  await new Promise<void>((resolve) => stream.write(Buffer.alloc(0), () => resolve()));
  expect(taken[0]).toBe('first');
});

test('what was gathered is sent before the end', async () => {
  const { stream, taken } = sink();
  stream.write('last word');
  await new Promise<void>((resolve) => stream.end(() => resolve()));
  expect(taken).toEqual(['last word']);
});
