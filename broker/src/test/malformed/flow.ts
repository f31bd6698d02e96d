import { bytes, framed, number, own, publish, subscribe, text, unsubscribe } from '../bytes.ts';
import { type Row, range, rows } from './row.ts';

/** QoS, packet ids, and the lists of SUBSCRIBE and UNSUBSCRIBE. */

const command = `${own}/cmd/+`;
const start = `${own}/jobs/1/start`;
const acknowledgements = { PUBACK: 0x40, PUBREC: 0x50, PUBREL: 0x62, PUBCOMP: 0x70 } as const;

export const flowRows: readonly Row[] = [
  ...rows(
    'QoS',
    'connected',
    'MQTT-3.3.1-4',
    [0x36, 0x37, 0x3e, 0x3f].map(
      (first) =>
        [
          `PUBLISH with QoS 3, first byte 0x${first.toString(16)}`,
          publish(start, { first, messageId: 1 }),
        ] as const,
    ),
  ),
  ...rows(
    'QoS',
    'connected',
    'contract',
    [0x34, 0x35, 0x3c, 0x3d].map(
      (first) =>
        [
          `PUBLISH with QoS 2, first byte 0x${first.toString(16)}`,
          publish(start, { first, messageId: 1 }),
        ] as const,
    ),
  ),
  ...rows('QoS', 'connected', 'contract', [
    ['a tick with QoS 1', publish(`${own}/telemetry`, { first: 0x32, messageId: 1 })],
    ['a tick that is retained', publish(`${own}/telemetry`, { first: 0x31 })],
    ['a command that is retained', publish(start, { first: 0x33, messageId: 1 })],
    ['a state that is not retained', publish(`${own}/presence`, { first: 0x32, messageId: 1 })],
  ]),
  ...rows('QoS', 'connected', 'MQTT-3.3.1-2', [
    ['DUP on a QoS 0 PUBLISH', publish(`${own}/telemetry`, { first: 0x38 }), 'goes on'],
  ]),
  ...rows(
    'QoS',
    'connected',
    'MQTT-3-8.3-4',
    [3, 4, 5, 8, 0x10, 0x20, 0x40, 0x80, 0xff].map(
      (options) =>
        [`SUBSCRIBE with options 0x${options.toString(16)}`, subscribe(command, { options })] as const,
    ),
  ),

  ...rows('packet ids', 'connected', 'MQTT-2.3.1-1', [
    ['PUBLISH with packet id 0', publish(start, { first: 0x32, messageId: 0 })],
    ['PUBLISH with packet id 0, again', publish(start, { first: 0x3a, messageId: 0 })],
    ['SUBSCRIBE with packet id 0', subscribe(command, { messageId: 0 })],
    ['UNSUBSCRIBE with packet id 0', unsubscribe(command, 0)],
    ...Object.entries(acknowledgements).map(
      ([name, first]) => [`${name} with packet id 0`, framed(first, number(0))] as const,
    ),
  ]),
  // A stray acknowledgement is no fault: it may answer what an earlier connection sent.
  ...rows(
    'packet ids',
    'connected',
    '4.4',
    Object.entries(acknowledgements).flatMap(([name, first]) =>
      [1, 0x1234, 0xffff].map(
        (of) => [`${name} of ${of}, which nobody sent`, framed(first, number(of)), 'goes on'] as const,
      ),
    ),
  ),
  ...rows('packet ids', 'connected', 'MQTT-2.3.1-2', [
    [
      'the same packet id for two PUBLISHes at once',
      Buffer.concat(range(0, 2).map(() => publish(start, { first: 0x32, messageId: 5 }))),
      'goes on',
    ],
    [
      'the same packet id for PUBLISH and SUBSCRIBE at once',
      Buffer.concat([publish(start, { first: 0x32, messageId: 5 }), subscribe(command, { messageId: 5 })]),
      'goes on',
    ],
  ]),

  ...rows('lists', 'connected', 'MQTT-3.8.3-3', [
    ['a SUBSCRIBE of no filter', framed(0x82, number(1))],
    ['a SUBSCRIBE of nothing', bytes(0x82, 0)],
  ]),
  ...rows('lists', 'connected', 'MQTT-3.10.3-2', [
    ['an UNSUBSCRIBE of no filter', framed(0xa2, number(1))],
    ['an UNSUBSCRIBE of nothing', bytes(0xa2, 0)],
    ['an UNSUBSCRIBE from ""', unsubscribe(''), 'closed', 'MQTT-4.7.3-1'],
    ['an UNSUBSCRIBE from what was never subscribed', unsubscribe(command), 'goes on', 'MQTT-3.10.4-5'],
  ]),
  ...rows('lists', 'connected', 'MQTT-4.8.0-1', [
    ['a second filter without its QoS', framed(0x82, number(1), text(command), bytes(1), text(command))],
    ['a second filter that is cut', framed(0x82, number(1), text(command), bytes(1), bytes(0, 9, 0x61))],
    [
      'a second filter with a reserved QoS',
      framed(0x82, number(1), text(command), bytes(1), text(command), bytes(3)),
    ],
    ['one byte behind the last filter', framed(0x82, number(1), text(command), bytes(1, 0))],
    ['one byte behind the last filter to leave', framed(0xa2, number(1), text(command), bytes(0))],
    ['a filter longer than its packet', framed(0x82, bytes(0, 1, 0, 200, 0x61, 1))],
    ['a filter of 65,535 announced bytes', framed(0x82, bytes(0, 1, 0xff, 0xff, 0x61, 1))],
    ['a topic longer than its packet', framed(0x30, bytes(0xff, 0xff, 0x61))],
  ]),
];
