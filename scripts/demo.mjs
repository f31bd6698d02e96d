import { prepare } from './setup/prepare.mjs';
import { command } from './setup/say.mjs';

await command(async (argv) => {
  await prepare();
  const { main } = await import('./dist/demo.js');
  await main(argv);
});
