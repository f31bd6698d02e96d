import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** scripts/setup/apt-install.sh with an apt-get of the test, which asks the policy as Debian's packages do. */

const script = fileURLToPath(new URL('../../setup/apt-install.sh', import.meta.url));
const asks = (policy: string) => `for service in mosquitto mosquitto.service ssh; do
  if "${policy}" $service start; then echo "$service may"; else echo "$service may not"; fi
done`;

let folder: string;
let policy: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yaguts-apt-'));
  policy = join(folder, 'policy-rc.d');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that the script finds before the real one. */
function program(name: string, body: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(folder, name), 0o755);
}

function install(...packages: string[]): Promise<{ code: number | null; said: string[] }> {
  for (const name of ['update-rc.d', 'service']) program(name, `echo ${name} "$@"`);
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  const child = spawn('sh', [script, policy, ...packages], { env });
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, said: output.trim().split('\n') }));
  });
}

test('mosquitto is installed without being started, now or later; other services may, and no policy is left', async () => {
  program('apt-get', `case $1 in install) ${asks(policy)} ;; esac`);
  expect(await install('make', 'mosquitto')).toEqual({
    code: 0,
    said: [
      'mosquitto may not',
      'mosquitto.service may not',
      'ssh may',
      'update-rc.d mosquitto disable',
      'service mosquitto stop',
    ],
  });
  expect(existsSync(policy)).toBe(false);
});

test('an install that fails is told by its code, and leaves no policy', async () => {
  program('apt-get', 'case $1 in install) exit 100 ;; esac');
  expect((await install('mosquitto')).code).toBe(100);
  expect(existsSync(policy)).toBe(false);
});

test('a policy that is there already stays as it is', async () => {
  program('policy-rc.d', 'exit 101');
  program('apt-get', `case $1 in install) ${asks(policy)} ;; esac`);
  expect((await install('mosquitto')).said.slice(0, 3)).toEqual([
    'mosquitto may not',
    'mosquitto.service may not',
    'ssh may not',
  ]);
  expect(readFileSync(policy, 'utf8')).toBe('#!/bin/sh\nexit 101\n');
});

test('a policy of a script that was killed allows everything and removes itself when it is asked', async () => {
  // $PPID of apt-get is the script.
  program('apt-get', 'case $1 in install) kill -9 $PPID ;; esac');
  await install('mosquitto');
  expect(existsSync(policy)).toBe(true);
  const asked = spawn(policy, ['mosquitto', 'start']);
  expect(await new Promise((resolve) => asked.on('close', resolve))).toBe(0);
  expect(existsSync(policy)).toBe(false);
});
