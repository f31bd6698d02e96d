import { bytes, connect, framed, id, login, own, publish, subscribe, text, unsubscribe } from '../bytes.ts';
import { type Row, rows } from './row.ts';

/** UTF-8, topic names and topic filters. */

/** Ill-formed sequences (Unicode, table 3-7), and U+0000, which MQTT forbids. */
const illFormed: Readonly<Record<string, Buffer>> = {
  'a lone continuation byte': bytes(0x61, 0x80),
  'two continuation bytes': bytes(0xbf, 0xbf),
  'a cut two-byte sequence': bytes(0xc3),
  'a cut three-byte sequence': bytes(0xe2, 0x82),
  'a cut four-byte sequence': bytes(0xf0, 0x9f, 0x8c),
  'a two-byte sequence gone on wrongly': bytes(0xc3, 0x28),
  'an overlong slash': bytes(0xc0, 0xaf),
  'an overlong slash in three bytes': bytes(0xe0, 0x80, 0xaf),
  'an overlong slash in four bytes': bytes(0xf0, 0x80, 0x80, 0xaf),
  'an overlong NUL': bytes(0xc0, 0x80),
  'a high surrogate': bytes(0xed, 0xa0, 0x80),
  'a low surrogate': bytes(0xed, 0xbf, 0xbf),
  'a pair of surrogates': bytes(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80),
  'a code point above U+10FFFF': bytes(0xf4, 0x90, 0x80, 0x80),
  'a five-byte sequence': bytes(0xf8, 0x88, 0x80, 0x80, 0x80),
  '0xff': bytes(0xff),
  NUL: bytes(0x61, 0x00, 0x62),
};
/** Where a text can stand. */
const places: readonly (readonly [place: string, state: Row['state'], of: (wrong: Buffer) => Buffer])[] = [
  ['a client id', 'new', (wrong) => connect({ fields: [text(wrong), ...login] })],
  ['a username', 'new', (wrong) => connect({ fields: [id, text(wrong), text('mao')] })],
  [
    'a will topic',
    'new',
    (wrong) => connect({ flags: 0xee, fields: [id, text(wrong), text('{}'), ...login] }),
  ],
  ['a topic', 'connected', (wrong) => publish(below(wrong))],
  ['a filter', 'connected', (wrong) => subscribe(below(wrong))],
  ['a filter to leave', 'connected', (wrong) => unsubscribe(below(wrong))],
];
const below = (wrong: Buffer): Buffer => Buffer.concat([Buffer.from(`${own}/cmd/`), wrong]);

const levels = (count: number): string => 'a/'.repeat(count - 1).concat('a');
const brief = (value: string): string => JSON.stringify(value.length > 40 ? `${value.slice(0, 8)}…` : value);

export const textRows: readonly Row[] = [
  ...places.flatMap(([place, state, of]) =>
    rows(
      'UTF-8',
      state,
      'MQTT-1.5.3-1',
      Object.entries(illFormed).map(
        ([what, wrong]) =>
          [`${what} in ${place}`, of(wrong), 'closed', what === 'NUL' ? 'MQTT-1.5.3-2' : undefined] as const,
      ),
    ),
  ),
  // "should not" of section 1.5.3: control characters have no business in a log line.
  ...rows('UTF-8', 'connected', '1.5.3', [
    ['a control character in a topic', publish(`${own}/cmd/\u0007`)],
    ['a line feed in a topic', publish(`${own}/cmd/a\nb`)],
    ['a C1 control character in a topic', publish(`${own}/cmd/\u0085`)],
    ['a control character in a filter', subscribe(`${own}/cmd/\u001b`), 'filter refused'],
    ['U+FFFF in a filter', subscribe(`${own}/cmd/\uffff`), 'filter refused'],
    ['U+FEFF before a topic', publish(`\ufeff${own}/telemetry`), 'closed', 'MQTT-1.5.3-3'],
  ]),

  ...rows('topics', 'connected', 'MQTT-3.3.2-2', [
    ...['#', '+', `${own}/+`, `${own}/#`, `${own}/cmd/+/accepted`, `${own}/telemetry#`, 'a+b'].map(
      (topic) => [`PUBLISH to ${brief(topic)}`, publish(topic)] as const,
    ),
    ['PUBLISH to ""', publish(''), 'closed', 'MQTT-4.7.3-1'],
  ]),
  ...rows(
    'topics',
    'connected',
    'MQTT-3.3.5-2',
    [
      '/',
      '//',
      '$SYS/x',
      '$SYS',
      '__proto__',
      'constructor',
      `/${own}/telemetry`,
      `${own}/telemetry/`,
      `${own}//telemetry`,
      `${own}/Telemetry`,
      `${own}/telemetry `,
      'yaguts/v1/demo/devices/pe/telemetry',
      'yaguts/v1/outra/devices/mao/telemetry',
      'x'.repeat(65_000),
    ].map((topic) => [`PUBLISH to ${brief(topic)}`, publish(topic)] as const),
  ),
  ...rows('filters', 'connected', 'MQTT-4.7.1-2', [
    ['SUBSCRIBE to "a/#/b"', subscribe('a/#/b')],
    ['SUBSCRIBE to "a/b#"', subscribe('a/b#')],
    ['SUBSCRIBE to "##"', subscribe('##')],
    ['SUBSCRIBE to "a#"', subscribe('a#'), 'filter refused'],
    ['SUBSCRIBE to "#/"', subscribe('#/')],
  ]),
  ...rows('filters', 'connected', 'MQTT-4.7.1-3', [
    ['SUBSCRIBE to "aaa/b+"', subscribe('aaa/b+')],
    ['SUBSCRIBE to "a+"', subscribe('a+'), 'filter refused'],
    ['SUBSCRIBE to "++"', subscribe('++'), 'filter refused'],
    ['SUBSCRIBE to ""', subscribe(''), 'closed', 'MQTT-4.7.3-1'],
  ]),
  ...rows(
    'filters',
    'connected',
    'contract',
    [
      '#',
      '+',
      '/',
      '//',
      '$SYS/#',
      '$share/g/#',
      `$share/g/${own}/cmd/+`,
      '__proto__',
      'constructor',
      `${own}/#`,
      `${own}/cmd/#`,
      'yaguts/v1/demo/devices/pe/cmd/+',
      'yaguts/v1/+/devices/mao/cmd/+',
      'yaguts/v1/demo/devices/+/cmd/stop',
      '+/+/+/+/+/+/+',
      'x'.repeat(65_000),
    ].map((filter) => [`SUBSCRIBE to ${brief(filter)}`, subscribe(filter), 'filter refused'] as const),
  ),
  ...rows('levels', 'connected', 'contract', [
    ['PUBLISH to 11 levels', publish(levels(11))],
    ['PUBLISH to 32,000 levels', publish(levels(32_000))],
    ['PUBLISH to 65,000 empty levels', publish('/'.repeat(65_000))],
    ['SUBSCRIBE to 11 levels', subscribe(levels(11))],
    ['SUBSCRIBE to 32,000 levels', subscribe(levels(32_000))],
    ['SUBSCRIBE to 65,000 empty levels', subscribe('/'.repeat(65_000))],
    ['SUBSCRIBE to 32,000 wildcards', subscribe('+/'.repeat(31_999).concat('+'))],
    ['UNSUBSCRIBE from 65,000 empty levels', unsubscribe('/'.repeat(65_000))],
    [
      'a thousand empty filters',
      framed(0x82, bytes(0, 1), Buffer.concat(Array(1_000).fill(bytes(0, 0, 1)))),
      'closed',
      'MQTT-4.7.3-1',
    ],
  ]),
];
