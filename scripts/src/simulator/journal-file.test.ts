import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JournalRecord, JournalState } from './core/journal-state.ts';
import { applyRecord } from './core/journal-state.ts';
import { type JournalFile, openJournalFile } from './journal-file.ts';

let dir: string;
const open: JournalFile[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'yaguts-journal-'));
});
afterEach(() => {
  for (const journal of open.splice(0)) journal.close();
  rmSync(dir, { recursive: true, force: true });
});

const path = (): string => join(dir, 'journal.jsonl');
const stamp = { boot: 1, uptime_ms: 5, ts: null };
const jobRecord = (seq: number, itens = 2): JournalRecord => ({
  k: 'job',
  job: {
    job_id: seq,
    seq,
    token: '00000000000000aa',
    not_after: 9,
    itens: Array.from({ length: itens }, () => ({
      frasco: 1,
      tempero: 'Sal',
      quantidade_g: 1,
      ms: 10,
      critico: false,
    })),
  },
});

function reopen(): JournalFile {
  open.pop()?.close();
  const journal = openJournalFile(dir);
  open.push(journal);
  return journal;
}
/** Appends as the core does: durable first, then part of the state. */
function write(journal: JournalFile, records: readonly JournalRecord[]): JournalState {
  for (const record of records) {
    expect(journal.append(record)).toBe(true);
    applyRecord(journal.load(), record);
  }
  return journal.load();
}

test('what was appended is there when the journal is opened again', () => {
  const written = write(reopen(), [
    { k: 'boot', boot: 3 },
    jobRecord(5),
    { k: 'intent', seq: 5, item: 1 },
    { k: 'final', seq: 5, item: 1, error: null, ran_ms: 12, ...stamp },
    { k: 'ack', seq: 5, itens: [1] },
  ]);
  const again = reopen();
  expect(again.load()).toEqual(written);
  expect(again.lost).toBeUndefined();
});

test('a journal keeps its id for life', () => {
  const id = reopen().load().journalId;
  expect(id).toMatch(/^[0-9a-f]{16}$/);
  expect(reopen().load().journalId).toBe(id);
});

test('a last record torn at any byte is dropped, and those before it hold', () => {
  write(reopen(), [{ k: 'boot', boot: 7 }]);
  const whole = statSync(path()).size;
  write(open[0] as JournalFile, [jobRecord(5)]);
  open.pop()?.close();
  const bytes = readFileSync(path());
  for (let cut = whole; cut < bytes.length; cut++) {
    writeFileSync(path(), bytes.subarray(0, cut));
    const journal = reopen();
    expect(journal.lost).toBeUndefined();
    expect(journal.load()).toMatchObject({ boot: 7, active: undefined });
    // The next record does not stick to the torn one.
    write(journal, [{ k: 'boot', boot: 8 }]);
    expect(reopen().load().boot).toBe(8);
  }
});

test('a damaged record in the middle loses the journal: it is put aside and a new id begins', () => {
  const journal = reopen();
  write(journal, [{ k: 'boot', boot: 7 }, jobRecord(5)]);
  const { journalId } = journal.load();
  const text = readFileSync(path(), 'utf8').replace('"boot":7', '"boot":8');
  writeFileSync(path(), text);
  const next = reopen();
  expect(next.lost).toContain('damaged record');
  expect(next.load()).toMatchObject({ boot: 0, active: undefined });
  expect(next.load().journalId).not.toBe(journalId);
  expect(readdirSync(dir).filter((name) => name.includes('.lost-'))).toHaveLength(1);
});

test('a file that is no journal is put aside', () => {
  writeFileSync(path(), 'hello\nworld\n');
  expect(reopen().lost).toContain('damaged record');
});

test('a journal without its id is no journal', () => {
  write(reopen(), [{ k: 'boot', boot: 1 }]);
  open.pop()?.close();
  const [, ...rest] = readFileSync(path(), 'utf8').split('\n');
  writeFileSync(path(), rest.join('\n'));
  expect(reopen().lost).toContain('no journal id');
});

test('records that contradict each other lose the journal', () => {
  const journal = reopen();
  expect(journal.append({ k: 'free', seq: 9 })).toBe(true);
  expect(reopen().lost).toContain('not active');
});

test('a journal that has grown is written anew and adds up to the same', () => {
  const journal = reopen();
  const text = 'x'.repeat(8_000);
  for (let seq = 1; seq <= 40; seq++) {
    write(journal, [
      jobRecord(seq, 16),
      { k: 'close', seq, from: 1, first: 'cancelado', rest: 'cancelado', text, ran_ms: 0, ...stamp },
      { k: 'ack', seq, itens: Array.from({ length: 16 }, (_, i) => i + 1) },
      { k: 'free', seq },
    ]);
  }
  write(journal, [jobRecord(41), { k: 'intent', seq: 41, item: 1 }, { k: 'epoch', epoch: 'e' }]);
  const before = structuredClone(journal.load());
  const size = statSync(path()).size;
  expect(reopen().load()).toEqual(before);
  expect(statSync(path()).size).toBeLessThan(size / 5);
  expect(reopen().load()).toEqual(before);
});

test('a journal in use is refused', () => {
  reopen();
  expect(() => openJournalFile(dir)).toThrow('in use');
});

test('the lock of a process that is gone does not block', () => {
  // Above the largest pid of any Linux.
  writeFileSync(join(dir, 'journal.lock'), '4194999');
  expect(reopen().lost).toBeUndefined();
});
