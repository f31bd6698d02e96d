// First: what keeps a timer of its own must find the one that a world can hold.
import './seeds/virtual-globals.ts';
import { parseArgs } from 'node:util';
import { runCampaign, type Totals } from './seeds/campaign.ts';
import { controlList, type SeedControl } from './seeds/control-list.ts';
import { breakages } from './seeds/controls.ts';

const usage = `npm run seeds -- [options]

Plays whole stories (platform, dispensers, people, a bad network, kills) on one thread in virtual time, each decided by
its seed alone, and holds the database against what the dispensers and people know.

  --from N       first seed (1)
  --count N      how many (200)
  --seed N       this one alone
  --trace        prints every step
  --control NAME plays with a promise broken: ${controlList.map(({ name }) => `"${name}"`).join(', ')}
  --json         one line of JSON at the end, for programs
`;

interface Wanted {
  readonly from: number;
  readonly count: number;
  readonly isTraced: boolean;
  readonly asJson: boolean;
  readonly control: SeedControl | undefined;
}

/** Plays the seeds asked for; the exit code is 1 when an invariant was broken (with a control: when none was). */
export async function main(argv: readonly string[]): Promise<void> {
  const wanted = readArguments(argv);
  if (typeof wanted === 'string') {
    process.stdout.write(wanted);
    process.exitCode = wanted === usage ? 0 : 2;
    return;
  }
  const { from, count, isTraced, asJson, control } = wanted;
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const began = performance.now();
  const totals = await runCampaign({
    ...{ from, count, breakage: control && breakages[control.name], untilFault: control !== undefined },
    isFault: (fault) => control === undefined || fault.startsWith(control.shows),
    onTrace: isTraced ? say : undefined,
    onStory: ({ seed, faults }) => {
      if (asJson || faults.length === 0) return;
      const again = `npm run seeds -- --seed ${seed} --trace${control ? ` --control "${control.name}"` : ''}`;
      say(`seed ${seed}: ${faults.join('; ')}\n  again: ${again}`);
    },
  });
  const isShown = totals.failed.length > 0;
  if (isShown !== (control !== undefined)) process.exitCode = 1;
  say(asJson ? jsonOf(totals) : summaryOf(totals, performance.now() - began));
}

/** A sentence to print instead when they cannot be read. */
function readArguments(argv: readonly string[]): Wanted | string {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { from: text, count: text, seed: text, control: text, trace: flag, json: flag, help: flag };
  let values: ReturnType<typeof parse>;
  const parse = () => parseArgs({ args: [...argv], options }).values;
  try {
    values = parse();
  } catch (error) {
    return `${(error as Error).message}\n\n${usage}`;
  }
  if (values.help) return usage;
  const { seed, control: name } = values;
  const from = Number(seed ?? values.from ?? 1);
  const count = seed === undefined ? Number(values.count ?? 200) : 1;
  const isWhole = (value: number): boolean => Number.isSafeInteger(value) && value >= 1 && value < 2 ** 32;
  if (!isWhole(from) || !isWhole(count)) return `Seeds are whole numbers from 1 on.\n\n${usage}`;
  const control = controlList.find((one) => one.name === name);
  if (name !== undefined && !control) return `There is no control "${name}".\n\n${usage}`;
  return { from, count, isTraced: values.trace, asJson: values.json, control };
}

function summaryOf(totals: Totals, wallMs: number): string {
  const { seeds, steps, kills, cuts, jobs, entries, acks, virtualMs, cpuMs, hashes, failed } = totals;
  const [only] = hashes.values();
  return [
    `${seeds} seeds, ${failed.length} failed: ${steps} steps, ${kills} kills, ${cuts} cuts, ${jobs} jobs, ${entries} entries, ${acks} acks`,
    `${(virtualMs / 3_600_000).toFixed(1)} hours in ${(wallMs / 1_000).toFixed(1)} s (${(cpuMs / 1_000).toFixed(1)} s of processor): ${((seeds * 1_000) / wallMs).toFixed(1)} seeds/s`,
    ...(seeds === 1 ? [`trace ${only}`] : []),
  ].join('\n');
}

const jsonOf = ({ hashes, failed, ...totals }: Totals): string =>
  JSON.stringify({
    ...totals,
    hashes: [...hashes.values()],
    failed: failed.map(({ seed, faults }) => ({ seed, faults })),
  });
