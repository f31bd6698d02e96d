import type { ExecutionLogEntry } from '@yaguts/shared';
import { expect, test } from 'vitest';
import { digestOf, judgeEntry } from './settle.ts';

const token = '9f3c2a71d05be864';
const entry: ExecutionLogEntry = {
  ...{ v: 1, job_id: 1, seq: 1, token, item_ordem: 1, frasco: 2, tempero: 'Sal', quantidade_g: 2.5 },
  ...{ segundos: 1.25, status: 'done', error: null, boot_id: 'a1', uptime_ms: 1, ts: null },
};
const job = { device: 'mao', token };
const item = { frasco: 2 };

test('what says the same is the same, whatever its clock, boot or wording of the receita', () => {
  const later = { ...entry, boot_id: 'b2', uptime_ms: 9, ts: 1, seq: 3, tempero: 'sal', quantidade_g: 9 };
  expect(digestOf(later)).toBe(digestOf(entry));
  expect(digestOf({ ...entry, segundos: 1.2501 })).toBe(digestOf(entry));
});

test.each([
  { token: '0000000000000000' },
  { item_ordem: 2 },
  { frasco: 3 },
  { status: 'failed', error: 'rele' },
  { segundos: 1.3 },
] as Partial<ExecutionLogEntry>[])('%o makes it another entry', (given) => {
  expect(digestOf({ ...entry, ...given })).not.toBe(digestOf(entry));
});

test.each([
  [
    'no such job',
    { job: undefined, item: undefined, stored: undefined },
    { do: 'aside', code: 'desconhecido' },
  ],
  [
    'a foreign token',
    { job: { ...job, token: 'x' }, item, stored: undefined },
    { do: 'aside', code: 'token' },
  ],
  ["another device's secret", { job: { ...job, device: 'outra' }, item, stored: undefined }, { do: 'deny' }],
  ['no such item', { job, item: undefined, stored: undefined }, { do: 'aside', code: 'item' }],
  ['another frasco', { job, item: { frasco: 1 }, stored: undefined }, { do: 'aside', code: 'item' }],
  ['nothing stored yet', { job, item, stored: undefined }, { do: 'store' }],
  ['the same stored', { job, item, stored: { digest: digestOf(entry) } }, { do: 'repeat' }],
  [
    'another stored',
    { job, item, stored: { digest: '' } },
    { do: 'aside', code: 'contradicao', recount: false },
  ],
])('an entry with %s', (_, known, verdict) => {
  expect(judgeEntry('mao', entry, known)).toMatchObject(verdict);
});
