import { prepare } from './setup/prepare.mjs';
import { command } from './setup/say.mjs';

await command(async (argv) => {
  await prepare({ web: argv.includes('web') });
  const { main } = await import('./dist/bench.js');
  await main(argv);
});
