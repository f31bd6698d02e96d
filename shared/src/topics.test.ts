import { expect, test } from 'vitest';
import { decode, encode } from './codec.ts';
import { limits } from './limits.ts';
import {
  matchTopic,
  paramGrammar,
  patternLevels,
  topic,
  topicFilter,
  topicKeys,
  topicRoot,
} from './topics.ts';

const log = { org: 'demo', device: 'cozinha', job_id: 123, item_ordem: 1 } as const;

test('a topic is filled from its row and found again with the same parameters', () => {
  const name = topic('jobLog', log);
  expect(name).toBe('yaguts/v1/demo/devices/cozinha/jobs/123/log/1');
  expect(matchTopic(name)).toEqual({ key: 'jobLog', params: log });
});

test('a filter has + for every parameter that was left out', () => {
  expect(topicFilter('jobLog', { org: 'demo', device: 'cozinha' })).toBe(
    'yaguts/v1/demo/devices/cozinha/jobs/+/log/+',
  );
});

test('a missing, misspelt or wrongly typed id is a compile error', () => {
  // @ts-expect-error item_ordem is missing
  expect(() => topic('jobLog', { org: 'demo', device: 'cozinha', job_id: 1 })).toThrow(TypeError);
  // @ts-expect-error job_id is a number
  expect(topic('jobStart', { org: 'demo', device: 'cozinha', job_id: '1' })).toContain('/1/');
  // @ts-expect-error an ack names its token
  encode('jobAck', { itens: [1], complete: false });
});

test.each(['a/b', '+', '#', 'Ana', '', '-a', 'a'.repeat(37), 'a\u0000', 'ação'])(
  'the id %j never becomes part of a topic',
  (device) => {
    expect(() => topic('presence', { org: 'demo', device })).toThrow(TypeError);
  },
);

test.each([
  'yaguts/v1/demo/devices/cozinha/jobs/0/log/1',
  'yaguts/v1/demo/devices/cozinha/jobs/01/log/1',
  'yaguts/v1/demo/devices/cozinha/jobs/1/log/25',
  'yaguts/v1/demo/devices/cozinha/jobs/9007199254740993/log/1',
  'yaguts/v1/demo/devices/cozinha/log/shout',
  'yaguts/v2/demo/devices/cozinha/presence',
  'yaguts/v1/demo/devices/cozinha/presence/',
  '$SYS/broker/uptime',
])('%s is no topic of ours', (name) => {
  expect(matchTopic(name)).toBeUndefined();
});

test('no two rows can match the same topic', () => {
  const literal = (level: string) => !level.startsWith('{');
  for (const a of topicKeys) {
    for (const b of topicKeys) {
      if (a >= b || patternLevels[a].length !== patternLevels[b].length) continue;
      const overlap = patternLevels[a].every((level, i) => {
        const other = patternLevels[b][i] as string;
        if (literal(level) && literal(other)) return level === other;
        if (literal(level)) return paramGrammar[other.slice(1, -1)]?.(level) ?? false;
        if (literal(other)) return paramGrammar[level.slice(1, -1)]?.(other) ?? false;
        return true;
      });
      expect(overlap, `${a} and ${b}`).toBe(false);
    }
  }
});

test('the deepest topic fits the level limit of the broker', () => {
  const deepest =
    Math.max(...topicKeys.map((key) => patternLevels[key].length)) + topicRoot.split('/').length;
  expect(deepest).toBeLessThanOrEqual(limits.topicLevels);
});

const entry = {
  v: 1,
  job_id: 123,
  seq: 17,
  token: '9f3c2a71d05be864',
  item_ordem: 1,
  frasco: 2,
  tempero: 'Pimenta',
  quantidade_g: 2.5,
  segundos: 1.25,
  status: 'done',
  error: null,
  boot_id: 'a1b2',
  uptime_ms: 81234,
  ts: null,
};

test('the entry of the contract is read as it stands, and unknown fields are ignored', () => {
  const read = decode('jobLog', JSON.stringify({ ...entry, novidade: true }));
  expect(read).toEqual({ ok: true, value: entry });
});

test.each([
  ['not JSON', '{"v":1'],
  ['an array', '[]'],
  ['null', 'null'],
  ['invalid UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d)],
  ['an unknown status', JSON.stringify({ ...entry, status: 'maybe' })],
  ['a failed entry without a reason', JSON.stringify({ ...entry, status: 'failed' })],
  ['a done entry with an error', JSON.stringify({ ...entry, error: 'timeout' })],
  ['a token in capitals', JSON.stringify({ ...entry, token: entry.token.toUpperCase() })],
  ['more than 1 KiB', JSON.stringify({ ...entry, extra: 'x'.repeat(limits.maxEntryBytes) })],
  ['an infinite time', JSON.stringify(entry).replace('1.25', '1e999')],
])('a payload that is %s is refused with its fault, and nothing throws', (_what, payload) => {
  const read = decode('jobLog', payload);
  expect(read.ok).toBe(false);
  if (!read.ok) expect(read.faults[0]?.message).toBeTruthy();
});

test('a fault names its path', () => {
  const read = decode('jobLog', JSON.stringify({ ...entry, item_ordem: 99 }));
  expect(read.ok ? [] : read.faults.map((fault) => fault.path)).toEqual(['item_ordem']);
});
