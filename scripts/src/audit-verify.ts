import { parseArgs } from 'node:util';
import { databaseFile, type NotedHead, parseConfig, verifyChains } from '@yaguts/api';
import { reason } from './start.ts';

const usage = `Usage: npm run audit:verify -- [--dir FOLDER] [--head ORG:N:HASH]...

Checks the audit chain of every organisation in a data folder (YAGUTS_DATA_DIR, ./data by default), reading
only; the platform may be running.

  --dir FOLDER       another data folder
  --head ORG:N:HASH  a head noted earlier (this command prints them, every backup has them): it must still be there,
                     for a chain alone cannot tell that its end was cut off`;

/**
 * `npm run audit:verify`: one line per chain. Ends with 0 when all hold, 1 when one is broken or cannot be
 * read, 2 for wrong arguments.
 *
 * @param argv arguments after the program's name
 */
export function main(argv: readonly string[]): void {
  let wanted: { dir: string; heads: NotedHead[] } | undefined;
  try {
    wanted = parse(argv);
  } catch (error) {
    console.error(`audit:verify: ${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (!wanted) {
    console.log(usage);
    return;
  }
  try {
    const verdicts = verifyChains(databaseFile(wanted.dir), wanted.heads);
    for (const { org, rows, n, head, forgotten, broken, missing } of verdicts) {
      const name = org === '' ? 'the installation' : org;
      if (broken !== undefined) console.log(`BROKEN  ${name}: row ${broken} of ${rows} does not fit`);
      else if (missing.length > 0)
        console.log(`CUT     ${name}: the head noted at row ${missing[0]} is gone`);
      else
        console.log(
          `holds   ${name}: ${rows} rows${forgotten > 0 ? `, ${forgotten} older ones forgotten` : ''}, head ${org}:${n}:${head}`,
        );
      if (broken !== undefined || missing.length > 0) process.exitCode = 1;
    }
  } catch (error) {
    console.error(reason(error));
    process.exitCode = 1;
  }
}

function parse(argv: readonly string[]) {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      dir: { type: 'string' },
      head: { type: 'string', multiple: true },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return undefined;
  const heads = (values.head ?? []).map((text): NotedHead => {
    const [, org, n, hash] = /^([a-z0-9-]*):(\d+):([0-9a-f]{64})$/.exec(text) ?? [];
    if (org === undefined || n === undefined || hash === undefined)
      throw new Error(`--head ${text}: write ORG:N:HASH as this command prints it`);
    return { org, n: Number(n), hash };
  });
  return { dir: values.dir ?? parseConfig(process.env).dataDir, heads };
}
