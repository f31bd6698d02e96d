import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Takes out of a journal what says that an item was begun, so that only the outcomes are left: a device that
 * resumes at "as many as have ended".
 *
 * @throws Error when nothing was begun and not ended: the control would prove nothing
 */
export function forgetIntents(flash: string): void {
  const path = join(flash, 'journal.jsonl');
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  // A line is a checksum of its own, a blank, and the record.
  const records = lines.map((line) => JSON.parse(line.slice(9)) as { k: string; item?: number });
  const ended = new Set(records.filter(({ k }) => k === 'final').map(({ item }) => item));
  if (!records.some(({ k, item }) => k === 'intent' && !ended.has(item))) {
    throw new Error('no item was under way when the device was killed');
  }
  const left = lines.filter((_, i) => records[i]?.k !== 'intent');
  writeFileSync(path, left.map((line) => `${line}\n`).join(''));
}
