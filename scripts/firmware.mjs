// npm run firmware -- compile|upload|monitor [esp32|esp32c3|esp32s3] [--port /dev/ttyUSB0]
// Wraps arduino-cli, and says what to install when it is missing.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './setup/packages.mjs';
import { root, run } from './setup/run.mjs';
import { command, SetupError } from './setup/say.mjs';

const profiles = ['esp32', 'esp32c3', 'esp32s3'];
const usage = `Usage: npm run firmware -- compile|upload|monitor [${profiles.join('|')}] [--port PORT]`;

await command(async ([verb, ...rest]) => {
  const at = rest.indexOf('--port');
  const port = at < 0 ? undefined : rest[at + 1];
  const profile = rest.find((word, i) => !word.startsWith('--') && i !== at + 1) ?? 'esp32';
  if (!['compile', 'upload', 'monitor'].includes(verb)) throw new SetupError(usage);
  if (!profiles.includes(profile))
    throw new SetupError(`There is no profile ${JSON.stringify(profile)}.\n${usage}`);
  if (verb !== 'compile' && !port)
    throw new SetupError(
      `${verb} needs the port of the board, such as --port /dev/ttyUSB0 (arduino-cli board list shows it).\n${usage}`,
    );
  const cli = findProgram('arduino-cli', 'arduino-cli.exe');
  if (!cli) {
    throw new SetupError(
      'arduino-cli is not here. Install it from https://arduino.github.io/arduino-cli/ (Linux and macOS: brew install arduino-cli, or the installer script on that page;\nWindows: winget install ArduinoSA.CLI), then run the command again. The first compile downloads the esp32 core pinned in firmware/dispenser/sketch.yaml.',
    );
  }
  const sketch = join(root, 'firmware', 'dispenser');
  if (!existsSync(join(sketch, 'sketch.yaml'))) throw new SetupError(`${sketch} holds no sketch.yaml`);
  const args = {
    compile: ['compile', '--profile', profile, sketch],
    upload: ['compile', '--profile', profile, '--upload', '--port', port, sketch],
    monitor: ['monitor', '--port', port, '--config', 'baudrate=115200'],
  }[verb];
  const { code } = await run(cli, args, { show: true });
  process.exitCode = code;
});
