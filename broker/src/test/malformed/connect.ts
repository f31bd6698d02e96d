import { bytes, connect, framed, id, login, number, own, text } from '../bytes.ts';
import { type Row, range, rows } from './row.ts';

/** Variable header and payload of CONNECT. */

const will = (
  topic: string | Buffer,
  flags = 0xee,
  message = '{"state":"lost","boot_id":"a1","session":1}',
) => connect({ flags, fields: [id, text(topic), text(message), ...login] });
const presence = `${own}/presence`;

/** A field that says it has `length` bytes and has one. */
const boasting = (length: number): Buffer => Buffer.concat([number(length), bytes(0x61)]);

export const connectRows: readonly Row[] = [
  ...rows(
    'protocol',
    'new',
    'MQTT-3.1.2-1',
    ['', 'mqtt', 'MQtt', 'MQTT ', 'MQTT\0', 'MQT', 'AMQP', 'MQIsdpX', 'x'.repeat(4_000)].map(
      (name) => [`the name ${JSON.stringify(name.slice(0, 10))}`, connect({ name })] as const,
    ),
  ),
  ...rows('protocol', 'new', 'MQTT-3.1.2-2', [
    ...[0, 1, 2, 6, 7, 127, 0x80, 0xff].map((level) => [`level ${level}`, connect({ level })] as const),
    ['level 3 under its old name', connect({ name: 'MQIsdp', level: 3 }), 'goes on'],
    ['MQTT 5', framed(0x10, text('MQTT'), bytes(5, 0xc2), number(30), bytes(0), id, ...login), 'refused 1'],
  ]),

  ...rows(
    'flags',
    'new',
    'MQTT-3.1.2-3',
    [0xc3, 0xc1, 0x03, 0xef].map(
      (flags) => [`the reserved flag, in 0x${flags.toString(16)}`, connect({ flags })] as const,
    ),
  ),
  ...rows(
    'flags',
    'new',
    'MQTT-3.1.2-13',
    range(1, 4).map(
      (qos) => [`will QoS ${qos} without a will`, connect({ flags: 0xc2 | (qos << 3) })] as const,
    ),
  ),
  ...rows('flags', 'new', 'MQTT-3.1.2-15', [
    ['will retain without a will', connect({ flags: 0xe2 })],
    ['will retain and will QoS without a will', connect({ flags: 0xea })],
  ]),
  ...rows('flags', 'new', 'MQTT-3.1.2-22', [
    ['a password without a username', connect({ flags: 0x42, fields: [id, text('mao')] })],
    ['a password without a username, clean=0', connect({ flags: 0x40, fields: [id, text('mao')] })],
  ]),
  ...rows('flags', 'new', 'MQTT-3.1.2-9', [
    ['a will that is not there', connect({ flags: 0xc6 })],
    ['a will without its message', connect({ flags: 0x06, fields: [id, text(presence)] })],
  ]),
  ...rows('flags', 'new', 'MQTT-3.1.2-19', [
    ['a username that is not there', connect({ flags: 0x82, fields: [id] })],
    ['a password that is not there', connect({ fields: [id, text('demo.mao')] })],
  ]),
  ...rows('flags', 'new', 'MQTT-3.1.2-18', [
    ['a username that no flag announces', connect({ flags: 0x02 })],
    ['a password that no flag announces', connect({ flags: 0x82 })],
    ['a will that no flag announces', connect({ fields: [id, text(presence), text('{}'), ...login] })],
  ]),

  ...rows('fields', 'new', 'MQTT-3.1.4-1', [
    ['no client id', connect({ fields: [] }), 'closed', 'MQTT-3.1.3-3'],
    ['one byte too many', connect({ fields: [id, ...login, bytes(0)] })],
    ['a hundred bytes too many', connect({ fields: [id, ...login, Buffer.alloc(100)] })],
    ['its password twice', connect({ fields: [id, ...login, text('mao')] })],
    ...[2, 255, 65_535].flatMap((length) => [
      [
        `a client id that says ${length} bytes and has one`,
        connect({ flags: 2, fields: [boasting(length)] }),
      ] as const,
      [
        `a username that says ${length} bytes and has one`,
        connect({ flags: 0x82, fields: [id, boasting(length)] }),
      ] as const,
      [
        `a password that says ${length} bytes and has one`,
        connect({ fields: [id, text('demo.mao'), boasting(length)] }),
      ] as const,
      [
        `a will topic that says ${length} bytes and has one`,
        connect({ flags: 6, fields: [id, boasting(length)] }),
      ] as const,
      [
        `a will message that says ${length} bytes and has one`,
        connect({ flags: 6, fields: [id, text(presence), boasting(length)] }),
      ] as const,
    ]),
  ]),
  ...rows('credential', 'new', '3.2.2.3', [
    ['no credential', connect({ flags: 2, fields: [id] }), 'refused 4'],
    ['a username alone', connect({ flags: 0x82, fields: [id, text('demo.mao')] }), 'refused 4'],
    ['an empty username and password', connect({ fields: [id, text(''), text('')] }), 'refused 4'],
    ['a wrong password', connect({ fields: [id, text('demo.mao'), text('nao')] }), 'refused 4'],
    [
      'a password of 3,000 zero bytes',
      connect({ fields: [id, text('demo.mao'), text(Buffer.alloc(3_000))] }),
      'refused 4',
    ],
    ['a username of 200 bytes', connect({ fields: [id, text('x'.repeat(200)), text('mao')] }), 'refused 4'],
  ]),
  ...rows('client id', 'new', 'MQTT-3.1.3-9', [
    [
      'empty with clean=0',
      connect({ flags: 0xc0, fields: [text(''), ...login] }),
      'refused 2',
      'MQTT-3.1.3-8',
    ],
    ['empty with clean=1, of a device', connect({ fields: [text(''), ...login] }), 'refused 2'],
    ['of 129 bytes', connect({ fields: [text('x'.repeat(129)), ...login] }), 'refused 2'],
    ['of 4,000 bytes', connect({ fields: [text('x'.repeat(4_000)), ...login] }), 'refused 2'],
    ['of another device', connect({ fields: [text('demo.pe'), ...login] }), 'refused 2'],
    ['of the api', connect({ fields: [text('_server.a'), ...login] }), 'refused 2'],
    ['__proto__', connect({ fields: [text('__proto__'), ...login] }), 'refused 2'],
    ['with a wildcard', connect({ fields: [text('demo.#'), ...login] }), 'refused 2'],
    ['in another case', connect({ fields: [text('Demo.Mao'), ...login] }), 'refused 2'],
  ]),
  ...rows('keepalive', 'new', 'contract', [
    ['0', connect({ keepalive: 0 }), 'refused 5'],
    ['301', connect({ keepalive: 301 }), 'refused 5'],
    ['65,535', connect({ keepalive: 65_535 }), 'refused 5'],
  ]),

  ...rows('will', 'new', 'MQTT-3.1.2-14', [
    ['QoS 3', will(presence, 0xde)],
    ['QoS 3, retained', will(presence, 0xfe)],
  ]),
  ...rows('will', 'new', 'contract', [
    ['QoS 2', will(presence, 0xf6), 'refused 5'],
    ['not retained', will(presence, 0xce), 'refused 5'],
    ['an empty message', will(presence, 0xee, ''), 'refused 5'],
    ["another device's presence", will('yaguts/v1/demo/devices/pe/presence'), 'refused 5'],
    ['a topic of $SYS', will('$SYS/x'), 'refused 5'],
    ['a topic of 1,500 levels', will('/'.repeat(1_500)), 'refused 5'],
  ]),
  ...rows('will', 'new', 'MQTT-4.7.1-1', [
    ...['#', '+', `${own}/+`, `${own}/#`, 'a/#/b', 'a+'].map(
      (topic) => [`a topic with a wildcard, ${topic}`, will(topic), 'refused 5'] as const,
    ),
    ['an empty topic', will(''), 'refused 5', 'MQTT-4.7.3-1'],
  ]),
];
