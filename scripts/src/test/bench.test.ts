import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test, vi } from 'vitest';
import type * as Mosquitto from '../bench/mosquitto.ts';
import type * as Plain from '../bench/plain-scenario.ts';
import type * as Scenarios from '../bench/scenarios.ts';
import type * as Web from '../bench/web.ts';
import type * as Bench from '../bench.ts';
import { browserTestsSkipped } from '../browser.ts';
import { root } from '../root.ts';

// The processes under load run as compiled code.
const load = async <T>(name: string): Promise<T> =>
  import(/* @vite-ignore */ pathToFileURL(join(root, 'scripts', 'dist', name)).href);
const { measureAedes, measurePlatform, measureSqlite } = await load<typeof Scenarios>('bench/scenarios.js');

const { measurePlain } = await load<typeof Plain>('bench/plain-scenario.js');
const mosquitto = (await load<typeof Mosquitto>('bench/mosquitto.js')).findMosquitto();

test('every entry that the bench saw acked is in the database once, and the estoque agrees', async () => {
  const figures = await measurePlatform({ devices: 3, window: 8, entries: 200 });
  // Whole jobs: three devices, three jobs of 24 each.
  expect(figures).toMatchObject({ entries: 216, lost: 0, doubled: 0, wrongEstoque: 0, putAside: 0 });
  expect(figures.batchLargest).toBeGreaterThan(1);
});

test('whole jobs go through with every handshake', async () => {
  const figures = await measurePlatform({ devices: 2, window: 24, entries: 96, wholeJobs: true });
  expect(figures).toMatchObject({ entries: 96, lost: 0, doubled: 0, wrongEstoque: 0, putAside: 0 });
});

test('the ceilings run under the same load and with the same statements', async () => {
  const aedes = await measureAedes({ devices: 3, window: 8, entries: 2_000 });
  expect(aedes.entries).toBe(2_016);
  const sqlite = await measureSqlite(480);
  expect(sqlite.perSecond).toBeGreaterThan(0);
  expect(sqlite.statementsPerEntry).toBeGreaterThan(3);
});

test.skipIf(!mosquitto)('the plain worker on mosquitto acks every entry of the same load', async () => {
  for (const stores of [true, false]) {
    // Rejects when the worker has not stored what it acked, or stored what it was not to.
    const figures = await measurePlain(
      { devices: 3, window: 8, entries: 200 },
      { mosquitto: mosquitto ?? '', stores },
    );
    expect(figures.entries).toBe(216);
  }
});

test.skipIf(browserTestsSkipped())(
  'the page is measured with all that was poured on it, and every figure has its aim',
  async () => {
    const { measureWeb } = await load<typeof Web>('bench/web.js');
    const { motorToPixel, recovery, load: pages, targets } = await measureWeb({ isQuick: true });
    // Two frames for each frasco. That a tick follows its motor is not asserted: two clocks tell.
    expect(motorToPixel.saved).toHaveLength(motorToPixel.poured.length);
    for (const ms of [...motorToPixel.poured, ...recovery]) expect(Number.isFinite(ms)).toBe(true);
    for (const { framesPerSecond } of pages) expect(framesPerSecond).toBeGreaterThan(0);
    expect(pages.map(({ path }) => path)).toEqual(['/', '/estoque']);
    expect(targets.map(({ name }) => name.split(/[, ]/)[0])).toEqual([
      ...['motor', 'motor', 'recovery'],
      ...['frames', 'share', 'tasks', 'frames', 'share', 'tasks'],
      ...['first', 'largest', 'blocked', 'layout', 'first', 'largest', 'blocked', 'layout'],
      ...['before', 'worker', 'all', 'heaviest', 'heaviest'],
    ]);
  },
);

test('a quick run of the slow disk keeps the budget, and its result is written', async () => {
  const { main } = await load<typeof Bench>('bench.js');
  const said: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((text) => void said.push(String(text)));
  const error = vi.spyOn(console, 'error').mockImplementation((text) => void said.push(String(text)));
  await main(['slow-disk', '--quick', '--check']);
  const { exitCode } = process;
  process.exitCode = undefined;
  log.mockRestore();
  error.mockRestore();
  expect(exitCode, said.join('\n')).toBeUndefined();
  expect(said.at(-1)).toMatch(/Written to .*-slow-disk\.json$/);
}, 300_000);

test.each([
  ['--entries', 'many'],
  ['webb', 'webb'],
])('what the bench does not know is named: %s', async (...argv) => {
  const { main } = await load<typeof Bench>('bench.js');
  const error = vi.spyOn(console, 'error').mockImplementation(() => {});
  await main(argv);
  expect(process.exitCode).toBe(2);
  process.exitCode = undefined;
  expect(error.mock.calls[0]?.[0]).toContain(argv.at(-1));
  error.mockRestore();
});
