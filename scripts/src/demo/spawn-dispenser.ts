import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceCredential } from '@yaguts/shared';
import { buildFirmware } from '../firmware-sim.ts';
import { root } from '../root.ts';

export interface SpawnedDispenser {
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/**
 * Starts a dispenser as a process of its own, so that killing it is real. The password goes by environment:
 * arguments are readable by every user of the machine.
 */
export async function spawnDispenser(options: {
  readonly firmware: boolean;
  readonly port: number;
  readonly credential: DeviceCredential;
  readonly dir: string;
  readonly flags?: readonly string[];
  /** Serial lines go to this process's output. */
  readonly show?: boolean;
}): Promise<SpawnedDispenser> {
  const { org, device, password } = options.credential;
  mkdirSync(options.dir, { recursive: true });
  const who = ['--org', org, '--device', device, '--dir', join(options.dir, 'flash'), '--frascos', '8'];
  const [program, args] = options.firmware
    ? [await buildFirmware(), ['--broker', `127.0.0.1:${options.port}`, ...who]]
    : [
        process.execPath,
        [
          join(root, 'scripts', 'simulate.mjs'),
          '--url',
          `mqtt://127.0.0.1:${options.port}`,
          ...who,
          '--quiet',
        ],
      ];
  const child = spawn(program, [...args, ...(options.flags ?? [])], {
    env: { ...process.env, YAGUTS_DEVICE_PASSWORD: password, npm_lifecycle_event: 'demo' },
    stdio: ['ignore', options.show ? 'inherit' : 'ignore', 'inherit'],
  });
  return {
    process: child,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}
