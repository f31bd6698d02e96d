import { type ChildProcess, spawn } from 'node:child_process';
import { root } from '../root.ts';

/** A command of the project as a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  readonly output: () => string;
  /** Resolves with the match once the output holds it; rejects with the output when the process ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
}

/** Starts a program in the root of the checkout; standard output and error are read as one. */
export function startChild(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  const child = spawn(program, args, {
    cwd: root,
    // A vitest worker's own variables would make the child believe that it runs under npm or in a test.
    env: { ...process.env, npm_lifecycle_event: undefined, NODE_ENV: undefined, VITEST: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const waiting = new Set<() => void>();
  const hear = (chunk: Buffer): void => {
    output += chunk;
    for (const check of [...waiting]) check();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = new Promise<number | string>((resolve) =>
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'gone')),
  );
  return {
    process: child,
    output: () => output,
    ended,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const match = pattern.exec(output);
          if (!match) return;
          waiting.delete(check);
          resolve(match);
        };
        waiting.add(check);
        void ended.then((code) => {
          check();
          if (waiting.has(check))
            reject(new Error(`ended with ${code} before it said ${pattern}:\n${output}`));
        });
        check();
      }),
  };
}
