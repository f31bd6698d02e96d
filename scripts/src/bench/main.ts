import { type MainFigures, type Measured, mainTargets, wrongOf } from './main-table.ts';
import { findMosquitto } from './mosquitto.ts';
import { measurePlain } from './plain-scenario.ts';
import { announceStep, type BenchOptions, machine, type Result } from './result.ts';
import { measureAedes, measurePlatform, measureSqlite, type Scenario } from './scenarios.ts';

const fullEntries = 200_000;
/** Unacked entries per device: below the 64 retained topics that a device may have, 4,096 in all. */
const saturation = [
  { devices: 1, window: 32, share: 0.05 },
  { devices: 20, window: 32, share: 0.2 },
  { devices: 200, window: 16, share: 1 },
] as const;
const pacedPerSecond = 50;
const pacedSeconds = 30;
/** A ceiling is so steady that more entries would only take longer. */
const fullCeiling = 20_000;

/** What the bench "main" writes to bench-results/. */
export type MainResult = Result & MainFigures;

/** Entries acked per second at saturation and the time from publish to ack, each beside its ceilings. */
export async function measureMain({
  isQuick,
  entries: wanted = fullEntries,
}: BenchOptions): Promise<MainResult> {
  const entries = wanted / (isQuick ? 20 : 1);
  const ceilingEntries = isQuick ? 5_000 : fullCeiling;
  const mosquitto = findMosquitto();
  const beside = (name: string, scenario: Scenario): Promise<Measured> =>
    measureBeside(name, scenario, ceilingEntries, mosquitto);
  const sqlite = await step('SQLite alone, the same statements', () =>
    measureSqlite(Math.min(entries, ceilingEntries)),
  );
  const runs: Measured[] = [];
  for (const { devices, window, share } of saturation) {
    const scenario = { devices, window, entries: entries * share };
    runs.push(await beside(`${devicesText(devices)} at saturation`, scenario));
  }
  const seconds = Math.min(pacedSeconds, Math.max(5, entries / 1_000));
  const slow = { devices: 10, perSecond: pacedPerSecond, entries: pacedPerSecond * seconds };
  const paced = await beside(`${pacedPerSecond} entries a second`, slow);
  const whole = { devices: 20, window: 24, entries: entries * 0.1, wholeJobs: true };
  const wholeJobs = {
    scenario: whole,
    platform: await step('20 devices taking whole jobs', () => measurePlatform(whole)),
  };
  const figures = { sqlite, saturation: runs, paced, wholeJobs };
  const wrong = [...runs, paced, wholeJobs].reduce((sum, { platform }) => sum + wrongOf(platform), 0);
  return {
    machine: machine(),
    ...figures,
    targets: mainTargets(figures),
    ...(!mosquitto && { notes: ['Without mosquitto, which is not installed here (Debian: mosquitto)'] }),
    ...(wrong > 0 && { faults: [`${wrong} lost, doubled, put aside, or frascos with a wrong estoque`] }),
  };
}

/** The platform under a load, and everything that it is compared with under the same. */
async function measureBeside(
  name: string,
  scenario: Scenario,
  ceilingEntries: number,
  mosquitto: string | undefined,
): Promise<Measured> {
  const isPaced = scenario.perSecond !== undefined;
  // Bare brokers are so much faster that they get more entries, or their run would be over before it is warm.
  const ceiling = isPaced ? scenario : { ...scenario, entries: ceilingEntries };
  const plain = isPaced ? scenario : { ...scenario, entries: Math.min(ceilingEntries, scenario.entries) };
  const aedes = await step(`${name}, bare aedes`, () => measureAedes(ceiling));
  const rivals = mosquitto && {
    plain: await step(`${name}, mosquitto and a plain worker`, () =>
      measurePlain(plain, { mosquitto, stores: true }),
    ),
    nothing: await step(`${name}, mosquitto and a worker that stores nothing`, () =>
      measurePlain(ceiling, { mosquitto, stores: false }),
    ),
  };
  const platform = await step(`${name}, the platform`, () => measurePlatform(scenario));
  return { scenario, platform, aedes, ...rivals };
}

const devicesText = (count: number): string => (count === 1 ? '1 device' : `${count} devices`);

async function step<T>(name: string, run: () => Promise<T>): Promise<T> {
  announceStep(name);
  return await run();
}
