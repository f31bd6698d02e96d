import { connect as dial } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bytes, connect } from './test/bytes.ts';
import { type Running, run, until } from './test/harness.ts';
import { honestPair } from './test/honest-pair.ts';
import { malformed } from './test/malformed/index.ts';
import { outcomeOf } from './test/malformed/outcome.ts';
import { rawTcp, rawWs } from './test/raw.ts';

/**
 * The table of test/malformed, each row over both wires. After each one the broker lives and an honest pair
 * talks; after all of them nothing is left of their connections.
 */

let it: Running;
/** For those that keep it waiting: its patience is short, and nobody honest depends on it. */
let hasty: Running;
let pair: Awaited<ReturnType<typeof honestPair>>;
beforeAll(async () => {
  const quick = { perSecond: 1e6, burst: 1e6 };
  const limits = { connectsPerAddress: quick, publishesPerDevice: quick };
  it = await run({ limits });
  hasty = await run({ limits: { ...limits, connectTimeoutMs: 40 } });
  pair = await honestPair(it);
});
afterAll(async () => {
  await it.close();
  await hasty.close();
});

test('the table has at least 300 rows in every family, each with a name of its own and its clause', () => {
  expect(malformed.length).toBeGreaterThanOrEqual(300);
  const names = malformed.map(({ family, state, what }) => `${family}, ${state}: ${what}`);
  expect(names.filter((name, n) => names.indexOf(name) !== n)).toEqual([]);
  const clause = /^(MQTT-\d\.\d+\.\d+-\d+|MQTT-3-8\.3-4|\d(\.\d+)+|contract)$/;
  expect(malformed.filter((row) => !clause.test(row.clause))).toEqual([]);
});

for (const wire of ['tcp', 'ws'] as const) {
  const peerOf = ({ port, wsUrl }: Running) => (wire === 'tcp' ? rawTcp(port) : rawWs(wsUrl));

  test.each(malformed)(`over ${wire}, $state, $family: $what → $outcome ($clause)`, async (row) => {
    const peer = await peerOf(row.outcome === 'waits' ? hasty : it);
    expect(await outcomeOf(peer, row)).toBe(row.outcome);
    peer.destroy();
    await pair.talk();
  });

  test(`over ${wire}, the table leaves nothing behind`, async () => {
    await until(() => it.broker.counters().connections === 2 && hasty.broker.counters().connections === 0);
    expect(it.broker.counters()).toMatchObject({ retained: 0, sessions: 0 });
    expect(it.broker.counters().hook_failures).toBeUndefined();
  });
}

test('a CONNECT that comes byte by byte is read all the same', async () => {
  const socket = dial(it.port, '127.0.0.1');
  for (const byte of connect())
    await new Promise<void>((resolve) => socket.write(bytes(byte), () => resolve()));
  const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
  expect([...answer]).toEqual([0x20, 2, 0, 0]);
  socket.destroy();
});
