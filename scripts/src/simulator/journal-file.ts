import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import {
  applyRecord,
  emptyJournal,
  type JournalRecord,
  type JournalState,
  recordsOf,
} from './core/journal-state.ts';
import type { Journal } from './core/ports.ts';

/** Above this size the file is written anew with what it adds up to. */
const compactAboveBytes = 256 * 1_024;
const fileName = 'journal.jsonl';
const lockName = 'journal.lock';
/** Folders open in this process: a stale lock may carry our own pid, in a container nearly always. */
const openHere = new Set<string>();

export interface JournalFile extends Journal {
  /** Set when an unreadable journal was put aside and a new one begun. */
  readonly lost: string | undefined;
  /** Nothing is flushed here: every record was durable when it was appended. */
  close(): void;
}

/**
 * The journal of one device: a file of lines `crc32 json`, only ever appended, each flushed to the disk
 * before the call returns. A torn last line (a kill in mid-write) is cut off; anything else that cannot be
 * read means the journal is lost: it is put aside and a new one with a new `journal_id` begins.
 *
 * @param dir folder of this device alone, made when missing
 * @throws Error when another process uses the folder, or it cannot be written
 */
export function openJournalFile(dir: string): JournalFile {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  takeLock(dir);
  try {
    return openLocked(dir);
  } catch (error) {
    releaseLock(dir);
    throw error;
  }
}

function openLocked(dir: string): JournalFile {
  const path = join(dir, fileName);
  let lost: string | undefined;
  let state: JournalState;
  let validBytes = 0;
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  try {
    const read = readRecords(bytes);
    state = replay(read.records);
    validBytes = read.validBytes;
  } catch (error) {
    lost = error instanceof Error ? error.message : String(error);
    renameSync(path, `${path}.lost-${Date.now()}`);
    state = emptyJournal();
  }

  let fd = openSync(path, 'a', 0o600);
  let size = validBytes;
  if (lost === undefined && bytes.length > validBytes) ftruncateSync(fd, validBytes);
  syncFolder(dir);

  /** A half-written line must not stay in front of the next one. */
  function append(record: JournalRecord): boolean {
    const line = lineOf(record);
    try {
      for (let done = 0; done < line.length; ) done += writeSync(fd, line, done);
      fdatasyncSync(fd);
      size += line.length;
      return true;
    } catch {
      try {
        ftruncateSync(fd, size);
      } catch {
        // The line without an end is cut off at the next start.
      }
      return false;
    }
  }

  if (state.journalId === '') {
    const record: JournalRecord = { k: 'journal', id: randomBytes(8).toString('hex') };
    if (!append(record)) throw new Error(`${path} cannot be written`);
    applyRecord(state, record);
  } else if (size > compactAboveBytes) {
    closeSync(fd);
    size = writeAnew(dir, path, state);
    fd = openSync(path, 'a');
  }

  return {
    lost,
    load: () => state,
    append,
    close() {
      closeSync(fd);
      releaseLock(dir);
    },
  };
}

function lineOf(record: JournalRecord): Buffer {
  const json = JSON.stringify(record);
  return Buffer.from(`${crc32(json).toString(16).padStart(8, '0')} ${json}\n`);
}

/** @throws Error for a damaged record that is not the torn end of the file */
function readRecords(bytes: Buffer): { records: JournalRecord[]; validBytes: number } {
  const records: JournalRecord[] = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    const record = parseLine(bytes.subarray(start, end));
    if (!record) {
      if (end === bytes.length - 1) break;
      throw new Error(`damaged record at byte ${start}`);
    }
    records.push(record);
    start = end + 1;
  }
  return { records, validBytes: start };
}

function parseLine(line: Buffer): JournalRecord | undefined {
  const text = line.toString('utf8');
  const json = text.slice(9);
  if (text[8] !== ' ' || Number.parseInt(text.slice(0, 8), 16) !== crc32(json)) return undefined;
  try {
    return JSON.parse(json) as JournalRecord;
  } catch {
    return undefined;
  }
}

function replay(records: readonly JournalRecord[]): JournalState {
  const state = emptyJournal();
  if (records.length > 0 && records[0]?.k !== 'journal') throw new Error('no journal id at its beginning');
  for (const record of records) applyRecord(state, record);
  return state;
}

/** New content beside the old, flushed, then renamed over it: a kill leaves one of the two, whole. */
function writeAnew(dir: string, path: string, state: JournalState): number {
  const content = Buffer.concat(recordsOf(state).map(lineOf));
  const fd = openSync(`${path}.new`, 'w', 0o600);
  writeFileSync(fd, content);
  fsyncSync(fd);
  closeSync(fd);
  renameSync(`${path}.new`, path);
  syncFolder(dir);
  return content.length;
}

function syncFolder(dir: string): void {
  const fd = openSync(dir, 'r');
  fsyncSync(fd);
  closeSync(fd);
}

/** Two dispensers on one journal would pour twice; the pid of a killed one does not block the next. */
function takeLock(dir: string): void {
  const path = join(dir, lockName);
  if (existsSync(path)) {
    const pid = Number(readFileSync(path, 'utf8'));
    const alive = pid === process.pid ? openHere.has(dir) : isAlive(pid);
    if (alive) throw new Error(`${dir} is in use by the simulator with pid ${pid}`);
  }
  writeFileSync(path, String(process.pid));
  openHere.add(dir);
}

function releaseLock(dir: string): void {
  openHere.delete(dir);
  rmSync(join(dir, lockName), { force: true });
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
