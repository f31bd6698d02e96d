import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connect, ping } from './test/bytes.ts';
import { type Running, run, until } from './test/harness.ts';
import { bytesInUse } from './test/heap.ts';
import { type HonestPair, honestPair } from './test/honest-pair.ts';
import { mutantOf } from './test/mutations/mutant.ts';
import { type RawPeer, rawTcp, rawWs } from './test/raw.ts';

// A busy machine is slow, not wrong.
vi.setConfig({ testTimeout: 900_000 });

/**
 * Streams of right packets that something has happened to, each by its number. Whatever comes back, an answer
 * to the ping behind it or the end, it comes; an honest pair talks all along; no hook fails; and the memory
 * in use afterwards is what it was after the first quarter. One mutant alone:
 * `YAGUTS_MUTANT=1234 npx vitest run --project broker mutations`.
 */
const only = process.env.YAGUTS_MUTANT;
const firstSeed = only ? Number(only) : 1;
type Wire = 'tcp' | 'ws';

let it: Running;
let pair: HonestPair;
const failures: unknown[] = [];
beforeEach(async () => {
  const quick = { perSecond: 1e6, burst: 1e6 };
  failures.length = 0;
  it = await run({
    limits: { connectsPerAddress: quick, publishesPerDevice: quick },
    log: (event, fields) => {
      if (event === 'hook_failed') failures.push(fields);
    },
  });
  pair = await honestPair(it);
});
afterEach(() => it.close());

/** Sends mutants, over one connection as long as it holds. */
class Sender {
  readonly #open: () => Promise<RawPeer>;
  #peer: RawPeer | undefined;

  constructor(wire: Wire) {
    this.#open = () => (wire === 'tcp' ? rawTcp(it.port) : rawWs(it.wsUrl));
  }

  /** @throws naming the mutant when neither an answer nor the end comes, or the process has suffered */
  async send(seed: number): Promise<'answered' | 'closed'> {
    const { state, bytes } = mutantOf(seed);
    if (state === 'new') this.leave();
    this.#peer ??= await (state === 'new' ? this.#open() : this.#connected());
    this.#peer.send(Buffer.concat([bytes, ping]));
    const outcome = await inTime(this.#outcome(this.#peer), seed, bytes);
    if (outcome === 'closed' || state === 'new') this.leave();
    if (failures.length > 0) throw new Error(`mutant ${seed}: ${JSON.stringify(failures)}`);
    return outcome;
  }

  leave(): void {
    this.#peer?.destroy();
    this.#peer = undefined;
  }

  async #connected(): Promise<RawPeer> {
    const peer = await this.#open();
    peer.send(connect());
    expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode: 0 });
    return peer;
  }

  async #outcome(peer: RawPeer): Promise<'answered' | 'closed'> {
    for (;;) {
      const packet = await peer.next();
      if (!packet) return 'closed';
      if (packet.cmd === 'pingresp') return 'answered';
    }
  }
}

/** A net: a mutant that is never answered must be named, not only time out. */
async function inTime<T>(outcome: Promise<T>, seed: number, sent: Buffer): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`mutant ${seed} hangs: ${sent.toString('hex')}`)), 60_000);
  });
  try {
    return await Promise.race([outcome, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Sends `count` mutants from `seed` on, a word of the honest pair after every 25. */
async function attack(
  wire: Wire,
  seed: number,
  count: number,
): Promise<{ answered: number; closed: number }> {
  const outcomes = { answered: 0, closed: 0 };
  const sender = new Sender(wire);
  for (let n = 0; n < count; n++) {
    outcomes[await sender.send(seed + n)]++;
    if (n % 25 === 0) await pair.talk();
  }
  sender.leave();
  await until(() => it.broker.counters().connections === 2);
  return outcomes;
}

/** Memory in use once the test's own notes are dropped. */
function held(): Promise<number> {
  it.changes.length = 0;
  return bytesInUse();
}

/** How the memory after `count` mutants compares with that after the first quarter of them. */
async function growth(wire: Wire, count: number): Promise<number> {
  const quarter = Math.ceil(count / 4);
  await attack(wire, firstSeed, quarter);
  const before = await held();
  const { answered, closed } = await attack(wire, firstSeed + quarter, count - quarter);
  // Both ways are taken often: these are packets that are nearly right.
  expect(Math.min(answered, closed)).toBeGreaterThan(count / 20);
  return (await held()) / before;
}

if (only) {
  test.each(['tcp', 'ws'] as const)(`over %s, mutant ${only} alone`, async (wire) => {
    await attack(wire, firstSeed, 1);
  });
} else {
  test.each([
    ['tcp', 20_000],
    ['ws', 5_000],
  ] as const)('over %s, %i mutants leave the broker as it was', async (wire, count) => {
    expect(await growth(wire, count)).toBeLessThan(1.15);
  });

  test('a broker that kept 8 KiB of each connection would be seen', async () => {
    const kept: unknown[] = [];
    it.broker.onConnection(({ kind }) => {
      if (kind === 'closed') kept.push(Array.from({ length: 1_024 }, () => 0.5));
    });
    expect(await growth('tcp', 2_000)).toBeGreaterThan(1.15);
    expect(kept.length).toBeGreaterThan(1_000);
  });

  test('a mutant is the same every time', () => {
    expect(mutantOf(4_711)).toEqual(mutantOf(4_711));
  });
}
