import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseConfig, type Restored, restoreBackup } from '@yaguts/api';
import { AppError } from '@yaguts/shared';
import { reason } from './start.ts';

const usage = `Usage: npm run restore -- FILE [--into FOLDER] [--anyway]

Puts a backup in the place of the database in the data folder (YAGUTS_DATA_DIR, ./data by default). The platform
must be stopped. The database that was there is kept aside; nothing is changed when the backup is not sound.

  --into FOLDER  restores into a new folder instead, and copies the keys there; the data folder stays as it is
  --anyway       takes a backup that can be read though its sums do not add up`;

/**
 * `npm run restore`: ends with 0 and what there is to do now, 1 with a sentence when nothing was restored, 2 for
 * wrong arguments.
 *
 * @param argv arguments after the program's name
 */
export async function main(argv: readonly string[]): Promise<void> {
  let parsed: { file: string; into: string | undefined; anyway: boolean } | undefined;
  try {
    parsed = parse(argv);
  } catch (error) {
    console.error(`restore: ${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (!parsed) return console.log(usage);
  try {
    const { dataDir } = parseConfig(process.env);
    console.log(told(await restoreBackup({ ...parsed, dir: dataDir, now: Date.now() })));
  } catch (error) {
    // Whatever is refused is refused before the first change.
    const unchanged = error instanceof AppError ? '\nNothing was changed.' : '';
    console.error(`restore: ${reason(error)}${unchanged}`);
    process.exitCode = 1;
  }
}

function parse(argv: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { into: { type: 'string' }, anyway: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) return undefined;
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new Error('name one file');
  return { file, into: values.into, anyway: values.anyway ?? false };
}

function told({ manifest, dir, aside, epoch, recontar, sessoes, pausados, vivos, faults }: Restored): string {
  const made = new Date(manifest.feito_em).toISOString();
  return [
    `Restored into ${resolve(dir)}: the backup of ${made}, made by version ${manifest.versao}.`,
    faults.length === 0
      ? 'Verified: structure, foreign keys, ledger, audit.'
      : `Taken though this does not add up:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    ...(aside
      ? [`The database that was there is kept in ${resolve(aside)}; remove it when all is well.`]
      : []),
    '',
    'What to do now:',
    `  - Start the platform. Devices see the new epoch ${epoch} and send their last reports again.`,
    `  - Weigh the frascos: all ${recontar} are marked "recontar", for what was poured since is not in this ledger.`,
    ...(pausados.length === 0
      ? []
      : [
          `  - Look through the queues of ${pausados.join(', ')}: they are paused, for what waits there may have been`,
          '    poured since. Once the devices have reported, cancel what was, then let the queues go on.',
        ]),
    `  - Log in again: ${sessoes} sessions have ended, and open codes and invitations with them.`,
    ...live(vivos),
  ].join('\n');
}

function live(vivos: readonly string[] | undefined): string[] {
  if (vivos === undefined)
    return [
      '  - Credentials, tokens and accounts that were revoked since that backup are LIVE AGAIN, and the database that',
      '    was there cannot tell which: look through devices, tokens and people, and revoke them again.',
    ];
  if (vivos.length === 0)
    return ['  - Nothing that was revoked, disabled or removed since that backup is live again.'];
  return [
    '  - LIVE AGAIN, for they were revoked, disabled or removed since that backup; do it again:',
    ...vivos.map((name) => `      ${name}`),
  ];
}
