import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { buildFirmware } from '../firmware-sim.ts';
import type { SimulateCommand } from './arguments.ts';
import type { DeviceCredential } from './credentials.ts';
import { firmwareFlags } from './firmware-flags.ts';
import type { SimulationResult } from './simulator.ts';

export interface FirmwareFleet {
  /** Resolves when each has had its job wholly acked (`--once`); rejects when one could not begin or fell. */
  readonly done: Promise<void>;
  /** SIGTERM to each: motors off, `presence` offline, and gone. */
  stop(): Promise<void>;
}

interface Member extends DeviceCredential {
  readonly dir: string;
  readonly flags: readonly string[];
}

/**
 * The flags for each dispenser of a command.
 *
 * @throws Error with a sentence that names a flag which the firmware does not have, or the missing password
 */
export function planFleet(command: SimulateCommand): Member[] {
  const several = command.devices.length > 1;
  return command.devices.map((device) => {
    const who = `${device.org}.${device.device}`;
    const ledger = several && command.ledger !== undefined ? `${command.ledger}.${who}` : command.ledger;
    const flags = firmwareFlags({ ...command, ledger }, device);
    if (!device.password)
      throw new Error(`the firmware needs a password for ${who}: set YAGUTS_DEVICE_PASSWORD`);
    return { ...device, flags };
  });
}

/**
 * Builds the firmware where something changed and starts one process for each dispenser. Serial lines go to
 * standard output unless `quiet`.
 *
 * @param onResult hears of each job that is wholly acked
 * @throws Error with what to install when there is no compiler
 */
export async function startFleet(
  members: readonly Member[],
  { quiet, url }: Pick<SimulateCommand, 'quiet' | 'url'>,
  onResult: (who: string, result: SimulationResult) => void,
): Promise<FirmwareFleet> {
  const program = await buildFirmware();
  const prefixed = members.length > 1;
  const all = members.map((member) => start(program, member, { quiet, url, prefixed, onResult }));
  const done = Promise.all(all.map(({ ended }) => ended)).then(() => {});
  // Whoever stops the fleet instead of waiting for it is not interested.
  done.catch(() => {});
  return {
    done,
    async stop() {
      await Promise.all(all.map(({ child }) => end(child)));
    },
  };
}

function start(
  program: string,
  { org, device, password, dir, flags }: Member,
  {
    quiet,
    url,
    prefixed,
    onResult,
  }: {
    quiet: boolean;
    url: string;
    prefixed: boolean;
    onResult: (who: string, result: SimulationResult) => void;
  },
): { child: ChildProcess; ended: Promise<void> } {
  const who = `${org}.${device}`;
  mkdirSync(dir, { recursive: true });
  const child = spawn(program, [...flags, '--result'], {
    env: { ...process.env, YAGUTS_DEVICE_PASSWORD: password },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve, reject) => {
    let wasConnected = false;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) return onResult(who, resultOf(line));
      if (!quiet) console.log(prefixed ? `${who} ${line}` : line);
      if (!wasConnected && line.startsWith('[MQTT] Conectado')) {
        wasConnected = true;
        console.log(`${who} connected to ${url}`);
      }
      const failure = /^\[MQTT\] Sem conexão .*\(estado (-?\d+)\)/.exec(line);
      if (!failure) return;
      // CONNACK 4 and 5: bad user name or password, not authorized [MQTT-3.2.2-3].
      const isRefused = failure[1] === '4' || failure[1] === '5';
      if (isRefused && !wasConnected) reject(new Error(`the broker refuses the credential of ${who}`));
      else if (quiet) console.error(`${who}: no connection to ${url}; trying again`);
    });
    child.on('error', reject);
    child.on('close', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`the firmware of ${who} ended with ${code ?? signal}`)),
    );
  });
  return { child, ended };
}

/** The account of `dispenser-sim --result`, without what only the wire needs. */
function resultOf(line: string): SimulationResult {
  const { job_id, itens_completados, itens_falhados, itens_cancelados, execution_logs } = JSON.parse(line);
  return { job_id, itens_completados, itens_falhados, itens_cancelados, execution_logs };
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('close', () => resolve());
    child.kill('SIGTERM');
  });
}
