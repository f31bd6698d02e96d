import { parseArgs } from 'node:util';
import { budgetFaults, readBudget } from './bench/budget.ts';
import { type Bench, benches } from './bench/registry.ts';
import { type BenchOptions, type Result, resultText, write } from './bench/result.ts';

const usage = `npm run bench -- [NAME…] [--quick] [--check] [--readme] [--entries N]

Measures, each figure beside its ceiling in the same run, and writes the result to bench-results/.

${benches.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`).join('\n')}

  --entries N  entries of the largest run of "main" (200000)
  --quick      a fraction of everything: to see that it runs, not to quote
  --readme     writes the table of "grow" into the README
  --check      ends with 1 when a ratio is below its floor in scripts/src/bench/budget.json`;

/**
 * `npm run bench`: runs the benches named, "main" when none is, prints a table and writes a JSON file for each.
 * Figures are printed, never judged, unless `--check` holds their ratios to the budget; a fault of a run, such as a
 * lost entry, ends with 1.
 *
 * @param argv arguments after the program's name
 */
export async function main(argv: readonly string[]): Promise<void> {
  let chosen: readonly Bench[];
  let options: BenchOptions;
  let isChecked: boolean;
  let isForReadme: boolean;
  try {
    const known = {
      quick: { type: 'boolean' },
      check: { type: 'boolean' },
      readme: { type: 'boolean' },
      entries: { type: 'string' },
      help: { type: 'boolean' },
    } as const;
    const { values, positionals } = parseArgs({ args: [...argv], options: known, allowPositionals: true });
    if (values.help) return console.log(usage);
    chosen = (positionals.length > 0 ? positionals : ['main']).map(benchNamed);
    isChecked = values.check === true;
    isForReadme = values.readme === true;
    options = {
      isQuick: values.quick === true,
      ...(values.entries !== undefined && { entries: countOf(values.entries) }),
    };
  } catch (error) {
    console.error(`bench: ${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  for (const bench of chosen) {
    try {
      const result = await runBench(bench, options, isForReadme);
      const under = isChecked ? budgetFaults(result, readBudget()[bench.name]) : [];
      const faults = [...(result.faults ?? []), ...under];
      for (const fault of faults) console.error(`bench ${bench.name}: ${fault}`);
      if (faults.length > 0) process.exitCode = 1;
    } catch (error) {
      console.error(`bench ${bench.name}: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
}

async function runBench(bench: Bench, options: BenchOptions, isForReadme: boolean): Promise<Result> {
  const { measure, detail, toReadme } = await bench.load();
  const result = await measure(options);
  console.log(`\n${resultText(result, detail?.(result as never))}`);
  if (isForReadme) toReadme?.(result as never);
  console.log(`\nWritten to ${write(result, bench.name)}`);
  return result;
}

function benchNamed(name: string): Bench {
  const found = benches.find((bench) => bench.name === name);
  if (!found) throw new Error(`there is no bench "${name}"`);
  return found;
}

function countOf(text: string): number {
  const count = Number(text);
  if (!(count >= 1)) throw new Error(`--entries ${text}: expected a number above 0`);
  return count;
}
