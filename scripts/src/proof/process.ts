import { type ChildProcess, fork, spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../root.ts';

/** A process under test: it may be killed at any moment, and says so when it ends by itself. */
export interface Victim {
  readonly pid: number | undefined;
  /** Resolves with what the process had to say once it is ready; rejects when it ends before. */
  readonly ready: Promise<Record<string, never>>;
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  readonly isAlive: () => boolean;
  /** SIGKILL; resolves when it is gone. False when there was nothing left to kill. */
  kill(): Promise<boolean>;
  /** SIGTERM, an orderly end. */
  stop(): Promise<number | string>;
  /** Resident memory and heap in bytes, after a collection. */
  memory(): Promise<{ rss: number; heapUsed: number }>;
}

const all = new Set<ChildProcess>();
// Whatever ends this process, nothing of it stays behind.
process.on('exit', () => {
  for (const child of all) child.kill('SIGKILL');
});

/** Starts a compiled module of the proof as a process that is told nothing but its environment. */
export function startModule(
  module: string,
  env: NodeJS.ProcessEnv,
  execArgv: readonly string[] = [],
): Victim {
  const child = fork(join(root, 'scripts', 'dist', 'proof', `${module}.js`), [], {
    cwd: root,
    env: cleanEnv(env),
    execArgv: ['--expose-gc', ...execArgv],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ready = new Promise<Record<string, never>>((resolve, reject) => {
    child.once('message', (said) => resolve(said as Record<string, never>));
    child.once('exit', (code, signal) => reject(new Error(`${module} ended with ${code ?? signal}`)));
  });
  return victim(child, ready);
}

/** Starts a program. It is ready as soon as it runs. */
export function startProgram(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Victim {
  const child = spawn(program, args, {
    cwd: root,
    env: cleanEnv(env),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return victim(child, Promise.resolve({}));
}

// A vitest worker's or npm's own variables would make a child believe that it runs under them.
const cleanEnv = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  ...env,
});

function victim(child: ChildProcess, ready: Promise<Record<string, never>>): Victim {
  all.add(child);
  ready.catch(() => {});
  child.on('error', () => {});
  const ended = new Promise<number | string>((resolve) =>
    child.once('exit', (code, signal) => {
      all.delete(child);
      resolve(code ?? signal ?? 'gone');
    }),
  );
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid,
    ready,
    ended,
    isAlive,
    async kill() {
      const was = isAlive() && child.kill('SIGKILL');
      return (await ended) === 'SIGKILL' && was;
    },
    async stop() {
      if (isAlive()) child.kill('SIGTERM');
      return ended;
    },
    memory: () =>
      new Promise((resolve, reject) => {
        const gone = (): void => reject(new Error('ended while asked for its memory'));
        child.once('exit', gone);
        child.once('message', (said) => {
          child.off('exit', gone);
          resolve(said as { rss: number; heapUsed: number });
        });
        child.send('memory');
      }),
  };
}

/** The other end of {@link Victim}: says what it has to say, answers for its memory, goes with its parent. */
export function reportReady(said: Readonly<Record<string, unknown>>, stop: () => Promise<void>): void {
  let isStopping = false;
  const end = (): void => {
    if (isStopping) return;
    isStopping = true;
    void stop().finally(() => process.exit());
  };
  process.once('SIGTERM', end);
  process.once('disconnect', end);
  process.on('message', () => {
    (globalThis as { gc?: () => void }).gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    process.send?.({ rss, heapUsed });
  });
  process.send?.(said);
}
