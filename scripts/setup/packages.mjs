import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root, run } from './run.mjs';
import { SetupError, step } from './say.mjs';

// Servers lie where a user's PATH often does not lead.
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

/** Where a program lies on PATH or beside it, or undefined. */
export function findProgram(...names) {
  for (const name of names) {
    for (const folder of folders) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // Not in this folder.
      }
    }
  }
  return undefined;
}

const installer = ['sh', join(root, 'scripts', 'setup', 'apt-install.sh'), '/usr/sbin/policy-rc.d'];

/** What the tests need beside npm, and Debian's names for it. */
const needs = [
  {
    find: () => findProgram('mosquitto_pub'),
    debian: ['mosquitto-clients'],
    why: 'the README recipes as tests',
  },
  {
    find: () => findProgram('mosquitto'),
    debian: ['mosquitto'],
    why: 'the tests beside another broker',
  },
  {
    find: () => process.env.YAGUTS_CHROMIUM ?? findProgram('chromium', 'chromium-browser', 'google-chrome'),
    debian: ['chromium'],
    why: 'the browser tests',
  },
  {
    find: () => findProgram('g++', 'clang++') && findProgram('make'),
    debian: ['g++', 'make'],
    why: "the firmware's tests",
  },
];

/**
 * Sees to mosquitto and its clients, a Chromium and a C++ compiler; installs them from Debian's packages where it
 * may. A mosquitto that comes that way is never started by the system.
 *
 * @returns what is missing and left out because YAGUTS_E2E=skip says so
 * @throws SetupError with the line to type
 */
export async function ensureTestPackages() {
  const missing = needs.filter((need) => !need.find());
  if (missing.length === 0) return [];
  const packages = missing.flatMap((need) => need.debian);
  const apt = findProgram('apt-get');
  const sudo =
    process.getuid?.() === 0
      ? []
      : (await run('sudo', ['-n', 'true'])).code === 0
        ? ['sudo', '-n']
        : undefined;
  if (apt && sudo) {
    const progress = step(`Installing ${packages.join(', ')} with apt-get`);
    const [program, ...args] = [...sudo, ...installer, ...packages];
    const { code, output } = await run(program, args);
    if (code === 0 && missing.every((need) => need.find())) {
      progress.done();
      return [];
    }
    progress.failed();
    process.stderr.write(`${output.trim().split('\n').slice(-8).join('\n')}\n`);
  }
  if (process.env.YAGUTS_E2E === 'skip') return missing;
  throw new SetupError(
    `Some tests need programs that are not here:\n${missing.map((need) => `  ${need.debian.join(' ')}: for ${need.why}`).join('\n')}\n\nInstall them:\n  sudo ${installer.join(' ')} ${packages.join(' ')}\nor leave those tests out, which the summary then says:\n  YAGUTS_E2E=skip npm test`,
  );
}
