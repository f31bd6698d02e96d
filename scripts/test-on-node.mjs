// node scripts/test-on-node.mjs 24: the whole suite once more, on another Node from npm, in a clean clone.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { npm, root, run } from './setup/run.mjs';
import { command, SetupError, step } from './setup/say.mjs';

await command(async ([major = '24', ...rest]) => {
  const folder = mkdtempSync(join(tmpdir(), `yaguts-node${major}-`));
  try {
    const progress = step(`Node ${major} from npm, and a clean clone`);
    const node = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}@${major}`;
    const fetched = await npm([
      'install',
      '--prefix',
      folder,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      node,
    ]);
    const cloned = await run('git', ['clone', '--quiet', root, join(folder, 'yaguts')]);
    if (fetched.code !== 0 || cloned.code !== 0) {
      progress.failed();
      throw new SetupError(`${fetched.output}\n${cloned.output}`);
    }
    progress.done();
    const bin = join(folder, 'node_modules', node.slice(0, node.lastIndexOf('@')), 'bin');
    // A user-level nodedir= would compile against the headers of the other Node.
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, npm_config_nodedir: '' };
    const { code } = await run(join(bin, 'node'), ['scripts/test.mjs', ...rest], {
      cwd: join(folder, 'yaguts'),
      env,
      show: true,
    });
    process.exitCode = code;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
});
