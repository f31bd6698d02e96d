import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** What really happened at the motors, told by the motors; the oracle reads it, the dispenser never does. */
export interface Ledger {
  start(entry: { seq: number; jobId: number; item: number; frasco: number; ms: number; boot: number }): void;
  stop(entry: { seq: number; jobId: number; item: number; ranMs: number }): void;
}

/** Appends `START seq job item frasco ms boot` and `STOP seq job item ran` lines to a file. */
export function createLedgerFile(path: string): Ledger {
  mkdirSync(dirname(path), { recursive: true });
  return {
    start: ({ seq, jobId, item, frasco, ms, boot }) =>
      appendFileSync(path, `START ${seq} ${jobId} ${item} ${frasco} ${ms} ${boot}\n`),
    stop: ({ seq, jobId, item, ranMs }) => appendFileSync(path, `STOP ${seq} ${jobId} ${item} ${ranMs}\n`),
  };
}

/**
 * Reads a ledger back.
 *
 * @returns starts per `seq/item` of jobs (commands, seq 0, left out); any count above 1 is a double pour
 */
export function countStarts(text: string): Map<string, number> {
  const starts = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [word, seq, , item] = line.split(' ');
    if (word !== 'START' || seq === '0') continue;
    const key = `${seq}/${item}`;
    starts.set(key, (starts.get(key) ?? 0) + 1);
  }
  return starts;
}
