import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type BackupMade,
  backupFolder,
  databaseFile,
  makeBackup,
  openBackup,
  parseConfig,
} from '@yaguts/api';
import { AppError } from '@yaguts/shared';
import { reason } from './start.ts';

const usage = `Usage: npm run backup [-- --into FOLDER]

Makes one backup of the data folder (YAGUTS_DATA_DIR, ./data by default) while the platform runs or is stopped,
checks it, and prints where it is. It stays until you remove it; those made by the clock are rotated.
The keys folder is never in a backup: keep a copy of it elsewhere, once.`;

/**
 * `npm run backup`: ends with 0 and the file's path, 1 with a sentence when none could be made, 2 for wrong flags.
 *
 * @param argv arguments after the program's name
 */
export async function main(argv: readonly string[]): Promise<void> {
  let options: { into?: string | undefined; help?: boolean | undefined };
  try {
    options = parseArgs({
      args: [...argv],
      options: { into: { type: 'string' }, help: { type: 'boolean' } },
    }).values;
  } catch (error) {
    console.error(`backup: ${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (options.help) return console.log(usage);
  try {
    const { dataDir } = parseConfig(process.env);
    const source = databaseFile(dataDir);
    if (!existsSync(source)) {
      const advice = 'name the data folder in YAGUTS_DATA_DIR';
      throw new AppError('not_found', `There is no database in ${resolve(dataDir)}: ${advice}`);
    }
    const folder = options.into ?? backupFolder(dataDir);
    const made = await makeBackup({ source, folder, kind: 'manual', now: Date.now() });
    // What was written is read back: a backup that cannot be opened is none.
    await openBackup(made.path);
    console.log(told(made));
  } catch (error) {
    console.error(`backup: ${reason(error)}`);
    process.exitCode = 1;
  }
}

function told({ path, bytes, sha256, facts }: BackupMade): string {
  return [
    resolve(path),
    `  ${(bytes / 1_048_576).toFixed(1)} MiB, epoch ${facts.epoch}`,
    '  quick_check ok, synced, read back against its seal',
    `  sha256 ${sha256}`,
    ...facts.audit.map(([org, { n, hash }]) => `  audit of ${org}: ${n} rows, head ${hash.slice(0, 16)}…`),
  ].join('\n');
}
