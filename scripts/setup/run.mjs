import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Runs a program to its end. Its last 200,000 characters are given back; with `tee` they are shown too, with
 * `show` the program writes to the terminal itself and nothing is kept.
 *
 * @returns {Promise<{ code: number, output: string }>} code 128 and above for a signal, 127 when absent
 */
export function run(program, args, { show = false, tee = false, cwd = root, env = process.env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
    });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-200_000);
      if (tee) process.stdout.write(chunk);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', (error) => resolve({ code: 127, output: String(error) }));
    child.on('close', (code, signal) =>
      resolve({ code: code ?? 128, output: signal ? `${output}\n${signal}` : output }),
    );
  });
}

/** How to call the npm that belongs to this Node: its script when it can be found, else `npm` by PATH. */
export function npm(args, options) {
  const beside = join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  const script = process.env.npm_execpath?.endsWith('npm-cli.js')
    ? process.env.npm_execpath
    : existsSync(beside)
      ? beside
      : undefined;
  return script ? run(process.execPath, [script, ...args], options) : run('npm', args, options);
}
