import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './root.ts';

const binary = join(root, 'firmware', 'sim', 'build', 'dispenser-sim');
let building: Promise<string> | undefined;

/**
 * Builds the firmware for this machine where something changed.
 *
 * @returns the path of the program
 * @throws Error with what to install when there is no compiler, or the compiler's words
 */
export function buildFirmware(): Promise<string> {
  building ??= make();
  return building;
}

function make(): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('make', ['-C', join(root, 'firmware', 'sim'), '--no-print-directory', '-s'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let words = '';
    child.stdout.on('data', (chunk) => (words += chunk));
    child.stderr.on('data', (chunk) => (words += chunk));
    child.on('error', () =>
      reject(
        new Error(
          'make is not here. Debian, Ubuntu: sudo apt-get install -y g++ make; macOS: xcode-select --install',
        ),
      ),
    );
    child.on('close', (code) => {
      if (code === 0) resolve(binary);
      else
        reject(
          new Error(
            `The firmware does not build for this machine:\n${words.trim()}\nIt needs g++ or clang++ (Debian: sudo apt-get install -y g++ make).`,
          ),
        );
    });
  });
}
