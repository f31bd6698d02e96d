import { parseArgs } from 'node:util';
import { measureAedes, measurePlatform, type Scenario } from './bench/scenarios.ts';
import { buildFirmware } from './firmware-sim.ts';
import { type BadInputResult, runBadInput } from './proof/bad-input.ts';
import { type ControlResult, controls, runControl } from './proof/controls.ts';
import { type KillLoopResult, runKillLoop } from './proof/kill-loop.ts';
import { openPages, type Pages, type PagesFigures } from './proof/pages.ts';
import {
  faultsOf,
  type Load,
  machine,
  type Proof,
  renderProof,
  writeProof,
  writeReadme,
} from './proof/report.ts';
import { runSoak, type SoakResult } from './proof/soak.ts';
import { type BoardKind, prepareTemplate, type Template } from './proof/stage.ts';

const usage = `npm run proof -- [--short] [--seed N] [--readme] | --kills N --seconds S | --soak MINUTES

Kills, cuts and bad input on real processes, controls that must fail, and one table that says what was lost.
Ends with 0 only when everything holds; writes bench-results/proof.json.

  --short                  everything, smaller: about five minutes
  --kills N --seconds S    the kill loop alone, of that size
  --soak MINUTES           faults for so long on one living platform, with the slope of its memory
  --seed N                 another schedule (20261124)
  --readme                 puts the table into README.md when it holds`;

interface Size {
  readonly kills: number;
  readonly cuts: number;
  readonly seconds: number;
  readonly badPackets: number;
  readonly badPayloads: number;
  readonly load: readonly Scenario[];
}
/** One job of 24 items on each device, watched by as many pages as a big kitchen opens. */
const paced: Scenario = { devices: 200, perSecond: 200, entries: 4_800 };
const pagesOpen = 10;
const long: Size = {
  ...{ kills: 160, cuts: 4_400, seconds: 120, badPackets: 6_000, badPayloads: 20_000 },
  load: [{ devices: 200, window: 4, entries: 48_000 }, paced],
};
const short: Size = {
  ...{ kills: 80, cuts: 2_000, seconds: 60, badPackets: 1_500, badPayloads: 4_000 },
  load: [{ devices: 200, window: 4, entries: 9_600 }, paced],
};

interface Wish {
  readonly size: Size;
  readonly only: 'loop' | 'soak' | undefined;
  readonly soakMinutes: number;
  readonly seed: number;
  readonly readme: boolean;
}

/** `npm run proof`. @param argv arguments after the program's name */
export async function main(argv: readonly string[]): Promise<void> {
  let wish: Wish | undefined;
  try {
    wish = parse(argv);
  } catch (error) {
    console.error(`proof: ${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (!wish) return console.log(usage);
  // Ctrl-C takes every process of the proof with it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const proof = await prove(wish);
  const table = renderProof(proof);
  console.log(`\n${table}`);
  const faults = faultsOf(proof);
  console.log(`\nWritten to ${writeProof(proof)}`);
  if (faults.length === 0) {
    if (wish.readme) writeReadme(table);
    return console.log('It holds.');
  }
  console.log(`\nIT DOES NOT HOLD\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  process.exitCode = 1;
}

function parse(argv: readonly string[]): Wish | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    short: flag,
    help: flag,
    readme: flag,
    kills: text,
    seconds: text,
    soak: text,
    seed: text,
  };
  const { values } = parseArgs({ args: [...argv], options });
  if (values.help) return undefined;
  const number = (name: 'kills' | 'seconds' | 'soak' | 'seed', otherwise: number): number => {
    const given = Number(values[name] ?? otherwise);
    if (!(given > 0) || values[name] === '')
      throw new Error(`--${name} ${values[name]}: expected a number above 0`);
    return given;
  };
  const size = values.short ? short : long;
  const isLoop = values.kills !== undefined || values.seconds !== undefined;
  const seconds = number('seconds', size.seconds);
  const cuts = Math.round((size.cuts * seconds) / size.seconds);
  return {
    size: { ...size, cuts, seconds, kills: number('kills', size.kills) },
    only: values.soak !== undefined ? 'soak' : isLoop ? 'loop' : undefined,
    soakMinutes: number('soak', 1),
    seed: number('seed', 20_261_124),
    readme: values.readme ?? false,
  };
}

