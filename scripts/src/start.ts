import { join } from 'node:path';
import { ConfigError, createLog, openSetup, parseConfig, unknownSettings } from '@yaguts/api';
import { AppError } from '@yaguts/shared';
import { compose, type RunningPlatform } from './compose.ts';
import { root } from './root.ts';
import { simulateOn } from './simulate-execution.ts';
import { stopOnSignals } from './stopping.ts';

/** Variables that other commands read, so that the start does not call them misspelt. */
const otherCommands = ['YAGUTS_DEVICE_PASSWORD', 'YAGUTS_CHROMIUM', 'YAGUTS_E2E'];

/** `npm start`: the platform on its data folder until a signal. A fault ends it with code 1 and a sentence. */
export async function main(): Promise<void> {
  let running: RunningPlatform;
  try {
    const config = parseConfig(process.env);
    const log = createLog(config.logLevel);
    for (const name of unknownSettings(process.env, otherCommands)) log.warn('setting_unknown', { name });
    running = await compose({
      config,
      log,
      webDir: join(root, 'web', 'dist'),
      ...(config.development && { simulate: simulateOn }),
    });
    if (!config.tlsCert)
      log.warn('plain_connections', { hint: 'no certificate: passwords travel readable on this network' });
  } catch (error) {
    console.error(reason(error));
    process.exitCode = 1;
    return;
  }
  stopOnSignals(() => running.stop());
  await announce(running);
}

/** What a person sees: where it is, and how to get in the first time. */
export async function announce(running: RunningPlatform): Promise<void> {
  const { origin, mqttPort, mqttsPort, platform } = running;
  const lines = [`Yaguts is ready: ${origin}`];
  if (mqttPort !== undefined)
    lines.push(`MQTT on port ${mqttPort}${mqttsPort === undefined ? '' : `, with TLS on ${mqttsPort}`}`);
  const setup = await openSetup(platform.deps);
  if (setup) {
    lines.push(
      '',
      'Nobody has an account yet. Open the page and type this code (valid for one hour):',
      `    ${setup.code}`,
    );
  }
  console.log(`\n${lines.join('\n')}\n`);
}

/** A sentence for the person, with a stack only for what nobody expected. */
export function reason(error: unknown): string {
  if (error instanceof ConfigError || error instanceof AppError) return error.message;
  const known = error as NodeJS.ErrnoException;
  if (known?.code === 'ENOSPC')
    return 'The disk is full: free some space, then start again. Nothing acknowledged is lost.';
  if (known?.code === 'EACCES' || known?.code === 'EROFS')
    return `The data folder cannot be written: ${known.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
