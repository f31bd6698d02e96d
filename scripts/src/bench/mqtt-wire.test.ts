import { type Packet, parser } from 'mqtt-packet';
import { expect, test } from 'vitest';
import {
  connectPacket,
  createPacketReader,
  packetTypes,
  pubackPacket,
  publishPacket,
  readPublish,
  subscribePacket,
} from './mqtt-wire.ts';

/** What a library makes of our bytes. */
function parsed(bytes: Buffer): Packet[] {
  const packets: Packet[] = [];
  const reader = parser({ protocolVersion: 4 });
  reader.on('packet', (packet) => packets.push(packet));
  reader.on('error', (error) => {
    throw error;
  });
  reader.parse(bytes);
  return packets;
}

test('CONNECT says MQTT 3.1.1, a clean session and who it is', () => {
  const bytes = connectPacket({ clientId: 'demo.dev-1', password: 'segredo', keepaliveS: 300 });
  expect(parsed(bytes)).toMatchObject([
    {
      cmd: 'connect',
      protocolVersion: 4,
      clean: true,
      clientId: 'demo.dev-1',
      username: 'demo.dev-1',
      password: Buffer.from('segredo'),
      keepalive: 300,
    },
  ]);
});

test('SUBSCRIBE asks for QoS 1 on each filter', () => {
  expect(parsed(subscribePacket(9, ['a/+', 'b']))).toMatchObject([
    {
      cmd: 'subscribe',
      messageId: 9,
      subscriptions: [
        { topic: 'a/+', qos: 1 },
        { topic: 'b', qos: 1 },
      ],
    },
  ]);
});

test.each([0, 100, 127, 128, 16_383, 16_384, 60_000])('PUBLISH carries a payload of %i bytes', (length) => {
  const payload = 'x'.repeat(length);
  expect(parsed(publishPacket(513, 'jarros/é', payload, true))).toMatchObject([
    {
      cmd: 'publish',
      messageId: 513,
      topic: 'jarros/é',
      qos: 1,
      retain: true,
      payload: Buffer.from(payload),
    },
  ]);
});

test('PUBACK names its packet', () => {
  expect(parsed(pubackPacket(65_535))).toMatchObject([{ cmd: 'puback', messageId: 65_535 }]);
});

test('packets are found however the stream is cut', () => {
  const stream = Buffer.concat([
    publishPacket(7, 'a/b', 'x'.repeat(200), false),
    pubackPacket(8),
    publishPacket(9, 'c', '', true),
  ]);
  for (let size = 1; size <= stream.length; size++) {
    const seen: [number, string | number][] = [];
    const read = createPacketReader((type, flags, body) => {
      const what = type === packetTypes.publish ? readPublish(flags, body).topic : body.readUInt16BE(0);
      seen.push([type, what]);
    });
    for (let at = 0; at < stream.length; at += size) read(stream.subarray(at, at + size));
    expect(seen).toEqual([
      [packetTypes.publish, 'a/b'],
      [packetTypes.puback, 8],
      [packetTypes.publish, 'c'],
    ]);
  }
});

test('a PUBLISH with QoS 0 has no packet id', () => {
  const body = Buffer.concat([Buffer.from([0, 1]), Buffer.from('t'), Buffer.from('payload')]);
  expect(readPublish(0, body)).toEqual({ topic: 't', id: 0, payload: Buffer.from('payload') });
});

test('a remaining length of five bytes is no MQTT', () => {
  const read = createPacketReader(() => {});
  expect(() => read(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 1]))).toThrow('remaining length');
});
