import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { AppError } from '@yaguts/shared';
import type { CommitGroup } from './grouped.ts';
import type { Installation } from './meta.ts';
import {
  type Answer,
  packGroup,
  type Question,
  type ThreadWork,
  unpackAnswers,
  unpackError,
} from './thread-messages.ts';

/** What is asked of a thread that has ended was done or not; nobody knows. */
export class ThreadEnded extends AppError {
  constructor(name: string, reason: string) {
    super('unavailable', `The ${name} of the database has ended (${reason}); it is started again`);
  }
}

/** What happens to a thread that nobody has asked for. */
export type ThreadNews =
  | { readonly event: 'ended'; readonly thread: string; readonly reason: string }
  | { readonly event: 'back'; readonly thread: string };

export interface Thread {
  readonly installation: Installation;
  /** What may be called. */
  readonly names: readonly string[];
  /** @throws ThreadEnded when the thread ends before it has answered, or is not there; what the call throws */
  call(name: string, args: readonly unknown[]): Promise<unknown>;
  readonly commit: CommitGroup;
  /** It is not started again any more, should it end. */
  retire(): void;
  /** Ends the thread once it has answered everything; resolves when its file is closed. */
  close(): Promise<void>;
}

export interface ThreadOptions {
  /** For people: `writer`, `reader`. */
  readonly name: string;
  readonly work: ThreadWork;
  readonly tell: (news: ThreadNews) => void;
  /** Starts the worker; tests keep a hand on it. */
  readonly spawn?: SpawnThread;
}
export type SpawnThread = (work: ThreadWork, name: string) => Worker;

/** The first try comes at once, then they grow apart: a thread that ends for a lasting reason is no busy loop. */
const retryMs = [0, 100, 500, 2_000, 5_000] as const;
/** A thread that has lived so long has got over what ended it. */
const recoveredMs = 10_000;

/**
 * The compiled worker, from sources (tests) and from a build: Node 20 runs no TypeScript.
 *
 * @throws Error when nothing was built
 */
function module(): URL {
  const url = import.meta.url.endsWith('.ts')
    ? new URL('../../dist/store/thread-worker.js', import.meta.url)
    : new URL('./thread-worker.js', import.meta.url);
  if (!existsSync(fileURLToPath(url))) throw new Error(`${fileURLToPath(url)} is missing: run npx tsc -b`);
  return url;
}

const spawnWorker: SpawnThread = (workerData, name) =>
  // Without the options of this process: a test runner's hooks are no business of the worker.
  new Worker(module(), { workerData, name, execArgv: [] });

/**
 * Starts a thread of the store and keeps it: one that ends unasked is started again, and what it had not answered
 * fails.
 *
 * @throws what opening the database throws
 */
export async function startThread(options: ThreadOptions): Promise<Thread> {
  const { name, work, tell, spawn = spawnWorker } = options;
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let last = 0;
  /** The thread that was started last, and the same once its database is open. */
  let started: Worker | undefined;
  let worker: Worker | undefined;
  let openSince = 0;
  let reason = '';
  let tries = 0;
  let retry: NodeJS.Timeout | undefined;
  let isClosing = false;
  /** Times that a group failed; one that was sent before that was known is refused. */
  let faults = 0;

  /** Resolves when the database is open. */
  function start(): Promise<{ installation: Installation; names: readonly string[] }> {
    const born = spawn(work, name);
    started = born;
    return new Promise((resolve, reject) => {
      let fault: Error | undefined;
      born.on('message', (said: Answer) => {
        if ('id' in said) return settle(said);
        if ('refused' in said) return reject(unpackError(said.refused));
        worker = born;
        openSince = Date.now();
        resolve(said.opened);
      });
      born.once('error', (error) => {
        fault = error;
      });
      born.once('exit', (code) => {
        reason = fault?.message ?? `exit code ${code}`;
        reject(fault ?? new Error(`The ${name} of the database did not start: ${reason}`));
        if (worker !== born) return;
        worker = undefined;
        for (const { reject: fail } of waiting.values()) fail(new ThreadEnded(name, reason));
        waiting.clear();
        if (isClosing) return;
        if (Date.now() - openSince > recoveredMs) tries = 0;
        tell({ event: 'ended', thread: name, reason });
        again();
      });
    });
  }

  function again(): void {
    const ms = retryMs[Math.min(tries++, retryMs.length - 1)] as number;
    retry = setTimeout(
      () =>
        void start().then(
          () => {
            if (!isClosing) tell({ event: 'back', thread: name });
          },
          (error: Error) => {
            reason = error.message;
            if (!isClosing) again();
          },
        ),
      ms,
    );
  }

  function settle(said: Extract<Answer, { id: number }>): void {
    const asked = waiting.get(said.id);
    waiting.delete(said.id);
    if ('error' in said) asked?.reject(unpackError(said.error));
    else asked?.resolve(('group' in said ? unpackAnswers(said.group) : said.value) as never);
  }

  function ask<T>(question: (id: number) => Question): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!worker) throw new ThreadEnded(name, reason);
      const id = ++last;
      // Before it waits: what cannot be cloned throws here.
      worker.postMessage(question(id));
      waiting.set(id, { resolve, reject });
    });
  }

  function retire(): void {
    isClosing = true;
    clearTimeout(retry);
  }

  const { installation, names } = await start();
  return {
    installation,
    names,
    call: (called, args) => ask((id) => ({ id, name: called, args })),
    async commit(calls) {
      const after = faults;
      try {
        return await ask<readonly unknown[]>((id) => ({ id, group: packGroup(calls), after }));
      } catch (error) {
        if (after === faults) faults++;
        throw error;
      }
    },
    retire,
    async close() {
      retire();
      const closing = worker;
      if (!closing) return void (await started?.terminate());
      const gone = new Promise((resolve) => closing.once('exit', resolve));
      closing.postMessage({ close: true } satisfies Question);
      await gone;
    },
  };
}
