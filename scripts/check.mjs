// npm run check: types, lint and formatting, contract drift, the arrows of the house. Names every fault.

import { join } from 'node:path';
import { houseFaults } from './setup/house.mjs';
import { prepare } from './setup/prepare.mjs';
import { root, run } from './setup/run.mjs';
import { command, step } from './setup/say.mjs';

await command(async () => {
  await prepare({ web: false });
  const checks = [
    ['Types of the code', () => tool(join('typescript', 'bin', 'tsc'), ['-b'])],
    [
      'Types of the tests',
      () => tool(join('typescript', 'bin', 'tsc'), ['-p', join(root, 'scripts', 'tsconfig.test.json')]),
    ],
    [
      'Lint and formatting (biome)',
      () => tool(join('@biomejs', 'biome', 'bin', 'biome'), ['check', '--error-on-warnings']),
    ],
    [
      'Contract drift (header, README tables)',
      () => run(process.execPath, [join(root, 'scripts', 'contract.mjs'), '--check']),
    ],
    ['Database schema drift (drizzle-kit)', () => migrationsAreCurrent()],
    [
      'The arrows of the house',
      () => ({ code: houseFaults().length > 0 ? 1 : 0, output: houseFaults().join('\n') }),
    ],
  ];
  let failed = 0;
  for (const [title, check] of checks) {
    const progress = step(title);
    const { code, output } = await check();
    if (code === 0) progress.done();
    else {
      progress.failed();
      process.stdout.write(`${output.trim()}\n`);
      failed += 1;
    }
  }
  process.stdout.write(
    failed === 0 ? 'check: everything holds\n' : `check: ${failed} of ${checks.length} failed\n`,
  );
  if (failed > 0) process.exitCode = 1;
});

function tool(path, args) {
  return run(process.execPath, [join(root, 'node_modules', path), ...args]);
}

/** The committed SQL must be what the schema generates: a dry generation must find nothing to do. */
async function migrationsAreCurrent() {
  const result = await run(
    process.execPath,
    [join(root, 'node_modules', 'drizzle-kit', 'bin.cjs'), 'generate'],
    { cwd: join(root, 'api') },
  );
  if (result.code !== 0) return result;
  if (/No schema changes/i.test(result.output)) return { code: 0, output: '' };
  return {
    code: 1,
    output: `${result.output}\nThe schema has changed: commit the migration that was just generated.`,
  };
}
