import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { contractDrift } from '../contract.ts';
import { root } from '../root.ts';

const load = async (name: string) =>
  import(/* @vite-ignore */ pathToFileURL(join(root, 'scripts', 'setup', name)).href);

test('the arrows of the house hold, and no files import each other in a circle', async () => {
  const { houseFaults } = await load('house.mjs');
  expect(houseFaults()).toEqual([]);
});

test('the firmware header and the tables of the README are what the code renders', () => {
  expect(contractDrift(), 'run: npm run contract').toEqual([]);
});

test.each(['18.20.0', '20.18.3', '21.7.0', '22.13.1', '23.1.0'])(
  'Node %s is refused with what to install instead',
  async (version) => {
    const { checkNode } = await load('prepare.mjs');
    expect(() => checkNode(version)).toThrow(/too old.*20\.19/s);
  },
);

test.each(['20.19.0', '22.14.0', '24.0.0', '26.1.0'])('Node %s is taken', async (version) => {
  const { checkNode } = await load('prepare.mjs');
  expect(() => checkNode(version)).not.toThrow();
});
