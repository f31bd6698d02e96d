import { test, vi } from 'vitest';
import { malformed, type Outcome, type Row } from './test/malformed/index.ts';
import { outcomeOf } from './test/malformed/outcome.ts';
import { findMosquitto, startMosquitto } from './test/mosquitto-server.ts';
import { rawTcp } from './test/raw.ts';

vi.setConfig({ testTimeout: 600_000 });

/** mosquitto waits for ever for what is not finished; where it has not answered by then, it waits. */
const patienceMs = 300;

/**
 * Not a check but a reading: the table of malformed packets sent to mosquitto, which rows end differently there.
 * `YAGUTS_BESIDE=mosquitto npx vitest run --project broker beside`.
 */
test.runIf(process.env.YAGUTS_BESIDE === 'mosquitto')(
  'the malformed packets beside mosquitto (a reading, NOT RUN without YAGUTS_BESIDE=mosquitto)',
  async () => {
    const program = findMosquitto();
    if (!program) throw new Error('install mosquitto (Debian, Ubuntu: mosquitto)');
    const server = await startMosquitto(program);
    const differing: Record<string, string[]> = {};
    let same = 0;
    for (const row of malformed) {
      const outcome = await at(server.port, row);
      if (outcome === row.outcome) same++;
      else
        (differing[`${row.family}: ${row.outcome} → ${outcome}`] ??= []).push(`${row.what} (${row.clause})`);
    }
    await server.stop();
    console.log(`${same} of ${malformed.length} rows end alike; those that do not, here → there:`);
    for (const [kind, whats] of Object.entries(differing)) {
      console.log(`${kind}, ${whats.length} rows\n  ${whats.join('\n  ')}`);
    }
  },
);

async function at(port: number, row: Row): Promise<Outcome | 'no answer'> {
  const peer = await rawTcp(port);
  const late = new Promise<'waits' | 'no answer'>((resolve) => {
    setTimeout(() => resolve(row.outcome === 'waits' ? 'waits' : 'no answer'), patienceMs);
  });
  const outcome = await Promise.race([outcomeOf(peer, row).catch(() => 'closed' as const), late]);
  peer.destroy();
  return outcome;
}
