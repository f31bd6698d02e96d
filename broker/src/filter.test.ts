import { expect, test } from 'vitest';
import { filterMatches, isCleanText, isTopicFilter, isTopicName } from './filter.ts';

test.each(['a', '/', 'a//b', '+', '#', '+/+', 'a/+/b', 'a/#', '/#', 'a/+/#', 'ação/+'])(
  '%j is a filter',
  (filter) => {
    expect(isTopicFilter(filter)).toBe(true);
  },
);

test.each([
  '',
  'a#',
  '#/a',
  'a/#/b',
  'a/b#',
  'a+',
  '+a',
  'a/+b/c',
  '##',
  '++',
  '$SYS/#',
  '$share/g/a',
  'a\u0000',
  'a\ufffd',
  'a\n',
  'x'.repeat(513),
])('%j is no filter', (filter) => {
  expect(isTopicFilter(filter)).toBe(false);
});

test.each([
  ['a', true],
  ['/', true],
  ['a/b/c', true],
  ['', false],
  ['a/+', false],
  ['a/#', false],
  ['a+b', false],
  ['$SYS/a', false],
  ['a\u0000b', false],
  ['a\u0085', false],
])('%j as a topic: %s', (name, is) => {
  expect(isTopicName(name)).toBe(is);
});

test('a clean text is counted in bytes', () => {
  expect(isCleanText('ç'.repeat(64), 128)).toBe(true);
  expect(isCleanText('ç'.repeat(65), 128)).toBe(false);
  expect(isCleanText('🌶', 4)).toBe(true);
});

// The examples of MQTT 3.1.1, section 4.7.1.
test.each([
  ['sport/tennis/player1/#', 'sport/tennis/player1', true],
  ['sport/tennis/player1/#', 'sport/tennis/player1/ranking', true],
  ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
  ['sport/#', 'sport', true],
  ['#', 'a/b', true],
  ['sport/tennis/+', 'sport/tennis/player1', true],
  ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
  ['sport/+', 'sport', false],
  ['sport/+', 'sport/', true],
  ['+/+', '/finance', true],
  ['/+', '/finance', true],
  ['+', '/finance', false],
  ['a/b', 'a', false],
  ['a', 'a/b', false],
])('%s matches %s: %s', (filter, topic, matches) => {
  expect(filterMatches(filter, topic)).toBe(matches);
});
