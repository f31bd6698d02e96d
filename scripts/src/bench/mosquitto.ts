import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A mosquitto of one's own, for benches and journeys: its configuration, its port, its process. */
export interface Mosquitto {
  readonly port: number;
  /** CPU used so far; 0 where the system does not tell. */
  cpuMs(): number;
  stop(): Promise<void>;
}

/** Debian installs it outside the PATH of ordinary users. */
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

/** Where mosquitto lies on this machine; undefined when it is not installed. */
export function findMosquitto(): string | undefined {
  return folders
    .map((folder) => join(folder, 'mosquitto'))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** mosquitto has no port 0: one that is free now may be taken before it listens, so another is tried. */
const tries = 5;

/**
 * Starts it on a free loopback port. Its bounds on queues are lifted: by default it drops what a subscriber
 * has not taken beyond 1,000 messages, and with QoS 1 has only 20 on the way.
 *
 * @throws Error when it ends before it listens, with what it said
 */
export async function startMosquitto(
  program: string,
  protocol: 'mqtt' | 'websockets' = 'mqtt',
): Promise<Mosquitto> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startMosquittoOn(await freePort(), program, protocol);
    } catch (error) {
      if (attempt === tries) throw error;
    }
  }
}

/** The same on a port of one's choice: one that comes back where it was. */
export async function startMosquittoOn(
  port: number,
  program: string,
  protocol: 'mqtt' | 'websockets' = 'mqtt',
): Promise<Mosquitto> {
  const dir = mkdtempSync(join(tmpdir(), 'yaguts-bench-mosquitto-'));
  const config = join(dir, 'mosquitto.conf');
  const lines = [
    `listener ${port} 127.0.0.1`,
    `protocol ${protocol}`,
    'allow_anonymous true',
    'set_tcp_nodelay true',
    'max_inflight_messages 0',
    'max_queued_messages 0',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const child = spawn(program, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await Promise.race([
      listening(port, child),
      ended.then(() => Promise.reject(new Error(`mosquitto ended at once: ${said.trim()}`))),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, cpuMs: () => cpuMsOf(child), stop };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Resolves once the port takes connections; gives up with the process. */
async function listening(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // Who waits hears of the end from the process itself, with what it said.
  await new Promise(() => {});
}

/** User and system time of a process from /proc, in the 10 ms ticks of Linux. */
function cpuMsOf({ pid }: ChildProcess): number {
  if (process.platform !== 'linux' || pid === undefined) return 0;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in brackets may hold spaces; utime and stime are fields 14 and 15 of proc(5).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
