import { prepare } from './setup/prepare.mjs';
import { command } from './setup/say.mjs';

await command(async (argv) => {
  await prepare({ web: false });
  const { main } = await import('./dist/reset-link.js');
  await main(argv);
});
