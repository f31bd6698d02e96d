import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type * as Controls from '../proof/controls.ts';
import type * as KillLoop from '../proof/kill-loop.ts';
import { slopeOf } from '../proof/soak.ts';
import type * as Stage from '../proof/stage.ts';
import { root } from '../root.ts';
import { describeWithFirmware } from './firmware-here.ts';

// A short run of `npm run proof`: real processes, killed and cut off, and the controls that must fail.
const load = async <T>(name: string): Promise<T> =>
  import(/* @vite-ignore */ pathToFileURL(join(root, 'scripts', 'dist', 'proof', name)).href);
const { prepareTemplate } = await load<typeof Stage>('stage.js');
const { runKillLoop } = await load<typeof KillLoop>('kill-loop.js');
const { controls } = await load<typeof Controls>('controls.js');
const hasFirmware = (await describeWithFirmware('the firmware in the kill loop')) === describe;

let template: Stage.Template;
beforeAll(async () => {
  template = await prepareTemplate(['d-1', 'd-2', 'd-3']);
});
afterAll(() => template?.remove());

test('15 kills and cuts at random bytes lose nothing, double nothing and pour nothing twice', async () => {
  const kinds = hasFirmware
    ? (['firmware', 'simulator', 'firmware'] as const)
    : (['simulator', 'simulator', 'simulator'] as const);
  const { kills, verdict, earlyAcks, troubles, acks, proxy } = await runKillLoop({
    ...{ template, kinds, kills: 15, cuts: 100, seconds: 12, seed: 20_261_124 },
  });
  expect({ troubles, earlyAcks, ...verdict }).toMatchObject({
    ...{ troubles: [], earlyAcks: [], lost: [], doubled: [], wrongEstoque: [], doublePours: [], unsound: [] },
  });
  // A run in which nothing happened would prove nothing.
  expect(kills.platform + kills.simulator + kills.firmware).toBe(15);
  expect(kills.platform).toBeGreaterThan(0);
  expect(proxy.cuts).toBeGreaterThan(0);
  expect(verdict.entries).toBeGreaterThan(0);
  expect(acks).toBeGreaterThan(0);
});

test.each(controls)('the control $name is seen to fail', async (control) => {
  const faults = await control.play(template, true);
  if ('skipped' in faults) {
    if (process.env.CI) throw new Error(faults.skipped);
    process.stdout.write(`NOT RUN: the control "${control.name}" (${faults.skipped})\n`);
    return;
  }
  expect(faults.length).toBeGreaterThan(0);
});

test('a memory that grows by 1 MiB a minute is told as 60 an hour, a level one as 0', () => {
  const growing = Array.from({ length: 20 }, (_, minute) => 100 + minute);
  expect(slopeOf(growing, 1 / 60)).toBeCloseTo(60);
  expect(slopeOf([100, 101, 100, 101, 100], 1 / 60)).toBeCloseTo(0);
  expect(slopeOf([90, 100], 1 / 60)).toBe(0);
});
