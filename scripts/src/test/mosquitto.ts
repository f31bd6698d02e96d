import { type ChildProcess, spawn } from 'node:child_process';

/** The real clients of the README, as a person types them. */

interface Account {
  readonly username: string;
  readonly password: string;
  readonly clientId?: string;
}

export interface Line {
  readonly topic: string;
  readonly payload: string;
}

const base = (port: number, who: Account): string[] => [
  ...['-h', '127.0.0.1', '-p', String(port), '-u', who.username, '-P', who.password],
  ...(who.clientId ? ['-i', who.clientId] : []),
];

function absent(error: NodeJS.ErrnoException, program: string): Error {
  return error.code === 'ENOENT'
    ? new Error(
        `${program} is not here: apt-get install -y mosquitto-clients (npm test does it where it may)`,
      )
    : error;
}

/** Runs `mosquitto_pub` to its end; rejects with its words when it fails. */
export function mosquittoPub(
  port: number,
  who: Account,
  message: { topic: string; payload: string; qos?: 0 | 1; retain?: boolean },
): Promise<void> {
  const args = [
    ...base(port, who),
    '-t',
    message.topic,
    '-q',
    String(message.qos ?? 1),
    '-m',
    message.payload,
  ];
  if (message.retain) args.push('-r');
  return new Promise((resolve, reject) => {
    const child = spawn('mosquitto_pub', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let words = '';
    child.stderr.on('data', (chunk) => (words += chunk));
    child.on('error', (error) => reject(absent(error, 'mosquitto_pub')));
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`mosquitto_pub ended with ${code}: ${words}`)),
    );
  });
}

export interface Subscription {
  /** Resolves once the broker has granted the filters. */
  readonly ready: Promise<void>;
  /** Resolves with the first line that fits, past ones included. */
  next(fits: (line: Line) => boolean): Promise<Line>;
  readonly lines: readonly Line[];
  stop(): void;
  /** Exit code, once the process has ended. */
  readonly ended: Promise<number>;
}

/** Runs `mosquitto_sub -v` until it is stopped; `-d` tells when the SUBACK has come. */
export function mosquittoSub(port: number, who: Account, ...filters: string[]): Subscription {
  const args = [
    ...base(port, who),
    '-q',
    '1',
    '-d',
    '-F',
    'MESSAGE %t %p',
    ...filters.flatMap((filter) => ['-t', filter]),
  ];
  const child: ChildProcess = spawn('mosquitto_sub', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  let granted: () => void = () => {};
  let failed: (error: Error) => void = () => {};
  const ready = new Promise<void>((resolve, reject) => {
    granted = resolve;
    failed = reject;
  });
  let rest = '';
  const read = (chunk: Buffer): void => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const match = /^MESSAGE (\S+) (.*)$/.exec(part);
      if (match) lines.push({ topic: match[1] as string, payload: match[2] as string });
      else if (part.startsWith('Subscribed')) granted();
    }
    for (const check of [...waiting]) check();
  };
  child.stdout?.on('data', read);
  child.stderr?.on('data', read);
  child.on('error', (error) => failed(absent(error, 'mosquitto_sub')));
  const ended = new Promise<number>((resolve) =>
    child.on('close', (code) => {
      failed(new Error(`mosquitto_sub ended with ${code} before its filters were granted`));
      resolve(code ?? 1);
    }),
  );
  ready.catch(() => {});
  return {
    ready,
    lines,
    ended,
    stop: () => void child.kill(),
    next: (fits) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const line = lines.find(fits);
          if (!line) return;
          waiting.delete(check);
          resolve(line);
        };
        waiting.add(check);
        void ended.then(() => {
          check();
          if (waiting.has(check)) reject(new Error('mosquitto_sub ended before the line came'));
        });
        check();
      }),
  };
}
