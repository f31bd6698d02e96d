import { Worker } from 'node:worker_threads';

/** What a copy says of itself. */
export interface CopyFacts {
  readonly epoch: string;
  readonly instance: string;
  /** Newest migration in it. */
  readonly migration: number;
  /** Last row of each org's audit chain. */
  readonly audit: readonly (readonly [org: string, head: AuditHead])[];
}

export interface AuditHead {
  readonly n: number;
  readonly hash: string;
}

/** The copy of a database fails quick_check: so does the database. */
export class UnsoundCopy extends Error {}

/** Beside the package's folder, so that sources and build find it alike. */
const module = new URL('../../backup-worker.mjs', import.meta.url);

/**
 * Copies a live database into one file and runs quick_check on the copy, on a thread of its own.
 *
 * @param signal gives the copy up; what was written of it stays for the caller to remove
 * @throws {@link UnsoundCopy} when the copy is not sound, Error with SQLite's code when it fails
 */
export function copyDatabase(source: string, target: string, signal?: AbortSignal): Promise<CopyFacts> {
  return ask({ verb: 'copy', source, target }, signal);
}

/** Runs quick_check on a live database, on a thread of its own; answers what is wrong, null when nothing is. */
export function checkDatabase(source: string, signal?: AbortSignal): Promise<string | null> {
  return ask({ verb: 'check', source }, signal);
}

function ask<T>(workerData: object, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(givenUp());
    // Without the options of this process: a test runner's hooks are no business of the worker.
    const worker = new Worker(module, { workerData, execArgv: [] });
    const stop = (): void => void worker.terminate();
    signal?.addEventListener('abort', stop, { once: true });
    worker.once('message', (said: { answer?: T; error?: { message: string; code: string } }) => {
      if (said.error?.code === 'UNSOUND') reject(new UnsoundCopy(said.error.message));
      else if (said.error) reject(Object.assign(new Error(said.error.message), { code: said.error.code }));
      else resolve(said.answer as T);
    });
    worker.once('error', reject);
    worker.once('exit', () => {
      signal?.removeEventListener('abort', stop);
      // Without effect when it has answered.
      reject(givenUp());
    });
  });
}

const givenUp = (): Error => Object.assign(new Error('the backup was given up'), { code: 'ABORT_ERR' });
