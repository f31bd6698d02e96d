import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BrokerName, checks, Stage } from './test/conformance/index.ts';
import { type Running, run } from './test/harness.ts';
import { findMosquitto, type MosquittoServer, startMosquitto } from './test/mosquitto-server.ts';
import { type RawPeer, rawTcp, rawWs } from './test/raw.ts';

/**
 * One suite of MQTT 3.1.1, run against this broker over both wires and against mosquitto. What differs from the
 * standard is written down with the check, and in the README.
 */

function suite(broker: BrokerName, open: () => Promise<RawPeer>): void {
  test.each(checks.map((check, n) => ({ ...check, n })))('$title ($clause)', async (check) => {
    const stage = new Stage(open, check.n + 1);
    try {
      const deviation = check.deviations?.[broker];
      expect(await check.observe(stage)).toEqual(deviation ? deviation.observed : check.standard);
    } finally {
      stage.close();
    }
  });
}

describe.each(['tcp', 'ws'] as const)('this broker, over %s', (wire) => {
  let it: Running;
  beforeAll(async () => {
    const quick = { perSecond: 1e6, burst: 1e6 };
    it = await run({ limits: { connectsPerAddress: quick, publishesPerDevice: quick } });
  });
  afterAll(() => it.close());
  suite('yaguts', () => (wire === 'tcp' ? rawTcp(it.port) : rawWs(it.wsUrl)));
});

const program = findMosquitto();
const isLeftOut = process.env.YAGUTS_E2E === 'skip' && program === undefined;
describe.skipIf(isLeftOut)(`mosquitto${isLeftOut ? ' (NOT RUN: it is not installed)' : ''}`, () => {
  let server: MosquittoServer;
  beforeAll(async () => {
    if (!program) throw new Error('install mosquitto (Debian, Ubuntu: mosquitto), or set YAGUTS_E2E=skip');
    server = await startMosquitto(program);
  });
  afterAll(() => server?.stop());
  suite('mosquitto', () => rawTcp(server.port));
});

test('the README tells each deviation', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8').replaceAll(/ +/g, ' ');
  for (const { title, deviations = {} } of checks) {
    for (const { told } of Object.values(deviations)) expect(readme, title).toContain(told);
  }
});
