// npm run screenshots: every page in both widths and colours into screenshots/ (ignored by git), taken by the
// browser tests themselves, so that what is pictured is what is tested; a few are copied for the README.

import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTestPackages } from './setup/packages.mjs';
import { prepare } from './setup/prepare.mjs';
import { root, run } from './setup/run.mjs';
import { command, SetupError } from './setup/say.mjs';

/** Pictures of the README and where they come from. */
const chosen = {
  'painel.png': 'painel-1280-light.png',
  'execucao.png': 'execucao-viva-390-light.png',
  'historico.png': 'historico-1280-dark.png',
};

await command(async () => {
  await prepare();
  await ensureTestPackages();
  const folder = join(root, 'screenshots');
  mkdirSync(folder, { recursive: true });
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [
    vitest,
    'run',
    '--project',
    'scripts',
    'src/test/browser.test.ts',
    '-t',
    'every page is accessible',
  ];
  const { code } = await run(process.execPath, args, {
    show: true,
    env: { ...process.env, YAGUTS_SCREENSHOTS: folder },
  });
  if (code !== 0) throw new SetupError('The pictures were not all taken: see the test above.');
  const shown = join(root, 'web', 'pictures');
  mkdirSync(shown, { recursive: true });
  for (const [name, from] of Object.entries(chosen)) copyFileSync(join(folder, from), join(shown, name));
  process.stdout.write(`screenshots/ holds every page; web/pictures/ those of the README\n`);
});
