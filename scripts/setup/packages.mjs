import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './run.mjs';
import { SetupError, step } from './say.mjs';

/** Where a program lies on PATH, or undefined. */
export function findProgram(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
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

/** What the tests need beside npm, and Debian's names for it. */
const needs = [
  {
    find: () => findProgram('mosquitto_pub'),
    debian: ['mosquitto-clients'],
    why: 'the README recipes as tests',
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
 * Sees to mosquitto clients, a Chromium and a C++ compiler; installs them from Debian's packages where it may.
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
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const call = (args) => run([...sudo, apt, ...args][0], [...sudo, apt, ...args].slice(1), { env });
    await call(['update', '-q']);
    const { code, output } = await call(['install', '-y', '-q', '--no-install-recommends', ...packages]);
    if (code === 0 && missing.every((need) => need.find())) {
      progress.done();
      return [];
    }
    progress.failed();
    process.stderr.write(`${output.trim().split('\n').slice(-8).join('\n')}\n`);
  }
  if (process.env.YAGUTS_E2E === 'skip') return missing;
  throw new SetupError(
    `Some tests need programs that are not here:\n${missing.map((need) => `  ${need.debian.join(' ')}: for ${need.why}`).join('\n')}\n\nInstall them:\n  sudo apt-get install -y --no-install-recommends ${packages.join(' ')}\nor leave those tests out, which the summary then says:\n  YAGUTS_E2E=skip npm test`,
  );
}
