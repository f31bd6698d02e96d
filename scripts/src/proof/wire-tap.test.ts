import { encode, topic } from '@yaguts/shared';
import { expect, test } from 'vitest';
import { pubackPacket, publishPacket } from '../bench/mqtt-wire.ts';
import { type AckSeen, createWireTap, type ReportSeen } from './wire-tap.ts';

const own = { org: 'prova', device: 'd-1', job_id: 7 };
const entry = publishPacket(
  5,
  topic('jobLog', { ...own, item_ordem: 2 }),
  encode('jobLog', {
    ...{ v: 1, job_id: 7, seq: 1, token: '0123456789abcdef', item_ordem: 2, frasco: 1, segundos: 1 },
    ...{ status: 'done', error: null, boot_id: 'a1', uptime_ms: 1, ts: null },
  }),
  true,
);
const ack = publishPacket(
  9,
  topic('jobAck', own),
  encode('jobAck', { token: '0123456789abcdef', itens: [1, 2], complete: false }),
  false,
);

function listen() {
  const reported: ReportSeen[] = [];
  const pubacked: ReportSeen[] = [];
  const acked: AckSeen[] = [];
  const tap = createWireTap({
    reported: (report) => reported.push(report),
    pubacked: (report) => pubacked.push(report),
    acked: (word) => acked.push(word),
  });
  return { tap, reported, pubacked, acked };
}

test('an entry, its PUBACK and its ack are heard, byte by byte as well as at once', () => {
  for (const size of [1, 7, 10_000]) {
    const { tap, reported, pubacked, acked } = listen();
    const feed = (to: (chunk: Buffer) => void, bytes: Buffer): void => {
      for (let at = 0; at < bytes.length; at += size) to(bytes.subarray(at, at + size));
    };
    feed(tap.up, entry);
    expect(reported).toMatchObject([{ device: 'd-1', jobId: 7, item: 2 }]);
    expect(pubacked).toEqual([]);
    feed(tap.down, Buffer.concat([pubackPacket(5), ack]));
    expect(pubacked).toMatchObject([{ jobId: 7, item: 2 }]);
    expect(acked).toEqual([{ device: 'd-1', jobId: 7, itens: [1, 2], complete: false }]);
  }
});

test('a PUBACK for something else is no PUBACK for an entry', () => {
  const { tap, pubacked } = listen();
  tap.up(entry);
  tap.down(pubackPacket(6));
  expect(pubacked).toEqual([]);
});

test('bytes that are no MQTT end the listening and throw nothing', () => {
  const { tap, reported } = listen();
  tap.up(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff]));
  tap.up(entry);
  expect(reported).toEqual([]);
});
