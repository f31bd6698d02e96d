import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  createLog,
  createSealer,
  databaseFile,
  issueCodeAtMachine,
  openPepper,
  openStore,
  parseConfig,
} from '@yaguts/api';
import { AppError } from '@yaguts/shared';
import { reason } from './start.ts';

const usage = `Usage: npm run reset-link -- USER [--origin URL]

Prints a link with which a person chooses a new password within the hour, for who has forgotten it and has nobody
above them who could make one on the page. The platform must be stopped, for the link is written into its data folder
(YAGUTS_DATA_DIR, ./data by default); start it again to use the link. It is an act of the audit.

  --origin URL  where the page is, when it is neither YAGUTS_PUBLIC_ORIGIN nor this machine`;

/**
 * `npm run reset-link`: ends with 0 and the link, 1 with a sentence when none was made, 2 for wrong arguments.
 *
 * @param argv arguments after the program's name
 */
export async function main(argv: readonly string[]): Promise<void> {
  let wanted: { user: string; origin: string | undefined } | undefined;
  try {
    wanted = parse(argv);
  } catch (error) {
    console.error(`reset-link: ${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (!wanted) return console.log(usage);
  try {
    console.log(await makeLink(wanted.user, wanted.origin));
  } catch (error) {
    console.error(`reset-link: ${reason(error)}\nNothing was changed.`);
    process.exitCode = 1;
  }
}

async function makeLink(user: string, origin: string | undefined): Promise<string> {
  const config = parseConfig(process.env);
  if (!existsSync(databaseFile(config.dataDir)))
    throw new AppError('not_found', `There is no database in ${resolve(config.dataDir)}`);
  const sealer = createSealer(await openPepper(config.dataDir));
  const store = await openStore({ dir: config.dataDir });
  try {
    const deps = { store, sealer, now: Date.now, log: createLog('silent') };
    const { org, nome, code, expires_at } = await issueCodeAtMachine(deps, user);
    const page = origin ?? config.publicOrigin ?? `http://localhost:${config.httpPort}`;
    return [
      `For ${nome} (${user}, ${org}), once, until ${new Date(expires_at).toISOString()}, after the platform has started:`,
      `    ${page}/nova-senha#code=${code}`,
    ].join('\n');
  } finally {
    await store.close();
  }
}

function parse(argv: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { origin: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) return undefined;
  const [user, ...more] = positionals;
  if (user === undefined || more.length > 0) throw new Error('name one person by their user id');
  return { user, origin: values.origin };
}
