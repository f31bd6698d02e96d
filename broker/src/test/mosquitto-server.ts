import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Where mosquitto lies: Debian puts it into a folder that a user's PATH often lacks. */
export function findMosquitto(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, 'mosquitto')).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface MosquittoServer {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * A mosquitto of one's own on a free port of the loopback interface: no password, nothing kept, and no system
 * configuration read.
 *
 * @throws when it does not come up, with what it said
 */
export async function startMosquitto(program: string): Promise<MosquittoServer> {
  const folder = mkdtempSync(join(tmpdir(), 'yaguts-mosquitto-'));
  const config = join(folder, 'mosquitto.conf');
  // mosquitto has no port 0: a port that is free now may be taken before it listens, so another is tried.
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    writeFileSync(
      config,
      `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nsys_interval 1\n`,
    );
    const child = spawn(program, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (data) => (said += data));
    const ended = new Promise<void>((resolve) => {
      child.once('error', (error) => {
        said += String(error);
        resolve();
      });
      child.once('exit', () => resolve());
    });
    if (await Promise.race([answers(port, child), ended.then(() => false)])) {
      return {
        port,
        async stop() {
          child.kill();
          await ended;
          rmSync(folder, { recursive: true, force: true });
        },
      };
    }
    if (attempt === 5) {
      rmSync(folder, { recursive: true, force: true });
      throw new Error(`mosquitto did not start: ${said}`);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** True once the port takes connections; false when the process is gone before. */
async function answers(port: number, child: ChildProcess): Promise<boolean> {
  while (child.exitCode === null && child.pid !== undefined) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('close', () => socket.destroy());
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
