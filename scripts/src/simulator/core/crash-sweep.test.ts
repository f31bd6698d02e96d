import { expect, test } from 'vitest';
import { createWorld, type World, type WorldOptions } from '../testing/world.ts';

/** What a person does meanwhile, in simulated milliseconds after the offer. */
interface Scenario {
  readonly name: string;
  readonly jobs: readonly (readonly number[])[];
  readonly meanwhile?: (world: World, job: number) => void;
}

const scenarios: readonly Scenario[] = [
  { name: 'a job of three frascos', jobs: [[300, 200, 100]] },
  { name: 'two jobs, one after the other', jobs: [[200, 100], [100]] },
  {
    name: 'a cancel in the second frasco',
    jobs: [[200, 300, 100]],
    meanwhile(world, job) {
      world.pass(350);
      world.api.send('jobCancel', { job_id: job }, { id: `c${job}`, motivo: 'teste', expires_at: 9e12 });
    },
  },
  {
    name: 'a database restored in the middle',
    jobs: [[100], [200, 200]],
    meanwhile(world, job) {
      if (job !== 2) return;
      world.pass(300);
      world.api.loseEverything('epoch-2');
    },
  },
  {
    name: 'a Wi-Fi drop',
    jobs: [[200, 200, 200]],
    meanwhile(world) {
      world.pass(250);
      world.disconnect();
      world.pass(300);
    },
  },
];

/** Runs a scenario to its end and returns what went wrong. */
function faultsOf(scenario: Scenario, options: WorldOptions): { faults: string[]; portCalls: number } {
  const world = createWorld(options);
  world.connect();
  world.settle();
  for (const times of scenario.jobs) {
    const { job_id, seq } = world.api.offer(times);
    scenario.meanwhile?.(world, job_id);
    try {
      world.until(() => world.device().state.hi === seq && world.api.job(job_id)?.complete !== undefined);
    } catch {
      world.api.faults.push(`job ${job_id} never came to its end`);
    }
  }
  const starts = new Map<string, number>();
  for (const { seq, itemOrdem } of world.starts) {
    const key = `${seq}/${itemOrdem}`;
    starts.set(key, (starts.get(key) ?? 0) + 1);
  }
  const faults = [...world.api.faults];
  for (const [key, count] of starts) if (count > 1) faults.push(`${key} poured ${count} times`);
  for (const [index, times] of scenario.jobs.entries()) {
    const stored = world.api.job(index + 1)?.entries.size ?? 0;
    if (stored !== times.length) faults.push(`job ${index + 1}: ${stored} of ${times.length} entries stored`);
  }
  return { faults, portCalls: world.portCalls() };
}

test.each(scenarios)(
  '$name survives a power cut at every port call: no frasco twice, no entry lost',
  (scenario) => {
    const { faults, portCalls } = faultsOf(scenario, {});
    expect(faults).toEqual([]);
    expect(portCalls).toBeGreaterThan(40);
    for (let at = 1; at <= portCalls; at++) {
      expect(faultsOf(scenario, { crashAt: [at] }).faults, `power cut at call ${at}`).toEqual([]);
    }
  },
);

test('a job survives two power cuts, wherever they come', () => {
  const scenario = { name: 'short', jobs: [[100, 100]] };
  const { portCalls } = faultsOf(scenario, {});
  for (let first = 1; first <= portCalls; first += 3) {
    for (let second = first + 1; second <= portCalls + 20; second += 3) {
      expect(faultsOf(scenario, { crashAt: [first, second] }).faults, `${first}, ${second}`).toEqual([]);
    }
  }
});

const ofJobs = ['job', 'intent', 'final', 'close', 'ack', 'unack', 'free'];
// Controls: a sweep that cannot fail proves nothing.
test.each([
  { name: 'that an item was begun', forgotten: ['intent'] },
  { name: 'all of its job', forgotten: ofJobs },
])('the sweep notices a flash that forgets $name', ({ forgotten }) => {
  const scenario = scenarios[0] as Scenario;
  const forget: WorldOptions['forget'] = ({ k }) => forgotten.includes(k);
  const { portCalls } = faultsOf(scenario, { forget });
  const faults = Array.from(
    { length: portCalls },
    (_, i) => faultsOf(scenario, { forget, crashAt: [i + 1] }).faults,
  ).flat();
  expect(faults.some((fault) => fault.includes('poured 2 times'))).toBe(true);
});
