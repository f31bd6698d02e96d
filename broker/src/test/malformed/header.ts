import { bytes, connect, framed, id, login, number, own, ping, publish, subscribe, text } from '../bytes.ts';
import { type Row, range, rows } from './row.ts';

/** Which packet may come when, and its fixed header. */

const good = connect();
const packetTypes = [
  'type 0',
  'CONNECT',
  'CONNACK',
  'PUBLISH',
  'PUBACK',
  'PUBREC',
  'PUBREL',
  'PUBCOMP',
  'SUBSCRIBE',
  'SUBACK',
  'UNSUBSCRIBE',
  'UNSUBACK',
  'PINGREQ',
  'PINGRESP',
  'DISCONNECT',
  'type 15',
] as const;

/** A right packet of each type that a client sends after CONNECT. */
const rightPackets: Readonly<Record<string, Buffer>> = {
  PUBLISH: publish(`${own}/telemetry`),
  PUBACK: framed(0x40, number(1)),
  PUBREC: framed(0x50, number(1)),
  PUBREL: framed(0x62, number(1)),
  PUBCOMP: framed(0x70, number(1)),
  SUBSCRIBE: subscribe(`${own}/cmd/+`),
  UNSUBSCRIBE: framed(0xa2, number(1), text(`${own}/cmd/+`)),
  PINGREQ: ping,
  DISCONNECT: bytes(0xe0, 0),
};