const say = (text: string): void => void process.stderr.write(`  … ${text}\n`);

async function prove({ size, only, soakMinutes, seed }: Wish): Promise<Proof> {
  const startedAt = performance.now();
  const skipped: string[] = [];
  const kinds = await boardKinds(skipped);
  say('a kitchen to attack');
  const template = await prepareTemplate(kinds.map((_, i) => `d-${i + 1}`));
  const failed: string[] = [];
  // A part that falls over is a fault in the table, and no reason to be silent about the others.
  const part = async <T>(name: string, run: () => Promise<T>): Promise<T | undefined> => {
    say(name);
    try {
      return await run();
    } catch (error) {
      failed.push(`${name}: ${(error as Error).message}`);
      return undefined;
    }
  };
  let loop: KillLoopResult | undefined;
  let soak: SoakResult | undefined;
  let badInput: BadInputResult | undefined;
  const loads: Load[] = [];
  let played: ControlResult[] = [];
  const { kills, cuts, seconds: loopSeconds, badPackets: packets, badPayloads: payloads } = size;
  const common = { template, kinds, seed, progress: say };
  try {
    if (only === 'soak') {
      soak = await part(`${soakMinutes} minutes of faults`, () =>
        runSoak({ ...common, minutes: soakMinutes }),
      );
    } else {
      loop = await part(`${kills} kills and ${cuts} cuts in ${loopSeconds} s`, () =>
        runKillLoop({ ...common, kills, cuts, seconds: loopSeconds }),
      );
    }
    if (only === undefined) {
      badInput = await part(`${packets + payloads} bad inputs`, () =>
        runBadInput(template, { packets, payloads, seed }),
      );
      played = await playControls(template, skipped);
      for (const scenario of size.load) {
        const load = await part(`load of ${scenario.devices} devices`, () => holdLoad(scenario));
        if (load) loads.push(load);
      }
    } else
      skipped.push(`load, bad input and controls (--${only === 'soak' ? 'soak' : 'kills'} is that alone)`);
  } finally {
    template.remove();
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  return {
    machine: machine(),
    seed,
    seconds,
    loop,
    soak,
    loads,
    badInput,
    controls: played,
    failed,
    skipped,
  };
}

/** Five boards of the firmware and three simulators; simulators alone where no firmware can be built. */
async function boardKinds(skipped: string[]): Promise<BoardKind[]> {
  try {
    await buildFirmware();
    return [
      'firmware',
      'simulator',
      'firmware',
      'simulator',
      'firmware',
      'simulator',
      'firmware',
      'firmware',
    ];
  } catch {
    skipped.push('the firmware (no C++ compiler or make here)');
    return ['simulator', 'simulator', 'simulator', 'simulator'];
  }
}

async function playControls(template: Template, skipped: string[]): Promise<ControlResult[]> {
  const played: ControlResult[] = [];
  for (const control of controls) {
    say(`the control "${control.name}", and the product in the same story`);
    const result = await runControl(control, template);
    if (result.skipped !== undefined) skipped.push(`the control "${control.name}": ${result.skipped}`);
    played.push(result);
  }
  return played;
}

/** Paced, a bare broker is as idle as the platform: there is no ratio to tell, but pages that keep up. */
async function holdPaced(scenario: Scenario): Promise<Load> {
  let open: Pages | undefined;
  let pages: PagesFigures | undefined;
  const platform = await measurePlatform(scenario, {
    sent: (job_id, item_ordem) => open?.sent(job_id, item_ordem),
    async during(at) {
      const opened = await openPages(at, pagesOpen);
      open = opened;
      return async () => {
        pages = await opened.end();
      };
    },
  });
  return { scenario, platform, aedes: undefined, pages };
}

async function holdLoad(scenario: Scenario): Promise<Load> {
  if (scenario.window === undefined) return holdPaced(scenario);
  const platform = await measurePlatform(scenario);
  return { scenario, platform, aedes: await measureAedes(scenario), pages: undefined };
}
