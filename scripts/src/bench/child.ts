import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a process under load has used since it was started. */
export interface Usage {
  readonly cpuMs: number;
  /** Highest resident memory so far, MiB. */
  readonly peakMib: number;
  /** Heap after a collection, MiB. */
  readonly heapMib: number;
}
/** What a process uses now. */
export interface UsageNow extends Usage {
  /** Resident memory after a collection, MiB. */
  readonly rssMib: number;
}

/** A process of the bench that answers questions, one at a time. */
export interface Child<Questions> {
  ask<K extends keyof Questions & string>(
    question: K,
    input: Questions[K] extends { in: infer I } ? I : never,
  ): Promise<Questions[K] extends { out: infer O } ? O : never>;
  stop(): Promise<void>;
}

/** What every process under load can be asked. */
export interface CommonQuestions {
  usage: { in: null; out: UsageNow };
}

/**
 * Starts one of the bench's own modules as a process, so that its CPU and memory are its own.
 *
 * @param env beside the environment of this process
 */
export function startChild<Questions>(module: string, env: NodeJS.ProcessEnv = {}): Child<Questions> {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const path = fileURLToPath(new URL(`./${module}${extension}`, import.meta.url));
  const child: ChildProcess = fork(path, [], {
    execArgv: ['--expose-gc'],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  return {
    ask: (question, input) =>
      new Promise((resolve, reject) => {
        const onExit = (): void => reject(new Error(`${module} ended while asked for ${question}`));
        child.once('exit', onExit);
        child.once('message', (answer: { error?: string; value?: never }) => {
          child.off('exit', onExit);
          if (answer.error !== undefined) reject(new Error(`${module}, ${question}: ${answer.error}`));
          else resolve(answer.value as never);
        });
        child.send({ question, input }, (error) => error && reject(error));
      }),
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/**
 * The other end: answers questions until the parent lets go (or dies), then stops.
 *
 * @param answers one function per question; a rejection is told to the asker
 */
export function answerParent(
  answers: Readonly<Record<string, (input: never) => unknown>>,
  stop: () => Promise<void>,
): void {
  const all: Readonly<Record<string, (input: never) => unknown>> = { usage, ...answers };
  process.on('message', async ({ question, input }: { question: string; input: never }) => {
    try {
      process.send?.({ value: (await all[question]?.(input)) ?? null });
    } catch (error) {
      process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.once('disconnect', () => void stop().finally(() => process.exit()));
}

/** CPU of the collections asked for here, which are no part of what is measured. */
let collectingMs = 0;

function usage(): UsageNow {
  const before = cpuMs();
  (globalThis as { gc?: () => void }).gc?.();
  collectingMs += cpuMs() - before;
  return {
    cpuMs: cpuMs() - collectingMs,
    peakMib: process.resourceUsage().maxRSS / 1_024,
    heapMib: process.memoryUsage().heapUsed / 1_048_576,
    rssMib: process.memoryUsage.rss() / 1_048_576,
  };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