/** Openings of other protocols, which ports hear all day. */
const strangers: Readonly<Record<string, Buffer>> = {
  'an HTTP request': Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
  'an HTTP POST': Buffer.from(`POST /mqtt HTTP/1.1\r\nContent-Length: 99\r\n\r\n${'x'.repeat(99)}`),
  'a WebSocket upgrade': Buffer.from(
    'GET /mqtt HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  ),
  'the preface of HTTP/2': Buffer.from(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\0'.repeat(99)}`),
  'a TLS ClientHello': bytes(0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3),
  'the banner of SSH': Buffer.from('SSH-2.0-OpenSSH_9.6\r\n'),
  'a command of SMTP': Buffer.from('EHLO x\r\n'),
  'a command of Redis': Buffer.from('*1\r\n$4\r\nPING\r\n'),
  'a line of JSON': Buffer.from('{"op":"hello"}\n'),
  '64 zero bytes': Buffer.alloc(64),
  '64 bytes of 0xff': Buffer.alloc(64, 0xff),
};

/** A length on the wire that is written in more bytes than it takes. */
const padded = (first: number, body: Buffer): Buffer =>
  Buffer.concat([bytes(first, body.length | 0x80, 0), body]);

/** This packet cut to each length, its remaining length set right: each is another malformed packet. */
function* cuts(name: string, packet: Buffer, from: number, to: number) {
  for (const end of range(from, to)) {
    const what = `a ${name} that ends after ${end} of ${packet.length} bytes`;
    yield [what, framed(packet[0] as number, packet.subarray(2, end))] as const;
  }
}

const entry = publish(`${own}/jobs/1/start`, { first: 0x32, messageId: 7 });

export const headerRows: readonly Row[] = [
  ...rows(
    'order',
    'new',
    'MQTT-3.1.0-1',
    packetTypes.flatMap((name, type) =>
      type === 1 ? [] : [[`an empty ${name} before CONNECT`, bytes(type << 4, 0)] as const],
    ),
  ),
  ...rows(
    'order',
    'new',
    'MQTT-3.1.0-1',
    Object.entries(rightPackets).map(([name, packet]) => [`a right ${name} before CONNECT`, packet] as const),
  ),
  ...rows('order', 'connected', 'MQTT-3.1.0-2', [
    ['a second CONNECT', good],
    [
      'a second CONNECT of another client',
      connect({ fields: [text('demo.pe'), text('demo.pe'), text('pe')] }),
    ],
    ['a second CONNECT with a wrong password', connect({ fields: [id, text('demo.mao'), text('no')] })],
  ]),
  ...rows('order', 'new', 'MQTT-3.1.0-2', [
    ['two CONNECTs in one write', Buffer.concat([good, good]), 'accepted, then closed'],
    [
      'an empty SUBSCRIBE behind CONNECT in one write',
      Buffer.concat([good, bytes(0x82, 0)]),
      'closed',
      'MQTT-3.8.3-3',
    ],
    [
      'a DISCONNECT behind CONNECT in one write',
      Buffer.concat([good, bytes(0xe0, 0)]),
      'accepted, then closed',
      '3.14',
    ],
  ]),
  ...rows('order', 'connected', 'MQTT-4.8.0-1', [
    ['CONNACK from a client', framed(0x20, bytes(0, 0))],
    ['SUBACK from a client', framed(0x90, bytes(0, 1, 0))],
    ['UNSUBACK from a client', framed(0xb0, number(1))],
    ['PINGRESP from a client', bytes(0xd0, 0)],
  ]),
  ...rows('strangers', 'new', 'MQTT-3.1.0-1', Object.entries(strangers)),
  ...rows('strangers', 'connected', 'MQTT-2.2.2-2', Object.entries(strangers)),

  ...rows(
    'reserved bits',
    'connected',
    'MQTT-2.2.2-2',
    Object.entries(rightPackets)
      .filter(([name]) => name !== 'PUBLISH')
      .flatMap(([name, packet]) =>
        range(1, 16).map((wrong) => {
          const flags = ((packet[0] as number) & 15) ^ wrong;
          const first = bytes(((packet[0] as number) & 0xf0) | flags);
          return [`${name} with flags ${flags}`, Buffer.concat([first, packet.subarray(1)])] as const;
        }),
      ),
  ),
  ...rows(
    'reserved bits',
    'new',
    'MQTT-2.2.2-2',
    range(1, 16).map(
      (flags) => [`CONNECT with flags ${flags}`, framed(0x10 | flags, good.subarray(2))] as const,
    ),
  ),
  ...rows('reserved types', 'connected', '2.2.1', [
    ['type 0', bytes(0, 0)],
    ['type 0 with a body', framed(0, bytes(1, 2))],
    ['type 15', bytes(0xf0, 0)],
    ['type 15 with a body', framed(0xf0, bytes(0, 0))],
  ]),

  ...rows('length', 'new', '2.2.3', [
    ['five length bytes before CONNECT', bytes(0x10, 0xff, 0xff, 0xff, 0xff, 1)],
    ['a CONNECT of 256 MiB', bytes(0x10, 0xff, 0xff, 0xff, 0x7f)],
    ['a CONNECT of 4,097 bytes', connect({ fields: [text('x'.repeat(4_067)), ...login] })],
    ['a CONNECT of nothing', bytes(0x10, 0)],
    [
      'a CONNECT whose length is written in two bytes more than it takes',
      padded(0x10, good.subarray(2)),
      'goes on',
    ],
  ]),
  ...rows('length', 'connected', '2.2.3', [
    ['five length bytes', bytes(0x30, 0x80, 0x80, 0x80, 0x80, 1)],
    ['a PUBLISH of 64 KiB and one byte', publish(`${own}/telemetry`, { payload: 'x'.repeat(65_536) })],
    ['a PUBLISH of 64 MiB, announced', bytes(0x30, 0x80, 0x80, 0x80, 0x20)],
    ['a SUBSCRIBE of 64 KiB and one byte, announced', bytes(0x82, 0x81, 0x80, 0x04)],
    ['a PINGREQ whose length is written in two bytes', bytes(0xc0, 0x80, 0), 'goes on'],
    ['a PINGREQ whose length is written in four bytes', bytes(0xc0, 0x80, 0x80, 0x80, 0), 'goes on'],
    ['a PINGREQ whose length is written in five bytes', bytes(0xc0, 0x80, 0x80, 0x80, 0x80, 0)],
  ]),
  ...rows('length', 'connected', '2.2.3', [
    ...range(0, 2).map((n) => [`a PUBACK of ${n} bytes`, framed(0x40, Buffer.alloc(n, 1))] as const),
    ...range(0, 2).map((n) => [`a PUBREC of ${n} bytes`, framed(0x50, Buffer.alloc(n, 1))] as const),
    ...range(0, 2).map((n) => [`a PUBREL of ${n} bytes`, framed(0x62, Buffer.alloc(n, 1))] as const),
    ...range(0, 2).map((n) => [`a PUBCOMP of ${n} bytes`, framed(0x70, Buffer.alloc(n, 1))] as const),
    ['a PUBACK of three bytes', framed(0x40, bytes(0, 1, 0))],
    ['a PUBREC of three bytes', framed(0x50, bytes(0, 1, 0))],
    ['a PUBREL of three bytes', framed(0x62, bytes(0, 1, 0))],
    ['a PUBCOMP of three bytes', framed(0x70, bytes(0, 1, 0))],
    ['a PINGREQ with a body', framed(0xc0, bytes(1))],
    ['a DISCONNECT with a body', framed(0xe0, bytes(1))],
    ['a DISCONNECT as in MQTT 5', framed(0xe0, bytes(0, 0))],
  ]),

  ...rows('cut', 'new', 'MQTT-3.1.4-1', cuts('CONNECT', good, 2, good.length)),
  ...rows('cut', 'connected', 'MQTT-4.8.0-1', cuts('SUBSCRIBE', subscribe(`${own}/cmd/+`), 2, 38)),
  ...rows(
    'cut',
    'connected',
    'MQTT-4.8.0-1',
    cuts('UNSUBSCRIBE', framed(0xa2, number(1), text(`${own}/cmd/+`)), 2, 37),
  ),
  // From the packet id on, what is cut off is payload.
  ...rows('cut', 'connected', 'MQTT-4.8.0-1', cuts('QoS 1 PUBLISH', entry, 2, entry.length - 2)),

  ...rows('silence', 'new', '3.1.4', [
    ['nothing at all', bytes(), 'waits'],
    ...range(1, good.length).map(
      (n) => [`${n} of ${good.length} bytes of a CONNECT`, good.subarray(0, n), 'waits'] as const,
    ),
    ['a CONNECT of 4,096 bytes, announced', bytes(0x10, 0xfd, 0x1f), 'waits'],
  ]),
];
